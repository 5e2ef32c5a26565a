//! Each tenant is served as a role of its own, which the server refuses what is another's.

mod lookups;
mod walls;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use multitenant_runtime::{MigratorBuilder, TenantPool, TenantPoolBuilder};

use super::shop::{NAME, Shop, Who};

/// A shop whose tenants have roles, and an application that logs in as one that may not read them itself.
pub(super) async fn isolated(tenants: &[&str]) -> Shop {
    prepared(tenants, |_| {}).await
}

async fn prepared(tenants: &[&str], prepare: impl FnOnce(&Shop)) -> Shop {
    let mut shop = Shop::new().await;
    shop.isolate().await;
    prepare(&shop);
    shop.add(tenants).await;
    shop.grant().await;
    shop
}

fn builder(shop: &Shop) -> TenantPoolBuilder {
    builder_of(shop, shop.builder())
}

fn builder_of(shop: &Shop, migrator: MigratorBuilder) -> TenantPoolBuilder {
    migrator.build().unwrap().pool().application_name(NAME).database_url(shop.app_url())
}

fn pool_of(shop: &Shop, connections: usize) -> TenantPool {
    builder(shop).max_connections(connections).build().unwrap()
}

/// As whom the server takes this connection.
async fn user(conn: &mut impl Who) -> String {
    diesel::select(sql::<Text>("current_user::text")).get_result(conn.raw()).await.unwrap()
}

/// That the server refuses it for want of a right.
fn refused<T: std::fmt::Debug>(result: QueryResult<T>) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
}
