//! Transactions, savepoints, and what is left where they end early.

use std::pin::pin;

use diesel::prelude::*;
use diesel::result::Error;
use futures_util::future::poll_immediate;
use multitenant_runtime::{RunQueryDsl, ScopedConnection, TenantConn};
use tokio::sync::Notify;

use crate::database::{Database, for_each_tenant};
use crate::schema::users;

async fn count(conn: &mut TenantConn) -> QueryResult<i64> {
    users::table.count().get_result(conn).await
}

#[tokio::test]
async fn commit_roll_back_and_nest() {
    for_each_tenant(|mut conn: TenantConn, _| async move {
        let conn = &mut conn;
        let added = ["x".to_owned(), "y".to_owned()];
        let found = conn.transaction(async |conn| {
            diesel::insert_into(users::table).values(users::name.eq(&added[0])).execute(conn).await?;
            let inner = conn.transaction::<(), _, _>(async |conn| {
                diesel::delete(users::table).execute(conn).await?;
                assert_eq!(count(conn).await?, 0);
                Err(Error::RollbackTransaction)
            });
            assert_eq!(inner.await, Err(Error::RollbackTransaction));
            conn.transaction::<_, Error, _>(async |conn| {
                diesel::insert_into(users::table).values(users::name.eq(&added[1])).execute(conn).await
            })
            .await?;
            count(conn).await
        });
        assert_eq!(found.await?, 4);
        assert_eq!(count(conn).await?, 4);
        let undone = conn.transaction::<(), _, _>(async |conn| {
            diesel::delete(users::table).execute(conn).await?;
            Err(Error::RollbackTransaction)
        });
        assert_eq!(undone.await, Err(Error::RollbackTransaction));
        assert_eq!(count(conn).await?, 4);
        assert!(!conn.is_in_doubt());
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_failed_statement_rolls_back() {
    let database = Database::new().await;
    let mut conn = database.tenant("one").await;
    let failed = conn.transaction::<(), Error, _>(async |conn| {
        diesel::delete(users::table.find(2)).execute(conn).await?;
        diesel::insert_into(users::table).values((users::id.eq(1), users::name.eq("x"))).execute(conn).await?;
        Ok(())
    });
    assert!(matches!(failed.await, Err(Error::DatabaseError(..))));
    assert_eq!(count(&mut conn).await.unwrap(), 2);
    assert!(!conn.is_in_doubt());
}

#[tokio::test]
async fn a_dropped_transaction_leaves_the_connection_in_doubt() {
    let database = Database::new().await;
    let mut conn = database.tenant("one").await;
    let reached = Notify::new();
    {
        let transaction = conn.transaction::<(), Error, _>(async |conn| {
            diesel::delete(users::table).execute(conn).await?;
            reached.notify_one();
            std::future::pending().await
        });
        let mut transaction = pin!(transaction);
        tokio::select! {
            _ = &mut transaction => unreachable!("it never ends"),
            () = reached.notified() => {}
        }
        assert!(poll_immediate(&mut transaction).await.is_none());
    }
    assert!(conn.is_in_doubt());
    drop(conn);
    assert_eq!(count(&mut database.tenant("one").await).await.unwrap(), 2);
}
