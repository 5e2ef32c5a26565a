//! `schema-in-string-literal`

use super::case::{allowed, forbidden};

const RULE: &str = "schema-in-string-literal";

/// `NAME` is what the text says of the table.
const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
do $$ begin execute format('create table if not exists NAME (id int primary key, note text)', 'orders'); end $$;
";

#[tokio::test(flavor = "multi_thread")]
async fn all_tenants_mean_one_table() {
    let text = MIGRATIONS.replace("NAME", "public.%I");
    let case = forbidden(RULE, &text, &["tenant/1_orders/up.sql:1"]).await.all().await;
    case.as_tenant("a", "insert into orders values (1, 'of a')").await.unwrap();
    assert_eq!(case.rows_of("b", "select note from orders").await, ["of a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_schema_each_means_its_own() {
    let case = allowed(RULE, &MIGRATIONS.replace("NAME", "%I")).await.all().await;
    case.as_tenant("a", "insert into orders values (1, 'of a')").await.unwrap();
    assert_eq!(case.rows_of("b", "select note from orders").await, [] as [&str; 0]);
}
