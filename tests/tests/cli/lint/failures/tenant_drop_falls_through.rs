//! `tenant-drop-falls-through`

use super::case::{allowed, forbidden};

const RULE: &str = "tenant-drop-falls-through";

/// `DROPPED` is what the tenants' `down.sql` drops.
const MIGRATIONS: &str = "-- file: shared/1_users/up.sql
create table users (id int primary key);
-- file: tenant/1_orders/up.sql
create table orders (id int primary key);
-- file: tenant/1_orders/down.sql
drop table if exists DROPPED;
";
const USERS: &str = "select to_regclass('public.users') is not null";

#[tokio::test(flavor = "multi_thread")]
async fn one_tenants_way_back_drops_the_table_of_all() {
    let text = MIGRATIONS.replace("DROPPED", "orders, users");
    let case = forbidden(RULE, &text, &["tenant/1_orders/down.sql:1"]).await.all().await;
    assert_eq!(case.rows("public", USERS).await, ["t"]);
    case.revert("a").await.unwrap();
    assert_eq!(case.rows("public", USERS).await, ["f"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_tenant_holds_is_dropped_and_nothing_else() {
    let case = allowed(RULE, &MIGRATIONS.replace("DROPPED", "orders")).await.all().await;
    case.revert("a").await.unwrap();
    assert_eq!(case.rows("public", USERS).await, ["t"]);
    assert_eq!(case.rows("public", "select to_regclass('tenant_b.orders') is not null").await, ["t"]);
}
