//! What works with one tenant, and not with two.

use serde_json::json;

use super::schemas::shop;
use super::{examine, finding, found, helps, state};

const TRAPS: [&str; 5] =
    ["extensions", "tenant-types", "tables-in-both-tiers", "security-definer", "sequence-exhaustion"];

#[tokio::test]
async fn a_healthy_fleet_falls_into_none() {
    let project = shop().await;
    project
        .sql(
            "create extension citext schema public; create type public.mood as enum ('glad'); \
             create function public.fixed() returns int language sql security definer set search_path = public \
             as 'select 1'; create function tenant_a.own() returns int language sql as 'select 1'; \
             create table tenant_a.big (id bigserial); create table tenant_a.small (id serial); \
             create sequence tenant_a.round as smallint cycle; select setval('tenant_a.round', 32767)",
        )
        .await;
    let document = examine(&project);
    for check in TRAPS {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
}

#[tokio::test]
async fn an_extension_in_a_tenants_schema_is_moved_by_what_the_help_says() {
    let project = shop().await;
    project.sql("create schema \"ex\"\"t\"; create extension citext schema tenant_a").await;
    project.sql("create table tenant_b.mails (a tenant_a.citext)").await;
    project.sql("create extension hstore schema \"ex\"\"t\"").await;
    let document = examine(&project);
    let messages = found(&document, "extensions");
    assert_eq!(messages.len(), 2, "{document:#}");
    assert!(messages[0].contains("citext lives in the tenant's schema tenant_a"), "{messages:?}");
    assert_eq!(messages[1], "the extension hstore is in the schema ex\"t, which tenants do not search");
    assert_eq!(finding(&document, "extensions")["tenant"], "a");
    assert_eq!(state(&document, "cross-tenant-objects").as_deref(), Some("good"), "one cause is told once");
    for help in helps(&document, "extensions") {
        project.sql(help.lines().next().unwrap()).await;
    }
    assert_eq!(state(&examine(&project), "extensions").as_deref(), Some("good"));
    project.sql("alter extension citext set schema \"ex\"\"t\"").await;
    let path = "[isolation]\nsearch_path = [\"{tenant}\", \"{shared}\", 'ex\"t']\n";
    let project = project.file("multitenant.toml", path);
    assert_eq!(state(&examine(&project), "extensions").as_deref(), Some("good"));
}

#[tokio::test]
async fn types_of_each_tenants_own_are_one_complaint_each() {
    let project = shop().await;
    for tenant in ["a", "b"] {
        project
            .sql(&format!(
                "create type tenant_{tenant}.\"mo\"\"od\" as enum ('glad'); \
                 create domain tenant_{tenant}.positive as int check (value > 0)"
            ))
            .await;
    }
    project
        .sql("create type tenant_a.pair as (one int, other int); create type tenant_a.span as range (subtype = int4)")
        .await;
    let document = examine(&project);
    let messages = found(&document, "tenant-types");
    assert_eq!(messages.len(), 4, "{document:#}");
    let last = "and Diesel remembers one for a connection";
    assert_eq!(
        messages[0],
        format!("2 tenants have a enum mo\"od of their own, {last}: tenant_a, tenant_b").replace("a enum", "an enum")
    );
    assert_eq!(messages[1], format!("1 tenant has a composite type pair of its own, {last}: tenant_a"));
    assert_eq!(finding(&document, "tenant-types")["tenants"], json!(["a", "b"]));
    assert!(helps(&document, "tenant-types")[0].contains("CREATE TYPE \"public\".\"mo\"\"od\" AS ENUM"));
}

#[tokio::test]
async fn a_type_s_remedy_runs_where_columns_have_defaults_and_more_hangs_on_them() {
    let project = shop().await;
    for tenant in ["a", "b"] {
        project
            .sql(&format!(
                "begin; set local search_path = tenant_{tenant}; create type mood as enum ('glad', 'sad'); \
                 create table \"pe\"\"ople\" (feels mood not null default 'glad', felt mood[] default '{{sad}}', plain mood); \
                 create index on \"pe\"\"ople\" (feels); create index sad_ones on \"pe\"\"ople\" (plain) where feels = 'sad'; \
                 create view moods as select plain from \"pe\"\"ople\"; insert into \"pe\"\"ople\" default values; commit"
            ))
            .await;
    }
    let help = helps(&examine(&project), "tenant-types").remove(0);
    assert!(help.contains("what hangs on these columns: the index sad_ones, the view moods\n"), "{help}");
    project.sql("create type public.mood as enum ('glad', 'sad')").await;
    let statements: Vec<&str> =
        help.lines().filter(|line| line.starts_with("ALTER") || line.starts_with("DROP")).collect();
    assert_eq!(statements.len(), 3 + 3 + 1 + 1, "{help}");
    for tenant in ["a", "b"] {
        let run = statements.join("\n");
        project
            .sql(&format!(
                "begin; set local search_path = tenant_{tenant}, public; drop view moods; drop index sad_ones; {run} \
                 insert into \"pe\"\"ople\" default values; commit"
            ))
            .await;
        let rows = format!("select feels::text || felt::text from tenant_{tenant}.\"pe\"\"ople\"");
        assert_eq!(project.texts(&rows).await, ["glad{sad}", "glad{sad}"]);
    }
    assert_eq!(state(&examine(&project), "tenant-types").as_deref(), Some("good"));
}

#[tokio::test]
async fn names_in_both_tiers_are_told_and_histories_are_not() {
    let project = shop().await;
    project
        .sql(
            "create table public.\"pl\"\"ans\" (id serial); create table tenant_a.\"pl\"\"ans\" (id serial); \
             create view tenant_b.\"pl\"\"ans\" as select 1 as id; \
             create function public.f(a int) returns int language sql as 'select 1'; \
             create function tenant_a.f(a int) returns int language sql as 'select 2'; \
             create function tenant_b.f(a text) returns int language sql as 'select 3'; \
             create type public.mood as enum ('a'); create type tenant_b.mood as enum ('a')",
        )
        .await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "tables-in-both-tiers"),
        [
            "the function f(a integer) of tenants hides the function of that name in public: tenant_a",
            "the type mood of tenants hides the type of that name in public: tenant_b",
            "the table pl\"ans of tenants hides the table of that name in public: tenant_a",
            "the view pl\"ans of tenants hides the table of that name in public: tenant_b",
        ]
    );
    let helps = helps(&document, "tables-in-both-tiers");
    assert!(helps[3].ends_with("\nDROP VIEW \"pl\"\"ans\""), "{helps:?}");
    for help in [&helps[0], &helps[1], &helps[2]] {
        project.sql(help.lines().nth(1).unwrap()).await;
    }
    assert_eq!(state(&examine(&project), "tables-in-both-tiers").as_deref(), Some("good"));
}

#[tokio::test]
async fn functions_that_run_as_their_owners_on_a_callers_path_are_told() {
    let project = shop().await;
    let body = "language sql security definer as 'select 1'";
    project
        .sql(&format!(
            "create function public.\"sh\"\"ared\"(a int, text) returns int {body}; \
             create function tenant_a.own() returns int {body}; create function tenant_b.own() returns int {body}; \
             create procedure tenant_b.proc() {body}; \
             alter function public.\"sh\"\"ared\"(int, text) set work_mem = '1MB'"
        ))
        .await;
    let document = examine(&project);
    let tail = "runs with its owner's rights on its caller's search_path";
    assert_eq!(
        found(&document, "security-definer"),
        [
            format!("sh\"ared(a integer, text) {tail}: public"),
            format!("own() {tail}: tenant_a, tenant_b"),
            format!("proc() {tail}: tenant_b"),
        ]
    );
    assert_eq!(finding(&document, "security-definer")["level"], "error");
    for help in helps(&document, "security-definer") {
        for statement in help.lines() {
            project.sql(statement).await;
        }
    }
    assert_eq!(state(&examine(&project), "security-definer").as_deref(), Some("good"));
}

#[tokio::test]
async fn sequences_that_come_to_their_end_are_told_with_how_far_they_are() {
    let project = shop().await;
    project
        .sql(
            "create table tenant_a.\"or\"\"ders\" (id serial); create table tenant_b.\"or\"\"ders\" (id serial); \
             select setval('tenant_a.\"or\"\"ders_id_seq\"', 1803886264), \
             setval('tenant_b.\"or\"\"ders_id_seq\"', 2110000000); \
             create table public.links (id int); create sequence public.numbers owned by public.links.id; \
             select setval('public.numbers', 2147483648)",
        )
        .await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "sequence-exhaustion"),
        [
            "the sequence numbers comes to its end: public (100 %)",
            "the sequence or\"ders_id_seq comes to its end: tenant_b (98 %)",
            "the sequence or\"ders_id_seq comes to its end: tenant_a (84 %)",
        ]
    );
    let levels = document["findings"].as_array().unwrap().iter().filter(|f| f["code"] == "sequence-exhaustion");
    assert_eq!(levels.map(|f| f["level"].clone()).collect::<Vec<_>>(), ["error", "error", "warning"]);
    for help in helps(&document, "sequence-exhaustion") {
        project.sql(help.lines().last().unwrap()).await;
    }
    assert_eq!(state(&examine(&project), "sequence-exhaustion").as_deref(), Some("good"));
}
