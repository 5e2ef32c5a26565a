//! Prepared statements that a change of a table has made stale.

use diesel::prelude::*;
use multitenant_runtime::{RunQueryDsl, ScopedConnection, TenantConn, TenantPool};

use super::shop::Shop;

diesel::table! {
    prices (id) {
        id -> Integer,
        price -> Text,
    }
}

multitenant_runtime::tenant_tables! { prices }

async fn price(conn: &mut TenantConn) -> QueryResult<Vec<String>> {
    prices::table.select(prices::price).load(conn).await
}

/// One connection for two tenants with a price each, whose columns have different types.
async fn of_different_types() -> (Shop, TenantPool) {
    let shop = Shop::new().await;
    shop.tenant(
        "2_prices",
        "CREATE TABLE prices (id int PRIMARY KEY, price varchar(10)); INSERT INTO prices VALUES (1, '5');",
    );
    shop.add(&["a", "b"]).await;
    shop.sql("ALTER TABLE tenant_b.prices ALTER COLUMN price TYPE text").await;
    let pool = shop.pool_of(1);
    (shop, pool)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_is_sent_again() {
    let (shop, pool) = of_different_types().await;
    for id in ["a", "b", "a", "b"] {
        let mut conn = pool.tenant(id).await.unwrap();
        assert_eq!(price(&mut conn).await.unwrap(), ["5"], "{id}");
        let one: String = prices::table.find(1).select(prices::price).get_result(&mut conn).await.unwrap();
        let first: String = prices::table.into_boxed().select(prices::price).first(&mut conn).await.unwrap();
        assert_eq!([one, first], ["5", "5"]);
    }
    // Under a connection that is out, a live change of the type.
    let mut conn = pool.tenant("a").await.unwrap();
    price(&mut conn).await.unwrap();
    shop.sql("ALTER TABLE tenant_a.prices ALTER COLUMN price TYPE text").await;
    assert_eq!(price(&mut conn).await.unwrap(), ["5"]);
    // What was stale is prepared anew, and not sent twice for ever.
    assert_eq!(price(&mut conn).await.unwrap(), ["5"]);
    drop(conn);
    assert_eq!((pool.status().opened, pool.status().discarded), (1, 0));
}

/// It has not failed half way.
#[tokio::test(flavor = "multi_thread")]
async fn a_write_is_done_once() {
    let (_shop, pool) = of_different_types().await;
    for (i, id) in [(2, "a"), (2, "b"), (3, "a"), (3, "b")] {
        let mut conn = pool.tenant(id).await.unwrap();
        let row = (prices::id.eq(i), prices::price.eq("7"));
        let insert = diesel::insert_into(prices::table).values(row).returning(prices::price);
        assert_eq!(insert.get_results::<String>(&mut conn).await.unwrap(), ["7"]);
        let row: Vec<i32> = prices::table.select(prices::id).order(prices::id).load(&mut conn).await.unwrap();
        assert_eq!(row, (1..=i).collect::<Vec<_>>());
    }
}

/// The server takes nothing more then, and what came before would be lost.
#[tokio::test(flavor = "multi_thread")]
async fn one_in_a_transaction_fails_and_is_cured() {
    let (_shop, pool) = of_different_types().await;
    price(&mut pool.tenant("a").await.unwrap()).await.unwrap();
    let mut conn = pool.tenant("b").await.unwrap();
    let failed = conn.transaction(async |conn| price(conn).await).await;
    assert!(failed.unwrap_err().to_string().contains("cached plan"));
    assert_eq!(conn.transaction(async |conn| price(conn).await).await.unwrap(), ["5"]);
}
