//! `tenant-table-qualified`

use diesel::{ExpressionMethods, QueryDsl};
use diesel_async::RunQueryDsl;

use super::case::{Case, allowed, forbidden, path_of};
use super::code::{orders, orders_of_public};

const RULE: &str = "tenant-table-qualified";

const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
create table orders (id int primary key, note text not null);
-- file: src/schema.rs
multitenant_runtime::tenant_tables! { orders }
";

/// A database that was one tenant's before: the table is in `public`, too.
async fn grown(case: &Case) {
    case.run("public", "create table orders (id int primary key, note text not null)").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_reads_one_table() {
    let text = MIGRATIONS.to_owned() + include_str!("code/orders_of_public.rs");
    let case = forbidden(RULE, &text, &["src/schema.rs:3"]).await.all().await;
    grown(&case).await;
    let row = (orders_of_public::orders::id.eq(1), orders_of_public::orders::note.eq("of a"));
    let insert = diesel::insert_into(orders_of_public::orders::table).values(row);
    insert.execute(&mut case.diesel(&path_of("a")).await).await.unwrap();
    let notes = orders_of_public::orders::table.select(orders_of_public::orders::note);
    let read: Vec<String> = notes.load(&mut case.diesel(&path_of("b")).await).await.unwrap();
    assert_eq!(read, ["of a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_schema_each_reads_its_own() {
    let text = MIGRATIONS.to_owned() + include_str!("code/orders.rs");
    let case = allowed(RULE, &text).await.all().await;
    grown(&case).await;
    let row = (orders::orders::id.eq(1), orders::orders::note.eq("of a"));
    let insert = diesel::insert_into(orders::orders::table).values(row);
    insert.execute(&mut case.diesel(&path_of("a")).await).await.unwrap();
    let notes = orders::orders::table.select(orders::orders::note);
    let read: Vec<String> = notes.load(&mut case.diesel(&path_of("b")).await).await.unwrap();
    assert_eq!(read, [] as [&str; 0]);
}
