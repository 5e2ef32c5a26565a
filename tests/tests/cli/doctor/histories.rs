//! What is pending, failed, edited or ahead, and how history tables stand.

use serde_json::json;

use super::schemas::shop;
use super::{examine, finding, found, helps, state};

#[tokio::test]
async fn what_is_up_to_date_is_good() {
    let document = examine(&shop().await);
    for check in ["pending-migrations", "history-tables"] {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{document:#}");
    }
}

#[tokio::test]
async fn each_cause_is_one_complaint_however_many_tenants_have_it() {
    let project = shop().await;
    let project = project.migration("tenant/2_orders", "create table orders (id int primary key);");
    let document = examine(&project);
    assert_eq!(found(&document, "pending-migrations"), ["2 tenants lack 2: tenant_a, tenant_b"]);
    assert_eq!(helps(&document, "pending-migrations"), ["cargo multitenant migrate --tenant a,b"]);
    assert_eq!(finding(&document, "pending-migrations")["tenants"], json!(["a", "b"]));
    project.run(&["doctor"]).code(0);
    project.run(&["doctor", "--fail-on", "warn"]).code(1);

    project.sql("create table tenant_b.orders ()").await;
    project.run(&["migrate"]).code(10);
    let document = examine(&project);
    let messages = found(&document, "pending-migrations");
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("42P07 relation \"orders\" already exists (migration 2): tenant_b"), "{messages:?}");
    assert!(helps(&document, "pending-migrations")[0].ends_with("cargo multitenant migrate --retry-failed --tenant b"));
    project.run(&["doctor"]).code(1);
    project.sql("drop table tenant_b.orders").await;
    project.run(&["migrate", "--retry-failed", "--tenant", "b"]).code(0);
    assert_eq!(state(&examine(&project), "pending-migrations").as_deref(), Some("good"));
}

#[tokio::test]
async fn edited_late_and_newer_versions_are_told_apart() {
    let project = shop().await;
    let project = project.migration("tenant/3_items", "create table items (id int primary key);");
    project.run(&["migrate"]).code(0);
    let project = project
        .migration("tenant/1_users", "create table users (id bigint primary key);")
        .migration("tenant/2_orders", "create table orders (id int primary key);");
    project.sql("insert into public.__diesel_schema_migrations (version) values ('9')").await;
    let document = examine(&project);
    let messages = found(&document, "pending-migrations");
    assert_eq!(
        messages,
        [
            "2 tenants are of edited migrations: 1 differ from what was applied: tenant_a, tenant_b",
            "2 tenants lack 2: tenant_a, tenant_b",
            "2 tenants lack what sorts before migrations that are applied already: 2: tenant_a, tenant_b",
            "a newer release has migrated the shared schema: this project does not have 9: public",
        ]
    );
    assert_eq!(finding(&document, "pending-migrations")["level"], "error");
    project.run(&["repair", "--accept-edited", "--yes"]).code(0);
    project.run(&["migrate"]).code(0);
    assert_eq!(found(&examine(&project), "pending-migrations").len(), 1);
}

#[tokio::test]
async fn a_history_that_is_not_ours_or_not_there_says_so() {
    let history = "__diesel_schema_migrations";
    let project = shop().await;
    project
        .sql(&format!(
            "drop table tenant_a.{history}; alter table tenant_b.{history} drop column multitenant_checksum, \
             drop column multitenant_format, drop column multitenant_run; \
             insert into tenant_b.{history} (version) values ('0')"
        ))
        .await;
    let document = examine(&project);
    let messages = found(&document, "history-tables");
    assert_eq!(
        messages,
        [
            "1 schema has tables, and no history of what has made them: tenant_a",
            "a history has records of 0, which this project does not have and which is not newer than it: tenant_b",
            "1 history is in Diesel's own layout, without checksums: tenant_b",
        ]
    );
    // That it is behind as well is the same cause.
    assert_eq!(state(&document, "pending-migrations").as_deref(), Some("good"), "{document:#}");
    project.run(&["migrate", "--mark-applied", "--tenant", "a", "--to", "1"]).code(0);
    project.run(&["repair", "--forget-unknown", "--yes", "--tenant", "b"]).code(0);
    let document = examine(&project);
    assert_eq!(state(&document, "history-tables").as_deref(), Some("good"), "{document:#}");
}

#[tokio::test]
async fn an_unreadable_history_is_an_error_and_one_for_all() {
    let history = "__diesel_schema_migrations";
    let project = shop().await;
    let project = project.migration("tenant/2_orders", "create table orders (id int primary key);");
    for tenant in ["a", "b"] {
        project.sql(&format!("alter table tenant_{tenant}.{history} enable row level security")).await;
    }
    let document = examine(&project);
    let messages = found(&document, "history-tables");
    assert_eq!(messages.len(), 1, "{document:#}");
    assert!(messages[0].contains("row security") && messages[0].ends_with(": tenant_a, tenant_b"), "{messages:?}");
    assert_eq!(finding(&document, "history-tables")["level"], "error");

    let project = shop().await;
    project.sql("update multitenant.targets set digest = 'of another' where schema_name = 'tenant_a'").await;
    let document = examine(&project);
    assert_eq!(
        found(&document, "history-tables"),
        ["1 row of the state table does not say what the history says: tenant_a"]
    );
    project.run(&["migrate", "--tenant", "a"]).code(0);
    assert_eq!(state(&examine(&project), "history-tables").as_deref(), Some("good"));
}

#[tokio::test]
async fn a_newer_format_is_refused() {
    let project = shop().await;
    project.sql("update tenant_a.__diesel_schema_migrations set multitenant_format = 2").await;
    let messages = found(&examine(&project), "pending-migrations");
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("format 2"), "{messages:?}");
}

#[tokio::test]
async fn rights_that_a_history_lacks_are_given_as_statements() {
    let project = shop().await;
    let name = format!("{}_reader", project.texts("select current_database()::text").await[0]);
    project
        .sql(&format!("create role \"{name}\" login password 'pw'; grant usage on schema tenant_b to \"{name}\""))
        .await;
    project.sql(&format!("grant select on public.tenants, public.__diesel_schema_migrations to \"{name}\"")).await;
    let url = project.url().to_owned();
    let separator = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{separator}user={name}&password=pw");
    let document = super::answer_of(&project, &["--database-url", &url]).json();
    let helps = helps(&document, "history-tables");
    assert_eq!(helps.len(), 2, "{document:#}");
    for help in &helps {
        assert!(!help.contains("the migrating role") && help.contains("\ngrant "), "{help}");
        project.sql(help.split_once('\n').unwrap().1).await;
    }
    let document = super::answer_of(&project, &["--database-url", &url]).json();
    assert_eq!(found(&document, "history-tables"), Vec::<String>::new(), "{document:#}");
    project.sql(&format!("drop owned by \"{name}\"; drop role \"{name}\"")).await;
}
