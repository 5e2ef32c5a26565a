//! The role: what it may do, what it may do too much, and what it is given.

use super::{answer_of, detail, examine, finds, found, state};
use crate::project::Project;

/// A role of this test's own, which may do nothing yet; and a URL that logs in as it.
async fn role(project: &Project, options: &str) -> (String, String) {
    let name = format!("{}_role", project.texts("select current_database()::text").await[0]);
    project.sql(&format!("create role {name} login password 'pw' {options}")).await;
    let url = project.url().to_owned();
    let (head, tail) = url.split_once("://").unwrap();
    let tail = tail.split_once('@').map_or(tail, |(_, tail)| tail);
    (format!("{head}://{name}:pw@{tail}"), name)
}

async fn project() -> Project {
    let project = Project::with_tenants(&["a", "b"]).await.migration("tenant/1_users", "create table users (id int);");
    let project = project.migration("shared/1_plans", "create table plans (id int);");
    project.run(&["migrate"]).code(0);
    project
}

#[tokio::test]
async fn a_role_that_owns_everything_is_in_order() {
    let project = project().await;
    let (url, name) = role(&project, "").await;
    project.sql(&format!("alter schema tenant_a owner to {name}; alter schema tenant_b owner to {name}")).await;
    project
        .sql(&format!(
            "grant create on database {0} to {name}; grant all on schema public to {name}",
            database(&project).await
        ))
        .await;
    for schema in ["tenant_a", "tenant_b", "public"] {
        project.sql(&format!("alter table {schema}.__diesel_schema_migrations owner to {name}")).await;
    }
    project.sql(&format!("grant usage, create on schema multitenant to {name}; grant all on all tables in schema multitenant to {name}")).await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    for check in ["role-rights", "superuser", "search-path-defaults", "pool-size", "locks-held"] {
        assert_eq!(state(&document, check).as_deref(), Some("good"), "{check}: {document:#}");
    }
    assert!(detail(&document, "connection").contains(&format!("role {name}")), "{document:#}");
    drop_role(&project, &name).await;
}

async fn database(project: &Project) -> String {
    project.texts("select quote_ident(current_database())").await.remove(0)
}

async fn drop_role(project: &Project, name: &str) {
    project.sql(&format!("drop owned by {name} cascade; drop role {name}")).await;
}

#[tokio::test]
async fn each_right_that_is_missing_is_named_with_its_grant() {
    let project = project().await;
    let (url, name) = role(&project, "").await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "role-rights", "warning", "may not make schemas", "grant create on database");
    finds(
        &document,
        "role-rights",
        "error",
        "2 tenants' schemas",
        &format!(
            "grant usage, create on schema tenant_a to {name};\ngrant usage, create on schema tenant_b to {name};"
        ),
    );
    finds(&document, "role-rights", "error", "3 history tables belong", "alter table ");
    project.sql("revoke all on schema public from public").await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "role-rights", "error", "may not use the shared schema", "grant usage, create on schema public");
    project.sql(&format!("grant usage on schema public to {name}")).await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "role-rights", "error", "may not create in the shared schema", "grant create on schema public");
    let roles = "[tenants]\nsource = \"list\"\nids = [\"a\"]\n[isolation]\nrole_per_tenant = true\n";
    let project = project.file("multitenant.toml", roles);
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "role-rights", "error", "may not make roles", "createrole");
    drop_role(&project, &name).await;
}

#[tokio::test]
async fn nobody_is_advised_to_become_a_superuser() {
    let tenants = ["a", "b", "c", "d", "e", "f", "g"];
    let project = Project::with_tenants(&tenants).await.migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate"]).code(0);
    let (url, name) = role(&project, "").await;
    for tenant in tenants {
        project.sql(&format!("grant usage on schema tenant_{tenant} to {name}")).await;
    }
    let (member, plain) = (format!("{name}_member"), format!("{name}_plain"));
    let mighty = format!("{name}_mighty");
    project
        .sql(&format!("create role {mighty} bypassrls; create role {member} in role {mighty}; create role {plain}"))
        .await;
    project.sql(&format!("alter table tenant_a.__diesel_schema_migrations owner to {plain}")).await;
    project.sql(&format!("alter table tenant_b.__diesel_schema_migrations owner to {member}")).await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "role-rights", "error", &format!("to the role {plain}"), &format!("grant {plain} to {name};"));
    let helps = super::helps(&document, "role-rights");
    let grants: Vec<&str> = helps
        .iter()
        .flat_map(|help| help.lines())
        .filter(|line| line.starts_with("grant ") && !line.contains(" on "))
        .collect();
    assert_eq!(grants, [format!("grant {plain} to {name};")], "{document:#}");
    // All that is named is pasted as it stands, until nothing is left to name.
    for _ in 0..3 {
        let document = answer_of(&project, &["--database-url", &url]).json();
        for help in super::helps(&document, "role-rights") {
            project.sql(&help).await;
        }
    }
    let document = answer_of(&project, &["--database-url", &url]).json();
    assert_eq!(state(&document, "role-rights").as_deref(), Some("good"), "{document:#}");
    for role in [&name, &plain, &member, &mighty] {
        drop_role(&project, role).await;
    }
}

#[tokio::test]
async fn a_superuser_is_a_warning_and_a_migrator_s_a_note() {
    let project = project().await;
    let (url, name) = role(&project, "superuser").await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "superuser", "warning", "is a superuser", "nosuperuser");
    project.sql(&format!("alter role {name} nosuperuser bypassrls")).await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "superuser", "warning", "passes by row level security", "nobypassrls");

    // The application has a role of its own: what migrates is only noted.
    let mut command = project.command(&["doctor", "--format", "json"]);
    command.env("DATABASE_URL", &url).env("MULTITENANT_MIGRATE_URL", project.url());
    let document = crate::project::answer(command).json();
    finds(&document, "superuser", "info", "migrations run as", "log in as");
    finds(&document, "superuser", "warning", "the application logs in as", "nobypassrls");
    project.sql(&format!("alter role {name} nobypassrls")).await;
    let roles = format!(
        "[isolation]\nrole_per_tenant = true\napplication_role = \"{name}\"\n[tenants]\nsource = \"list\"\nids = []\n"
    );
    let project = project.file("multitenant.toml", &roles);
    let document = examine(&project);
    finds(&document, "superuser", "info", "migrations run as", "");
    assert_eq!(found(&document, "superuser").len(), 1, "{document:#}");
    drop_role(&project, &name).await;
}

#[tokio::test]
async fn defaults_that_get_in_the_way_are_named_with_what_takes_them_away() {
    let project = project().await;
    let (url, name) = role(&project, "").await;
    let database = database(&project).await;
    assert_eq!(state(&examine(&project), "search-path-defaults").as_deref(), Some("good"));
    for (setting, level, says) in [
        ("search_path = tenant_a, public", "warning", "finds and creates tables"),
        ("statement_timeout = '5s'", "info", "[migrations] statement_timeout"),
        ("lock_timeout = '5s'", "info", "give up"),
        ("idle_in_transaction_session_timeout = '5s'", "info", "closed by the server"),
        ("default_transaction_isolation = 'serializable'", "info", "READ COMMITTED"),
        ("default_transaction_read_only = on", "warning", "is refused"),
        ("session_replication_role = replica", "error", "foreign keys do not work"),
    ] {
        let setting_name = setting.split(' ').next().unwrap();
        for (whose, to) in [
            (format!("role {name}"), format!("alter role {name} reset {setting_name};")),
            (format!("database {database}"), format!("alter database {database} reset {setting_name};")),
            (format!("role {name} in database {database}"), format!("in database {database} reset {setting_name};")),
        ] {
            project.sql(&format!("begin read write; alter {whose} set {setting}; commit")).await;
            let document = answer_of(&project, &["--database-url", &url]).json();
            finds(&document, "search-path-defaults", level, says, &to);
            project.sql(&format!("begin read write; alter {whose} reset {setting_name}; commit")).await;
        }
    }
    // Others' defaults are not ours, and a path that is the shared schema does no harm.
    project.sql(&format!("alter role {name} set search_path = public")).await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    assert_eq!(state(&document, "search-path-defaults").as_deref(), Some("good"), "{document:#}");
    project.sql(&format!("alter role {name} reset search_path; create schema {name}")).await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "search-path-defaults", "warning", "named like the role", "set search_path = public");
    project.sql(&format!("drop schema {name}")).await;
    drop_role(&project, &name).await;
}

#[tokio::test]
async fn the_pool_must_fit_into_what_there_is() {
    let project = project().await;
    let (url, name) = role(&project, "connection limit 12").await;
    let document = answer_of(&project, &["--database-url", &url]).json();
    finds(&document, "pool-size", "warning", "leave 2 of the 12 that the role has", "max_connections = 7");
    let document = answer_of(&project, &["--database-url", &url, "--instances", "2"]).json();
    finds(&document, "pool-size", "error", "2 × 10 connections may be asked for, and the role has 12", "alter role");
    project.sql(&format!("alter role {name} connection limit -1")).await;
    let document = answer_of(&project, &["--database-url", &url, "--instances", "2"]).json();
    assert_eq!(state(&document, "pool-size").as_deref(), Some("good"), "{document:#}");
    let document = answer_of(&project, &["--database-url", &url, "--instances", "1000"]).json();
    finds(&document, "pool-size", "error", "1000 × 10 connections may be asked for, and the server has", "restart");
    let database = database(&project).await;
    project.sql(&format!("alter database {database} connection limit 15")).await;
    let document = answer_of(&project, &["--database-url", &url, "--instances", "2"]).json();
    finds(
        &document,
        "pool-size",
        "error",
        "the database has 15",
        &format!("alter database {database} connection limit"),
    );
    drop_role(&project, &name).await;
}

#[tokio::test]
async fn an_application_s_url_that_leads_nowhere_is_an_error() {
    let project = project().await;
    let mut command = project.command(&["doctor", "--format", "json"]);
    command.env("DATABASE_URL", "postgres://127.0.0.1:1/nowhere").env("MULTITENANT_MIGRATE_URL", project.url());
    let document = crate::project::answer(command).json();
    finds(&document, "connection", "error", "the application's URL leads nowhere", "database.url");
    let mut command = project.command(&["doctor", "--format", "json"]);
    command.env("DATABASE_URL", "postgres://u:s3cr3t@h:99999/d").env("MULTITENANT_MIGRATE_URL", project.url());
    let bad = crate::project::answer(command).json();
    finds(&bad, "connection", "error", "(from the environment variable DATABASE_URL)", "database.url");
    assert!(!bad.to_string().contains("s3cr3t"), "{bad:#}");
    assert_eq!(state(&document, "registry").as_deref(), Some("good"), "{document:#}");
}
