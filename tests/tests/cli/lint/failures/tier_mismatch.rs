//! `tier-mismatch`

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;

use super::case::{Case, allowed, forbidden, path_of};
use super::code::orders;

const RULE: &str = "tier-mismatch";

/// `FILE` is the migration that makes the table.
const MIGRATIONS: &str = "-- file: FILE
create table orders (id int primary key, note text not null);
-- file: src/schema.rs
multitenant_runtime::tenant_tables! { orders }
";

/// What `b` reads after `a` has written.
async fn read_after_writing(case: &Case) -> Vec<String> {
    let row = (orders::orders::id.eq(1), orders::orders::note.eq("of a"));
    let insert = diesel::insert_into(orders::orders::table).values(row);
    insert.execute(&mut case.diesel(&path_of("a")).await).await.unwrap();
    let notes = orders::orders::table.select(orders::orders::note);
    notes.load(&mut case.diesel(&path_of("b")).await).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_only_the_shared_schema_has_is_everybodys() {
    let text = MIGRATIONS.replace("FILE", "shared/1_orders/up.sql") + include_str!("code/orders.rs");
    let case = forbidden(RULE, &text, &["src/schema.rs:1"]).await.all().await;
    assert_eq!(read_after_writing(&case).await, ["of a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_each_tenant_has_is_each_ones_own() {
    let text = MIGRATIONS.replace("FILE", "tenant/1_orders/up.sql") + include_str!("code/orders.rs");
    let case = allowed(RULE, &text).await.all().await;
    assert_eq!(read_after_writing(&case).await, [] as [&str; 0]);
}
