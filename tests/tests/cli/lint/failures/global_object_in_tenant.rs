//! `global-object-in-tenant`

use super::case::{allowed, forbidden};

const RULE: &str = "global-object-in-tenant";

const TABLE: &str = "-- file: tenant/2_orders/up.sql\ncreate table orders (id int primary key);\n";
const SCHEMA: &str = "create schema audit;\n";

#[tokio::test(flavor = "multi_thread")]
async fn the_second_tenant_fails() {
    let text = format!("-- file: tenant/1_audit/up.sql\n{SCHEMA}{TABLE}");
    let case = forbidden(RULE, &text, &["tenant/1_audit/up.sql:1"]).await;
    case.tenant("a").await.unwrap();
    let error = case.tenant("b").await.unwrap_err();
    assert!(error.contains("already exists"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_tenants_trigger_fires_for_all() {
    let text = format!(
        "-- file: tenant/1_log/up.sql
create table log (id int generated always as identity primary key, at text default current_schema());
create function note() returns event_trigger language plpgsql set search_path from current
as $$ begin insert into log default values; end $$;
create event trigger noted on ddl_command_end execute function note();
{TABLE}"
    );
    let case = forbidden(RULE, &text, &["tenant/1_log/up.sql:4"]).await;
    case.tenant("a").await.unwrap();
    let before = case.rows("tenant_a", "select id from log").await.len();
    case.run("tenant_b", "create table mine (id int)").await.unwrap();
    assert_eq!(case.rows("tenant_a", "select id from log").await.len(), before + 1, "a has a record of what b did");
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_shared_migration_it_is_made_once() {
    allowed(RULE, &format!("-- file: shared/1_audit/up.sql\n{SCHEMA}{TABLE}")).await.all().await;
}
