//! Prepared statements that a change of a table has made stale.

use diesel::prelude::*;
use multitenant_runtime::{RunQueryDsl, TenantConn};

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

#[tokio::test(flavor = "multi_thread")]
async fn one_fails_once_and_is_cured() {
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
        }
        assert_eq!(price(&mut conn).await.unwrap(), ["5"], "{id}");
    }
    // Under a connection that is out, a live change of the type.
    let mut conn = pool.tenant("a").await.unwrap();
    price(&mut conn).await.unwrap();
    shop.sql("ALTER TABLE tenant_a.prices ALTER COLUMN price TYPE text").await;
    price(&mut conn).await.unwrap_err();
    assert_eq!(price(&mut conn).await.unwrap(), ["5"]);
}
