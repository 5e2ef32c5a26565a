//! `catalog-query-without-schema`

use super::case::{allowed, forbidden};

const RULE: &str = "catalog-query-without-schema";

/// `SCHEMA` is what the guard says of the schema.
const MIGRATIONS: &str = "-- file: tenant/1_notes/up.sql
do $$ begin
    if not exists (select 1 from pg_type where typname = 'mood'SCHEMA) then
        create type mood as enum ('glad', 'sad');
    end if;
end $$;
create table notes (id int primary key, mood mood);
";

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_finds_another_tenants_type() {
    let case = forbidden(RULE, &MIGRATIONS.replace("SCHEMA", ""), &["tenant/1_notes/up.sql:2"]).await;
    case.tenant("a").await.unwrap();
    let error = case.tenant("b").await.unwrap_err();
    assert!(error.contains("\"mood\" does not exist"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_schema_it_finds_its_own() {
    let text = MIGRATIONS.replace("SCHEMA", " and typnamespace = current_schema()::regnamespace");
    let case = allowed(RULE, &text).await.all().await;
    case.as_tenant("b", "insert into notes values (1, 'glad')").await.unwrap();
}
