//! Transactions, savepoints, and what is left where they end early.

use std::pin::pin;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error};
use diesel::sql_types::Text;
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

#[tokio::test]
async fn isolation_levels_and_modes() {
    let database = Database::new().await;
    let mut conn = database.tenant("one").await;
    let setting = |name: &str| sql::<Text>(&format!("current_setting('{name}')"));
    let level = conn.build_transaction().serializable().read_only().deferrable();
    let level = level.run(async |conn| {
        let settings = ["isolation", "read_only", "deferrable"].map(|name| setting(&format!("transaction_{name}")));
        let [isolation, read_only, deferrable] = settings;
        diesel::select((isolation, read_only, deferrable)).get_result::<(String, String, String)>(conn).await
    });
    let level: QueryResult<_> = level.await;
    assert_eq!(level.unwrap(), ("serializable".to_owned(), "on".to_owned(), "on".to_owned()));
    let write = conn.build_transaction().repeatable_read().read_only();
    let write = write.run::<_, Error, _>(async |conn| diesel::delete(users::table).execute(conn).await);
    assert!(matches!(write.await, Err(Error::DatabaseError(DatabaseErrorKind::ReadOnlyTransaction, _))));
    let inner = conn.transaction::<_, Error, _>(async |conn| {
        conn.build_transaction().read_committed().run::<(), Error, _>(async |_| Ok(())).await
    });
    assert_eq!(inner.await, Err(Error::AlreadyInTransaction));
    assert!(!conn.is_in_doubt());
}
