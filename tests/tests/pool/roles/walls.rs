//! What gets past types and paths is refused by the server.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl as Unscoped, SimpleAsyncConnection};
use futures_util::StreamExt;
use multitenant_runtime::{HookResult, PoolHooks, RunQueryDsl, Selection, Target, async_trait};

use super::{builder, isolated, pool_of, prepared, refused, user};
use crate::shop::{Who, mark};

diesel::define_sql_function! {
    fn peek() -> Text;
}

const OTHERS: &str = "SELECT who FROM tenant_b.mark";

#[tokio::test(flavor = "multi_thread")]
async fn sql_that_names_another_tenant() {
    let shop = isolated(&["a", "b"]).await;
    let pool = pool_of(&shop, 1);
    let mut conn = pool.tenant("a").await.unwrap();
    let raw = conn.unchecked_connection().unwrap();
    refused(raw.batch_execute(OTHERS).await);
    refused(raw.batch_execute("INSERT INTO tenant_b.mark VALUES ('x')").await);
    refused(raw.batch_execute("SELECT * FROM tenant_b.__diesel_schema_migrations").await);
    refused(raw.batch_execute("SET search_path = tenant_b; SELECT who FROM tenant_b.mark").await);
    refused(raw.batch_execute("DELETE FROM tenant_a.__diesel_schema_migrations").await);
    refused(raw.batch_execute("DELETE FROM public.tenants").await);
    refused(raw.batch_execute("SELECT * FROM multitenant.targets").await);
    raw.batch_execute("SELECT who FROM tenant_a.mark").await.unwrap();
    drop(conn);
    assert_eq!(pool.tenant("b").await.unwrap().who().await.unwrap(), "tenant_b");
}

#[tokio::test(flavor = "multi_thread")]
async fn functions_that_read_another_tenants_table() {
    let shop = prepared(&["a", "b"], |_| {}).await;
    shop.sql(&format!("CREATE FUNCTION peek() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN ({OTHERS}); END'")).await;
    let pool = pool_of(&shop, 1);
    // The types see a tenant's own table, and what the function reads nobody does.
    let query = mark::table.select(peek());
    let mut conn = pool.tenant("a").await.unwrap();
    refused(RunQueryDsl::first::<String>(query, &mut conn).await);
    let own = mark::table.filter(mark::who.ne(peek())).select(mark::who);
    refused(RunQueryDsl::first::<String>(own, &mut conn).await);
    assert_eq!(RunQueryDsl::first::<String>(mark::table.select(mark::who), &mut conn).await.unwrap(), "tenant_a");
    drop(conn);
    // For whom it is written it works.
    let mut conn = pool.tenant("b").await.unwrap();
    assert_eq!(RunQueryDsl::first::<String>(mark::table.select(peek()), &mut conn).await.unwrap(), "tenant_b");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_by_turns_on_one_connection() {
    let shop = isolated(&["a", "b"]).await;
    let pool = pool_of(&shop, 1);
    let app = shop.settings.application_role;
    for round in 0..60 {
        let id = ["a", "b"][round % 2];
        let mut conn = pool.tenant(id).await.unwrap();
        assert_eq!(conn.who().await.unwrap(), format!("tenant_{id}"));
        assert_eq!(user(&mut conn).await, shop.role(id).await);
        drop(conn);
        if round % 3 == 0 {
            // Nothing of the tenant's is left for the shared schema, where the application is itself.
            let mut conn = pool.shared().await.unwrap();
            assert_eq!(conn.who().await.unwrap(), "public");
            assert_eq!(user(&mut conn).await, app);
            refused(Unscoped::execute(diesel::sql_query("TABLE tenant_a.mark"), conn.trusted_connection()).await);
        }
        if round % 5 == 0 {
            pool.forget(&multitenant_runtime::TenantId::new(id).unwrap());
        }
    }
    assert_eq!(pool.status().opened, 1 + pool.status().discarded);
}

#[tokio::test(flavor = "multi_thread")]
async fn as_who_migrates_too() {
    let mut shop = crate::shop::Shop::new().await;
    shop.settings.role_per_tenant = true;
    shop.add(&["a", "b"]).await;
    let pool = shop.pool_of(1);
    for id in ["a", "b", "a"] {
        let mut conn = pool.tenant(id).await.unwrap();
        assert_eq!(user(&mut conn).await, shop.role(id).await);
    }
    refused(pool.tenant("a").await.unwrap().unchecked_connection().unwrap().batch_execute(OTHERS).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_later_is_the_tenants() {
    let shop = isolated(&["a", "b"]).await;
    let pool = pool_of(&shop, 1);
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    shop.tenant("2_more", "CREATE TABLE more (id serial PRIMARY KEY);");
    shop.migrator().migrate(multitenant_runtime::Scope::all()).await.unwrap();
    let pool = pool_of(&shop, 1);
    let mut conn = pool.tenant("a").await.unwrap();
    conn.unchecked_connection()
        .unwrap()
        .batch_execute("INSERT INTO more DEFAULT VALUES; SELECT id FROM more")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_query_over_all_of_them() {
    let shop = isolated(&["a", "b", "c"]).await;
    let pool = pool_of(&shop, 2);
    let rows = pool.across(Selection::All).await.unwrap().union::<_, String>(mark::table.select(mark::who));
    let rows: BTreeMap<String, Vec<String>> =
        rows.map(|(id, rows)| (id.as_str().to_owned(), rows.unwrap())).collect().await;
    let expected = ["a", "b", "c"].map(|id| (id.to_owned(), vec![format!("tenant_{id}")]));
    assert_eq!(rows, BTreeMap::from(expected));
}

struct Meddling;

#[async_trait]
impl PoolHooks for Meddling {
    async fn on_checkout(&self, connection: &mut AsyncPgConnection, target: &Target) -> HookResult {
        if target.tenant().is_some_and(|id| id.as_str() == "b") {
            connection.batch_execute("RESET ROLE").await?;
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hook_that_takes_the_role_off_harms_nobody_after_it() {
    let shop = isolated(&["a", "b"]).await;
    let pool = builder(&shop).max_connections(1).hooks(Meddling).build().unwrap();
    for _ in 0..3 {
        let mut conn = pool.tenant("a").await.unwrap();
        assert_eq!(user(&mut conn).await, shop.role("a").await);
        drop(conn);
        drop(pool.tenant("b").await.unwrap());
    }
}
