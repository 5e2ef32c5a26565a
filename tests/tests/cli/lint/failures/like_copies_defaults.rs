//! `like-copies-defaults`

use super::case::{allowed, forbidden};

const RULE: &str = "like-copies-defaults";

/// `ID` is the column of the template.
const MIGRATIONS: &str = "-- file: shared/1_template/up.sql
create table orders_template (ID primary key, note text);
-- file: tenant/1_orders/up.sql
create table orders (like orders_template including all);
";
const INSERT: &str = "insert into orders (note) values ('x') returning id";

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_draw_from_one_sequence() {
    let text = MIGRATIONS.replace("ID", "id bigserial");
    let case = forbidden(RULE, &text, &["tenant/1_orders/up.sql:1"]).await.all().await;
    assert_eq!(case.rows_of("a", INSERT).await, ["1"]);
    assert_eq!(case.rows_of("b", INSERT).await, ["2"], "b can tell that another tenant has an order");
    assert!(case.run("public", "drop table orders_template").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_is_each_ones_own() {
    let text = MIGRATIONS.replace("ID", "id bigint generated always as identity");
    let case = allowed(RULE, &text).await.all().await;
    assert_eq!(case.rows_of("a", INSERT).await, ["1"]);
    assert_eq!(case.rows_of("b", INSERT).await, ["1"]);
    case.run("public", "drop table orders_template").await.unwrap();
}
