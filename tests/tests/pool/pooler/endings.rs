//! How a unit of work may end.

use std::time::Duration;

use diesel::prelude::*;
use futures_util::StreamExt;
use multitenant_runtime::{PoolError, RunQueryDsl, ScopedConnection};

use super::{Behind, found, notes};
use crate::shop::until;

async fn texts(behind: &Behind) -> Vec<String> {
    let rows = behind.shop.client().await.query("SELECT text FROM tenant_a.notes ORDER BY 1", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_one_by_one_are_committed_with_the_last() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let insert = || {
        let rows = vec![notes::text.eq("one"), notes::text.eq("two")];
        diesel::insert_into(notes::table).values(rows).returning(notes::text)
    };
    {
        let mut rows = insert().load_stream::<String>(&mut conn).await.unwrap();
        assert_eq!(rows.next().await.unwrap().unwrap(), "one");
    }
    drop(conn);
    until(&pool, |status| status.discarded == 1 && status.open == 0).await;
    assert!(texts(&behind).await.is_empty(), "given up half way");
    let mut conn = pool.tenant("a").await.unwrap();
    let rows = insert().load_stream::<String>(&mut conn).await.unwrap();
    assert_eq!(rows.count().await, 2);
    assert_eq!(texts(&behind).await, ["one", "two"]);
    drop(conn);
    assert_eq!(pool.status().discarded, 1);
    behind.sets_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_of_several_is_committed() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let rows = vec![notes::text.eq("one"), notes::text.eq("two")];
    let one: String =
        diesel::insert_into(notes::table).values(rows).returning(notes::text).get_result(&mut conn).await.unwrap();
    assert_eq!(one, "one");
    assert_eq!(texts(&behind).await, ["one", "two"]);
    let none = notes::table.select(notes::text).filter(notes::id.eq(0)).first::<String>(&mut conn).await;
    assert_eq!(none, Err(diesel::result::Error::NotFound));
    drop(conn);
    assert_eq!(pool.status().discarded, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_is_the_statements_failure() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    behind.shop.sql("ALTER TABLE tenant_a.notes DROP CONSTRAINT notes_text_key, ADD UNIQUE (text) DEFERRABLE INITIALLY DEFERRED").await;
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let twice = || diesel::insert_into(notes::table).values(vec![notes::text.eq("same"), notes::text.eq("same")]);
    let error = twice().execute(&mut conn).await.unwrap_err().to_string();
    assert!(error.contains("notes_text_key"), "{error}");
    let error = twice().returning(notes::id).load::<i32>(&mut conn).await.unwrap_err().to_string();
    assert!(error.contains("notes_text_key"), "{error}");
    assert_eq!(notes::table.count().get_result::<i64>(&mut conn).await.unwrap(), 0);
    drop(conn);
    assert_eq!(pool.status().discarded, 0);
    behind.sets_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_undoes_its_statement() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    behind.shop.sql("ALTER TABLE tenant_a.notes ALTER text DROP NOT NULL").await;
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let null = diesel::dsl::sql::<diesel::sql_types::Text>("NULL");
    let unread = diesel::insert_into(notes::table).values(notes::text.eq(null)).returning(notes::text);
    let error = unread.load::<String>(&mut conn).await.unwrap_err();
    assert!(matches!(error, diesel::result::Error::DeserializationError(_)), "{error:?}");
    // What comes next on the same connection does not commit it.
    let next = diesel::insert_into(notes::table).values(notes::text.eq("next"));
    assert_eq!(next.execute(&mut conn).await.unwrap(), 1);
    assert_eq!(texts(&behind).await, ["next"]);
    behind.sets_nothing();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_statement_closes_its_connection_and_is_not_committed() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let stranger = behind.stranger().await;
    let before = found(&stranger).await;
    let pool = behind.pool(1);
    let mut conn = pool.tenant("a").await.unwrap();
    let slow = diesel::dsl::sql::<diesel::sql_types::Text>("'slow' || pg_sleep(30)::text");
    let insert = diesel::insert_into(notes::table).values(notes::text.eq(slow)).execute(&mut conn);
    assert!(tokio::time::timeout(Duration::from_millis(300), insert).await.is_err());
    assert!(conn.is_in_doubt());
    drop(conn);
    until(&pool, |status| status.discarded == 1 && status.open == 0).await;
    assert_eq!(found(&stranger).await, before);
    assert!(texts(&behind).await.is_empty());
    // The same within a transaction.
    let mut conn = pool.tenant("a").await.unwrap();
    let work = conn.transaction::<(), diesel::result::Error, _>(async |conn| {
        diesel::insert_into(notes::table).values(notes::text.eq("no")).execute(conn).await?;
        std::future::pending().await
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), work).await.is_err());
    drop(conn);
    until(&pool, |status| status.discarded == 2 && status.open == 0).await;
    assert_eq!(found(&stranger).await, before);
    assert!(texts(&behind).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_gone_is_an_error_and_looked_up_again() {
    let Some(behind) = Behind::with(&["a"]).await else { return };
    let pool = behind.pool(1);
    let count = notes::table.count();
    let mut conn = pool.tenant("a").await.unwrap();
    assert_eq!(count.get_result::<i64>(&mut conn).await.unwrap(), 0);
    behind.shop.sql("DROP SCHEMA tenant_a CASCADE").await;
    for in_transaction in [false, true] {
        let error = match in_transaction {
            false => count.get_result::<i64>(&mut conn).await.unwrap_err(),
            true => conn.transaction(async |conn| count.get_result::<i64>(conn).await).await.unwrap_err(),
        };
        let diesel::result::Error::QueryBuilderError(error) = error else { panic!("{error:?}") };
        let error = error.downcast_ref::<PoolError>();
        assert!(matches!(error, Some(PoolError::MissingSchema { .. })), "{error:?}");
    }
    drop(conn);
    let error = pool.tenant("a").await.unwrap_err();
    assert!(matches!(error, PoolError::MissingSchema { .. }), "{error}");
    // One of the same name is another one, which is looked up.
    behind
        .shop
        .builder()
        .create_schemas(true)
        .build()
        .unwrap()
        .migrate(multitenant_runtime::Scope::all())
        .await
        .unwrap();
    let mut conn = pool.tenant("a").await.unwrap();
    assert_eq!(count.get_result::<i64>(&mut conn).await.unwrap(), 0);
    behind.sets_nothing();
}
