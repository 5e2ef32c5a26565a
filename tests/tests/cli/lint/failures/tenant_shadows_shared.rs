//! `tenant-shadows-shared`

use super::case::{allowed, forbidden};

const RULE: &str = "tenant-shadows-shared";

/// `NAME` is what the tenants' table is called.
const MIGRATIONS: &str = "-- file: shared/1_users/up.sql
create table users (id int primary key, name text);
insert into users values (1, 'shared');
-- file: tenant/1_names/up.sql
create table NAME (id int primary key, name text);
";

#[tokio::test(flavor = "multi_thread")]
async fn a_name_means_another_table_from_one_day_to_the_next() {
    let case = forbidden(RULE, &MIGRATIONS.replace("NAME", "users"), &["tenant/1_names/up.sql:1"]).await;
    case.shared("public").await.unwrap();
    assert_eq!(case.rows_of("a", "select name from users").await, ["shared"]);
    case.tenant("a").await.unwrap();
    assert_eq!(case.rows_of("a", "select name from users").await, [] as [&str; 0]);
    // What is meant for all stays with one tenant.
    case.as_tenant("a", "insert into users values (2, 'for all')").await.unwrap();
    assert_eq!(case.rows_of("b", "select name from users").await, ["shared"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_names_mean_two_tables() {
    let case = allowed(RULE, &MIGRATIONS.replace("NAME", "members")).await.all().await;
    case.as_tenant("a", "insert into users values (2, 'for all')").await.unwrap();
    assert_eq!(case.rows_of("b", "select name from users").await, ["shared", "for all"]);
}
