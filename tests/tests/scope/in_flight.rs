//! What is noted of operations that are dropped half way.

use diesel::prelude::*;
use futures_util::StreamExt;
use futures_util::future::poll_immediate;
use multitenant_runtime::RunQueryDsl;

use crate::database::Database;
use crate::schema::{User, users};

/// It sends nothing. But Diesel counts it as begun, and whoever counts does not know better: the connection is closed.
#[tokio::test]
async fn a_future_that_was_never_polled_costs_the_connection() {
    let database = Database::new().await;
    let mut conn = database.tenant("one").await;
    drop(diesel::delete(users::table).execute(&mut conn));
    assert_eq!(users::table.load::<User>(&mut conn).await.unwrap().len(), 2);
    assert!(conn.is_in_doubt());
}

#[tokio::test]
async fn a_dropped_future_is_never_forgotten() {
    let database = Database::new().await;
    let mut conn = database.tenant("one").await;
    {
        let mut load = users::table.load::<User>(&mut conn);
        assert!(poll_immediate(&mut load).await.is_none());
    }
    assert!(conn.is_in_doubt());
    // What runs on it afterwards is answered, and yet nobody knows what the first one did.
    assert_eq!(users::table.load::<User>(&mut conn).await.unwrap().len(), 2);
    assert!(conn.is_in_doubt());

    let mut conn = database.tenant("one").await;
    {
        let mut delete = diesel::delete(users::table).execute(&mut conn);
        assert!(poll_immediate(&mut delete).await.is_none());
    }
    assert!(conn.is_in_doubt());
}

#[tokio::test]
async fn a_failed_query_has_ended() {
    let database = Database::new().await;
    let mut conn = database.tenant("one").await;
    let doubled = diesel::insert_into(users::table).values((users::id.eq(1), users::name.eq("x")));
    assert!(doubled.execute(&mut conn).await.is_err());
    assert!(!conn.is_in_doubt());
}

#[tokio::test]
async fn a_stream_ends_with_its_last_row() {
    let database = Database::new().await;
    let mut conn = database.tenant("one").await;
    {
        let mut rows = users::table.load_stream::<User>(&mut conn).await.unwrap();
        while let Some(row) = rows.next().await {
            row.unwrap();
        }
    }
    assert!(!conn.is_in_doubt());
    {
        let mut rows = users::table.load_stream::<User>(&mut conn).await.unwrap();
        rows.next().await.unwrap().unwrap();
    }
    assert!(conn.is_in_doubt());
}
