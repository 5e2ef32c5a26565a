//! Transactions on a connection that is none of Diesel's.

use diesel::prelude::*;
use diesel::result::Error;
use diesel_async::RunQueryDsl;
use multitenant_runtime::{SharedConn, TenantConn};

use super::shop::{Shop, Who, mark};

async fn note(conn: &mut TenantConn, who: &str) -> QueryResult<usize> {
    diesel::insert_into(mark::table).values(mark::who.eq(who)).execute(conn.raw()).await
}

async fn all(conn: &mut TenantConn) -> Vec<String> {
    mark::table.select(mark::who).order(mark::who).load(conn.raw()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn committed_rolled_back_and_nested() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let value = conn
        .transaction::<_, Error, _>(async |conn| {
            note(conn, "one").await?;
            let inner = conn
                .transaction::<(), Error, _>(async |conn| {
                    note(conn, "two").await?;
                    Err(Error::RollbackTransaction)
                })
                .await;
            assert!(inner.is_err());
            note(conn, "three").await?;
            Ok(7)
        })
        .await
        .unwrap();
    assert_eq!(value, 7);
    let failed = conn
        .transaction::<(), Error, _>(async |conn| {
            note(conn, "four").await?;
            note(conn, "one").await?;
            Ok(())
        })
        .await;
    assert!(matches!(failed, Err(Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _))));
    assert_eq!(all(&mut conn).await, ["one", "tenant_a", "three"]);
    drop(conn);
    assert_eq!(pool.status().discarded, 0, "what has ended in order is no doubt");
}

/// PostgreSQL answers COMMIT of a failed transaction as if all were well.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_is_swallowed_is_an_error_all_the_same() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let result = conn
        .transaction::<(), Error, _>(async |conn| {
            note(conn, "lost").await?;
            let _ = note(conn, "tenant_a").await;
            Ok(())
        })
        .await;
    assert!(result.unwrap_err().to_string().contains("rolled back"));
    assert_eq!(all(&mut conn).await, ["tenant_a"]);
    drop(conn);
    assert_eq!(pool.status().discarded, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn its_future_is_send() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool_of(1);
    tokio::spawn(async move {
        let name = "owned".to_owned();
        let mut conn = pool.tenant("a").await.unwrap();
        conn.transaction::<_, Error, _>(async |conn| note(conn, &name).await).await.unwrap();
        drop(conn);
        let mut shared: SharedConn = pool.shared().await.unwrap();
        shared.transaction::<_, Error, _>(async |conn: &mut SharedConn| conn.who().await).await.unwrap();
    })
    .await
    .unwrap();
}
