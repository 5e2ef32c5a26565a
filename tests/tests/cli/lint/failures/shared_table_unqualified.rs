//! `shared-table-unqualified`

use diesel::QueryDsl;
use diesel_async::RunQueryDsl;

use super::case::{allowed, forbidden, path_of};
use super::code::{plans, plans_of_public};

const RULE: &str = "shared-table-unqualified";

const MIGRATIONS: &str = "-- file: shared/1_plans/up.sql
create table plans (id int primary key, note text not null);
insert into plans values (1, 'for all');
-- file: tenant/1_plans/up.sql
create table plans (id int primary key, note text not null);
insert into plans values (1, 'of one');
-- file: src/schema.rs
multitenant_runtime::shared_tables! { plans }
";

#[tokio::test(flavor = "multi_thread")]
async fn a_tenants_table_of_the_name_is_taken_for_the_shared_one() {
    let text = MIGRATIONS.to_owned() + include_str!("code/plans.rs");
    let case = forbidden(RULE, &text, &["src/schema.rs:3"]).await.all().await;
    let mut connection = case.diesel(&path_of("a")).await;
    let read: String = plans::plans::table.select(plans::plans::note).first(&mut connection).await.unwrap();
    assert_eq!(read, "of one");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_schema_it_is_the_shared_one() {
    // Without the tenants' table, which is another rule's; the database has it all the same.
    let text =
        MIGRATIONS.replace("tenant/1_plans/up.sql\ncreate table plans", "tenant/1_plans/up.sql\ncreate table items");
    let text = text.replace("insert into plans values (1, 'of one');", "") + include_str!("code/plans_of_public.rs");
    let case = allowed(RULE, &text).await.all().await;
    case.run("tenant_a", "create table plans (id int primary key, note text); insert into plans values (1, 'of one')")
        .await
        .unwrap();
    let mut connection = case.diesel(&path_of("a")).await;
    let plans = plans_of_public::plans::table.select(plans_of_public::plans::note);
    let read: String = plans.first(&mut connection).await.unwrap();
    assert_eq!(read, "for all");
}
