//! `enum-value-used-in-same-migration`

use super::case::{allowed, forbidden};

const RULE: &str = "enum-value-used-in-same-migration";

const TYPE: &str = "-- file: tenant/1_notes/up.sql
create type mood as enum ('glad');
create table notes (id int primary key, mood mood);
-- file: tenant/2_calm/up.sql
alter type mood add value 'calm';
";
const USE: &str = "insert into notes values (1, 'calm');\n";

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_refuses_it() {
    let case = forbidden(RULE, &format!("{TYPE}{USE}"), &["tenant/2_calm/up.sql:2"]).await;
    let error = case.tenant("a").await.unwrap_err();
    assert!(error.contains("unsafe use of new value"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_next_migration_it_may_be_used() {
    let case = allowed(RULE, &format!("{TYPE}-- file: tenant/3_use/up.sql\n{USE}")).await.all().await;
    assert_eq!(case.rows_of("b", "select mood from notes").await, ["calm"]);
}
