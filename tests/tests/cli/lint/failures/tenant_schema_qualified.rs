//! `tenant-schema-qualified`

use super::case::{allowed, forbidden};

const RULE: &str = "tenant-schema-qualified";

/// `TABLE` is as the tenants' migration names it.
const MIGRATION: &str = "-- file: tenant/1_orders/up.sql
create table if not exists TABLE (id int primary key, note text);
";

#[tokio::test(flavor = "multi_thread")]
async fn one_tenant_reads_what_another_has_written() {
    let case = forbidden(RULE, &MIGRATION.replace("TABLE", "public.orders"), &["tenant/1_orders/up.sql:1"]).await;
    let case = case.all().await;
    case.as_tenant("a", "insert into orders values (1, 'of a')").await.unwrap();
    assert_eq!(case.rows_of("b", "select note from orders").await, ["of a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_schema_each_has_its_own() {
    let case = allowed(RULE, &MIGRATION.replace("TABLE", "orders")).await.all().await;
    case.as_tenant("a", "insert into orders values (1, 'of a')").await.unwrap();
    assert_eq!(case.rows_of("b", "select note from orders").await, [] as [&str; 0]);
}
