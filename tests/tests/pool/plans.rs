//! Prepared statements that a change of a table has made stale.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use multitenant_runtime::TenantConn;

use super::shop::{Shop, Who};

diesel::table! {
    prices (id) {
        id -> Integer,
        price -> Text,
    }
}

async fn price(conn: &mut TenantConn) -> QueryResult<Vec<String>> {
    prices::table.select(prices::price).load(conn.raw()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_told_by_the_wire_and_cured() {
    let shop = Shop::new().await;
    shop.tenant(
        "2_prices",
        "CREATE TABLE prices (id int PRIMARY KEY, price varchar(10)); INSERT INTO prices VALUES (1, '5');",
    );
    shop.add(&["a", "b"]).await;
    // Where one tenant's column has another type than the next one's.
    shop.sql("ALTER TABLE tenant_b.prices ALTER COLUMN price TYPE text").await;
    let pool = shop.pool_of(1);
    for id in ["a", "b", "a"] {
        let mut conn = pool.tenant(id).await.unwrap();
        let result = price(&mut conn).await;
        if id != "a" || result.is_err() {
            result.unwrap_err();
            assert!(conn.cure_stale_plan());
        }
        assert_eq!(price(&mut conn).await.unwrap(), ["5"], "{id}");
        assert!(!conn.cure_stale_plan());
    }
    // Under a connection that is out, a live change of the type.
    let mut conn = pool.tenant("a").await.unwrap();
    price(&mut conn).await.unwrap();
    shop.sql("ALTER TABLE tenant_a.prices ALTER COLUMN price TYPE text").await;
    price(&mut conn).await.unwrap_err();
    assert!(conn.cure_stale_plan());
    assert_eq!(price(&mut conn).await.unwrap(), ["5"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_failures_of_that_code_are_none() {
    let shop = Shop::with(&["a"]).await;
    let mut conn = shop.pool_of(1).tenant("a").await.unwrap();
    for sql in [
        "SELECT 1 / 0",
        "SELECT * FROM nosuch",
        "CREATE TABLE public.x (a int) TABLESPACE nosuch",
        "DO $$ BEGIN RAISE 'cached plan must not change result type' USING ERRCODE = 'feature_not_supported'; END $$",
        "SELECT 1 FROM mark FOR UPDATE OF nosuch",
    ] {
        diesel::sql_query(sql).execute(conn.raw()).await.unwrap_err();
        assert!(!conn.cure_stale_plan(), "{sql}");
    }
}
