//! Tenants that were there before: brought in order, once.

use futures_util::future::join_all;
use multitenant_runtime::{
    Error, Extent, FailureClass, NewTenant, Operation, Outcome, RegistryText, Scope, StartUp, StartupMode,
};

use super::{assert_whole, before, check, create, role, roles, shop, within};
use crate::project::Project;

/// A fleet of tenants without roles.
async fn fleet(ids: &[&str]) -> Project {
    let project = before().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ids {
        create(&project, id).await.unwrap();
    }
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_run_with_nothing_pending_and_by_a_start() {
    for by_start in [false, true] {
        let mut project = fleet(&["a", "b"]).await;
        project.settings.role_per_tenant = true;
        // Who only looks writes nothing.
        let _ = project.migrator().plan(Scope::all()).await.unwrap();
        let checked = project.migrator().start(StartUp::new(StartupMode::Check)).await;
        let Err(Error::Incomplete(report)) = checked else { panic!("nobody could be served: {checked:?}") };
        let pending = |i: usize| report.targets[i].failure.as_ref().map(|failure| failure.class);
        assert_eq!([0, 1, 2].map(pending), [None, Some(FailureClass::Pending), Some(FailureClass::Pending)]);
        assert!(roles(&project).await.is_empty());
        if by_start {
            let started = project.migrator().start(StartUp::default()).await.unwrap();
            assert_eq!(started.report.summary().up_to_date, 3);
        } else {
            project.migrator().migrate(Scope::all()).await.unwrap();
        }
        project.migrator().start(StartUp::new(StartupMode::Check)).await.unwrap();
        assert_whole(&project, "a", "b").await;
        assert_whole(&project, "b", "a").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_many_replicas_that_start_at_once() {
    let mut project = fleet(&["a", "b", "c"]).await;
    project.settings.role_per_tenant = true;
    let migrators: Vec<_> = (0..8).map(|_| project.migrator()).collect();
    for started in join_all(migrators.iter().map(|migrator| migrator.start(StartUp::default()))).await {
        assert_eq!(started.unwrap().report.summary().up_to_date, 4);
    }
    assert_whole(&project, "a", "b").await;
    assert_whole(&project, "c", "a").await;
}

/// What is new in the shared schema is the tenants' to write, but for these.
#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_made_anew_is_never_the_tenants_to_write() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    create(&project, "a").await.unwrap();
    create(&project, "b").await.unwrap();
    let role = role(&project, "a");
    let anew =
        "DROP TABLE tenants; CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('a'), ('b');";
    let may_not = format!("SELECT 1 / (NOT has_table_privilege('{role}', 'public.tenants', 'DELETE, UPDATE'))::int;");
    let project = project.shared("2_anew", anew).shared_down("2_anew", anew);
    project.migrator().migrate(Scope::shared()).await.unwrap();
    project.sql(&may_not).await;
    let back = project.migrator().run(Operation::rollback(Scope::shared(), Extent::default())).await.unwrap();
    assert_eq!(back.summary().reverted, 1);
    project.sql(&may_not).await;
    // Nor while the tenants are migrated.
    let project = project.tenant("3_look", &may_not);
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 3);
    project.sql(&may_not).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_query_reads_for_the_registry_is_not_the_tenants_to_write() {
    let mut project = shop().await;
    project.settings.registry = RegistryText::Query { sql: "SELECT id FROM tenants" };
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "b"] {
        let tenant = NewTenant::new(id).unwrap().registered_by(format!("INSERT INTO tenants VALUES ('{id}')"));
        project.migrator().create_tenant(tenant).await.unwrap();
    }
    let project = project.shared("2_more", "CREATE TABLE more (id serial);");
    project.migrator().migrate(Scope::all()).await.unwrap();
    let client = within(&project, &role(&project, "a")).await;
    for table in ["tenants", "plans", "more"] {
        check(&client, &format!("SELECT * FROM {table}"), None).await;
        check(&client, &format!("DELETE FROM {table}"), Some(super::DENIED)).await;
    }
    check(&client, "INSERT INTO tenant_a.users DEFAULT VALUES", None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn by_a_start_that_migrates_some_of_them() {
    let mut project = fleet(&["a", "b"]).await;
    project.settings.role_per_tenant = true;
    project.sql("DELETE FROM tenant_b.__diesel_schema_migrations; DELETE FROM multitenant.targets WHERE tenant = 'b'; DROP TABLE tenant_b.users").await;
    project.migrator().start(StartUp::default()).await.unwrap();
    assert_whole(&project, "a", "b").await;
    assert_whole(&project, "b", "a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_a_run_makes_has_its_role_after_it() {
    let project = shop().await;
    project.migrator().migrate(Scope::shared()).await.unwrap();
    project.sql("INSERT INTO tenants VALUES ('a'), ('b'); CREATE SCHEMA tenant_b").await;
    project.builder().create_schemas(true).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_whole(&project, "a", "b").await;
    assert_whole(&project, "b", "a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_missing_is_mended() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "b", "c"] {
        create(&project, id).await.unwrap();
    }
    let (a, b) = (role(&project, "a"), role(&project, "b"));
    project
        .sql(&format!(
            "DROP OWNED BY \"{a}\"; DROP ROLE \"{a}\"; REVOKE SELECT ON tenant_b.users FROM \"{b}\"; \
             GRANT DELETE ON tenant_b.__diesel_schema_migrations TO \"{b}\";"
        ))
        .await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert_whole(&project, "a", "b").await;
    let client = within(&project, &b).await;
    check(&client, "DELETE FROM tenant_b.__diesel_schema_migrations", Some(super::DENIED)).await;
    check(&client, "SELECT * FROM tenant_b.users", Some(super::DENIED)).await;
    assert_whole(&project, "c", "a").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_comes_later_is_not_the_tenants_to_write() {
    let project = Project::new().await.tenants_in_table().shared("1_t", "CREATE TABLE tenants (id text PRIMARY KEY);");
    let mut project = project;
    project.settings.role_per_tenant = true;
    project.migrator().migrate(Scope::shared()).await.unwrap();
    project.sql("INSERT INTO tenants VALUES ('a'); CREATE SCHEMA tenant_a").await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(roles(&project).await.len(), 2);
    let project = project.tenant("1_users", "CREATE TABLE users (id int);");
    project.migrator().migrate(Scope::all()).await.unwrap();
    let client = within(&project, &role(&project, "a")).await;
    check(&client, "SELECT * FROM tenant_a.users", None).await;
    check(&client, "DELETE FROM tenant_a.__diesel_schema_migrations", Some(super::DENIED)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_make_roles_is_told_so_before_anything_is_done() {
    let mut project = fleet(&["a"]).await;
    project.settings.role_per_tenant = true;
    let project = project.tenant("2_more", "CREATE TABLE more (id int);");
    let poor = format!("{}_poor", project.database.name());
    project
        .sql(&format!(
            "CREATE ROLE \"{poor}\"; GRANT ALL ON SCHEMA public, multitenant, tenant_a TO \"{poor}\"; \
             GRANT ALL ON ALL TABLES IN SCHEMA public, multitenant, tenant_a TO \"{poor}\""
        ))
        .await;
    let url = project.database.url().to_owned();
    let separator = if url.contains('?') { '&' } else { '?' };
    let migrator = project.builder().database_url(format!("{url}{separator}options=-crole%3D{poor}")).build().unwrap();
    let error = migrator.migrate(Scope::all()).await.unwrap_err();
    assert!(matches!(error, Error::Database(_)), "{error}");
    let text = error.to_string();
    assert!(text.contains("may not create roles: grant it CREATEROLE"), "{text}");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'more'").await, "0");
    // Where all is in order, nobody needs that right.
    project.migrator().migrate(Scope::all()).await.unwrap();
    project
        .sql(&format!(
            "GRANT ALL ON ALL TABLES IN SCHEMA tenant_a TO \"{poor}\"; ALTER DEFAULT PRIVILEGES FOR ROLE \"{poor}\" \
             IN SCHEMA tenant_a GRANT SELECT ON TABLES TO \"{}\"; ALTER DEFAULT PRIVILEGES FOR ROLE \"{poor}\" \
             IN SCHEMA tenant_a GRANT USAGE ON SEQUENCES TO \"{0}\"; GRANT \"{0}\" TO \"{poor}\"",
            role(&project, "a")
        ))
        .await;
    let report = migrator.migrate(Scope::tenants()).await.unwrap();
    assert!(report.targets.iter().all(|target| target.outcome == Outcome::UpToDate), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_migration_makes_as_another_role_is_the_tenants_all_the_same() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    create(&project, "a").await.unwrap();
    create(&project, "b").await.unwrap();
    let owner = format!("{}_owner", project.database.name());
    project
        .sql(&format!(
            "CREATE ROLE \"{owner}\"; GRANT USAGE, CREATE ON SCHEMA tenant_a, tenant_b TO \"{owner}\"; \
             REVOKE DELETE ON tenant_a.users FROM \"{}\"",
            role(&project, "a")
        ))
        .await;
    let up = format!("SET LOCAL ROLE \"{owner}\"; CREATE TABLE \"odd \"\"'s\" (id serial PRIMARY KEY); RESET ROLE;");
    let project = project.tenant("2_odd", &up);
    project.migrator().migrate(Scope::all()).await.unwrap();
    let client = within(&project, &role(&project, "a")).await;
    check(&client, "INSERT INTO tenant_a.\"odd \"\"'s\" DEFAULT VALUES", None).await;
    check(&client, "INSERT INTO tenant_b.\"odd \"\"'s\" DEFAULT VALUES", Some(super::DENIED)).await;
    check(&client, "DELETE FROM tenant_a.users", Some(super::DENIED)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_membership_from_before_16_is_granted_anew() {
    let mut project = shop().await;
    let app: &str = format!("{}_app", project.database.name()).leak();
    project.sql(&format!("CREATE ROLE \"{app}\"")).await;
    project.settings.application_role = app;
    project.migrator().migrate(Scope::all()).await.unwrap();
    create(&project, "a").await.unwrap();
    if project.one("SELECT (current_setting('server_version_num')::int >= 160000)::text").await == "false" {
        return;
    }
    project.sql(&format!("GRANT \"{}\" TO \"{app}\" WITH INHERIT TRUE", role(&project, "a"))).await;
    let may = format!("SELECT has_schema_privilege('{app}', 'tenant_a', 'USAGE')::text");
    assert_eq!(project.one(&may).await, "true");
    for _ in 0..2 {
        project.migrator().migrate(Scope::all()).await.unwrap();
        assert_eq!(project.one(&may).await, "false");
        assert_eq!(
            project.one(&format!("SELECT pg_has_role('{app}', '{}', 'SET')::text", role(&project, "a"))).await,
            "true"
        );
    }
    project.migrator().start(StartUp::new(StartupMode::Check)).await.unwrap();
}

/// What was done is told, whatever becomes of the roles.
#[tokio::test(flavor = "multi_thread")]
async fn a_start_whose_roles_cannot_be_made_tells_what_it_has_found() {
    let mut project = fleet(&["a"]).await;
    project.settings.role_per_tenant = true;
    project.settings.application_role = "nobody at all";
    let error = project.migrator().start(StartUp::default()).await.unwrap_err();
    let Error::Aborted { report, error } = error else { panic!("{error}") };
    assert_eq!(report.targets.len(), 2);
    assert!(error.to_string().contains("nobody at all"), "{error}");
}
