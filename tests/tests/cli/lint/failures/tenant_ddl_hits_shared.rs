//! `tenant-ddl-hits-shared`

use super::case::{allowed, forbidden};

const RULE: &str = "tenant-ddl-hits-shared";

const SHARED: &str = "-- file: shared/1_users/up.sql
create table users (id int primary key);
";
const CHANGE: &str = "alter table users add column note text;\n";
const COLUMNS: &str = "select attname from pg_attribute where attrelid = 'public.users'::regclass and attnum > 0";

#[tokio::test(flavor = "multi_thread")]
async fn the_column_lands_in_the_shared_table() {
    let case =
        forbidden(RULE, &format!("{SHARED}-- file: tenant/1_note/up.sql\n{CHANGE}"), &["tenant/1_note/up.sql:1"]).await;
    case.shared("public").await.unwrap();
    case.tenant("a").await.unwrap();
    assert_eq!(case.rows("public", COLUMNS).await, ["id", "note"]);
    let error = case.tenant("b").await.unwrap_err();
    assert!(error.contains("already exists"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_shared_migration_it_is_made_once() {
    let case = allowed(RULE, &format!("{SHARED}-- file: shared/2_note/up.sql\n{CHANGE}")).await.all().await;
    assert_eq!(case.rows("public", COLUMNS).await, ["id", "note"]);
}
