//! Roles that are there already, under a tenant's name: not one that could do more is given to a tenant.

use multitenant_runtime::{Error, Outcome, Scope};

use super::{assert_whole, before, create, role, roles, shop};
use crate::project::Project;

/// What somebody has made under a tenant's name, and a word of what is said of it.
const HARMFUL: [(&str, &str); 14] = [
    ("CREATE ROLE {role} SUPERUSER", "superuser"),
    ("CREATE ROLE {role} LOGIN", "log in"),
    ("CREATE ROLE {role} CREATEROLE", "create roles"),
    ("CREATE ROLE {role} CREATEDB", "databases"),
    ("CREATE ROLE {role} REPLICATION", "replicate"),
    ("CREATE ROLE {role} BYPASSRLS", "row security"),
    ("CREATE ROLE {role} IN ROLE pg_read_all_data", "member of other roles"),
    ("CREATE ROLE {role}; GRANT pg_monitor TO {role}", "member of other roles"),
    ("CREATE ROLE {role}; ALTER TABLE plans OWNER TO {role}", "owns something"),
    ("CREATE ROLE {role}; CREATE SCHEMA theirs AUTHORIZATION {role}", "owns something"),
    (
        "CREATE ROLE {role}; CREATE FUNCTION theirs() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION theirs() OWNER TO {role}",
        "owns something",
    ),
    ("CREATE SCHEMA another; CREATE ROLE {role}; GRANT USAGE ON SCHEMA another TO {role}", "in another schema"),
    ("CREATE ROLE {role}; GRANT CREATE ON DATABASE {database} TO {role}", "on the server itself"),
    ("CREATE ROLE {role}; ALTER DATABASE {database} OWNER TO {role}", "on the server itself"),
];

fn statement(project: &Project, role: &str, sql: &str) -> String {
    let database = format!("\"{}\"", project.database.name());
    sql.replace("{role}", &format!("\"{role}\"")).replace("{database}", &database)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_tenant_gets_none_of_them() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    for (i, (sql, word)) in HARMFUL.iter().enumerate() {
        let id = format!("t{i}");
        project.sql(&statement(&project, &role(&project, &id), sql)).await;
        let failure = create(&project, &id).await.unwrap_err();
        assert!(failure.message.contains(word) && failure.message.contains(&role(&project, &id)), "{sql}: {failure}");
        assert!(failure.hint.is_some());
        let sql = "SELECT count(*)::text FROM pg_namespace WHERE starts_with(nspname, 'tenant_')";
        assert_eq!(project.one(sql).await, "0");
    }
    project.sql(&format!("ALTER DATABASE \"{}\" OWNER TO CURRENT_USER", project.database.name())).await;
    // Harmless, and somebody's all the same: of a tenant that was dropped by hand, say.
    project
        .sql(&statement(&project, &role(&project, "left"), "CREATE ROLE {role}; GRANT SELECT ON plans TO {role}"))
        .await;
    let failure = create(&project, "left").await.unwrap_err();
    assert!(failure.message.contains("has something already"), "{failure}");
    // So is one that somebody else may take on.
    let (bob, role_of_bob) = (format!("{}_bob", project.database.name()), role(&project, "bobs"));
    project
        .sql(&format!("CREATE ROLE \"{bob}\"; CREATE ROLE \"{role_of_bob}\"; GRANT \"{role_of_bob}\" TO \"{bob}\""))
        .await;
    let failure = create(&project, "bobs").await.unwrap_err();
    assert!(failure.message.contains("has something already"), "{failure}");
    // One that nothing hangs on will do.
    project.sql(&statement(&project, &role(&project, "bare"), "CREATE ROLE {role}")).await;
    create(&project, "bare").await.unwrap();
    create(&project, "b").await.unwrap();
    assert_whole(&project, "bare", "b").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_there_fails_alone() {
    let mut project = before().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "b", "c"] {
        create(&project, id).await.unwrap();
    }
    project.settings.role_per_tenant = true;
    project.sql(&statement(&project, &role(&project, "b"), "CREATE ROLE {role} SUPERUSER")).await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("b") };
    let outcomes: Vec<Outcome> = report.targets.iter().map(|target| target.outcome).collect();
    assert_eq!(outcomes, [Outcome::UpToDate, Outcome::UpToDate, Outcome::Failed, Outcome::UpToDate]);
    assert!(report.targets[2].failure.as_ref().unwrap().message.contains("superuser"));
    assert_whole(&project, "a", "c").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_with_rights_in_another_tenants_schema_is_not_adopted() {
    let mut project = before().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "b"] {
        create(&project, id).await.unwrap();
    }
    project.settings.role_per_tenant = true;
    let sql = "CREATE ROLE {role}; GRANT USAGE ON SCHEMA tenant_a TO {role}; GRANT SELECT ON tenant_a.users TO {role}";
    project.sql(&statement(&project, &role(&project, "b"), sql)).await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("b") };
    assert!(report.targets[2].failure.as_ref().unwrap().message.contains("in another schema"), "{report:?}");
    project.sql(&statement(&project, &role(&project, "b"), "REVOKE ALL ON SCHEMA tenant_a FROM {role}")).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    assert_whole(&project, "a", "b").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_could_do_more_ends_the_run() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let group = format!("{}_public_tenants", project.database.name());
    project.sql(&statement(&project, &group, "CREATE ROLE {role} IN ROLE pg_read_all_data")).await;
    let failure = create(&project, "a").await.unwrap_err();
    assert!(failure.message.contains(&group), "{failure}");
    assert_eq!(roles(&project).await, [group]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_databases_do_not_share_a_role() {
    let (mut one, mut other) = (shop().await, shop().await);
    let prefix: &str = format!("{}_", one.database.name()).leak();
    // The same names in both, as they are without the database's.
    let template: &str = format!("{prefix}{{schema}}").leak();
    for project in [&mut one, &mut other] {
        project.settings.role_name = template;
        project.migrator().migrate(Scope::all()).await.unwrap();
    }
    create(&one, "a").await.unwrap();
    let failure = create(&other, "a").await.unwrap_err();
    assert!(failure.message.contains("another database"), "{failure}");
    assert!(failure.hint.as_deref().unwrap_or_default().contains("{database}"), "{failure:?}");
    // Not the group alone: the tenant's role as well.
    one.sql(&format!("DROP OWNED BY \"{prefix}public_tenants\"; DROP ROLE \"{prefix}public_tenants\"")).await;
    let failure = create(&other, "a").await.unwrap_err();
    assert!(failure.message.contains("tenant_a") && failure.message.contains("another database"), "{failure}");
    other.settings.role_name = "{database}_{schema}";
    create(&other, "a").await.unwrap();
    create(&other, "b").await.unwrap();
    assert_whole(&other, "a", "b").await;
}
