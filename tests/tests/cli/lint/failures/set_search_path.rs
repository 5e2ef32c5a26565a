//! `set-search-path`

use super::case::{allowed, forbidden};

const RULE: &str = "set-search-path";

/// `SET` is what stands before the table.
const MIGRATIONS: &str = "-- file: shared/1_plans/up.sql
create table plans (id int primary key);
-- file: tenant/2_orders/up.sql
SETcreate table orders (id int primary key);
";
const TABLES: &str = "select schemaname from pg_tables where tablename = 'orders' order by 1";
const RECORDS: &str = "select version from __diesel_schema_migrations order by 1";

#[tokio::test(flavor = "multi_thread")]
async fn table_and_record_go_to_the_shared_schema() {
    let case =
        forbidden(RULE, &MIGRATIONS.replace("SET", "set search_path = public;\n"), &["tenant/2_orders/up.sql:1"]).await;
    case.shared("public").await.unwrap();
    case.tenant("a").await.unwrap();
    assert_eq!(case.rows("public", TABLES).await, ["public"]);
    assert_eq!(case.rows_of("a", RECORDS).await, [] as [&str; 0], "so it will run again");
    assert_eq!(case.rows("public", RECORDS).await, ["1", "2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_it_both_are_the_tenants() {
    let case = allowed(RULE, &MIGRATIONS.replace("SET", "")).await.all().await;
    assert_eq!(case.rows("public", TABLES).await, ["tenant_a", "tenant_b"]);
    assert_eq!(case.rows_of("a", RECORDS).await, ["2"]);
}
