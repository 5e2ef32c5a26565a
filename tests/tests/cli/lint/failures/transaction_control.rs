//! `transaction-control`

use super::case::{allowed, forbidden};

const RULE: &str = "transaction-control";

/// `COMMIT` is what stands between the two statements, of which the second fails.
const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
create table orders (id int primary key);
COMMITinsert into orders values (1), (1);
";
const TABLE: &str = "select to_regclass('tenant_a.orders') is not null";

#[tokio::test(flavor = "multi_thread")]
async fn what_came_before_stays_and_is_not_recorded() {
    let case = forbidden(RULE, &MIGRATIONS.replace("COMMIT", "commit;\n"), &["tenant/1_orders/up.sql:2"]).await;
    case.tenant("a").await.unwrap_err();
    assert_eq!(case.rows("public", TABLE).await, ["t"]);
    assert_eq!(case.rows_of("a", "select count(*) from __diesel_schema_migrations").await, ["0"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_it_all_is_rolled_back() {
    let case = allowed(RULE, &MIGRATIONS.replace("COMMIT", "")).await;
    case.tenant("a").await.unwrap_err();
    assert_eq!(case.rows("public", TABLE).await, ["f"]);
}
