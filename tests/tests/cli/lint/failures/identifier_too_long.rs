//! `identifier-too-long`

use super::case::{allowed, forbidden};

const RULE: &str = "identifier-too-long";

/// `LONG` stands for 60 letters.
const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
create table orders (id int primary key, a int, b int);
create index LONG_by_a on orders (a);
create index LONG_by_b on orders (b);
";

#[tokio::test(flavor = "multi_thread")]
async fn two_names_become_one() {
    let text = MIGRATIONS.replace("LONG", &"o".repeat(60));
    let case = forbidden(RULE, &text, &["tenant/1_orders/up.sql:2", "tenant/1_orders/up.sql:3"]).await;
    let error = case.tenant("a").await.unwrap_err();
    assert!(error.contains("already exists"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_fit_stay_two() {
    allowed(RULE, &MIGRATIONS.replace("LONG", &"o".repeat(58))).await.all().await;
}
