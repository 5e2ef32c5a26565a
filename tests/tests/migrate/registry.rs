//! The registry: a tenant that cannot be used fails alone, and a registry that is not there is not an empty one.

use multitenant_runtime::{
    Error, OnFailedTenants, RegistryError, RegistryText, Report, Scope, Selection, StartUp, StartupMode, Tenant,
    TenantId,
};

use super::project::{Project, outcomes};

/// A project whose shared migration makes a registry of ids and schemas, with these rows; the tenant `ok` has a
/// schema.
async fn registered(rows: &str) -> Project {
    let mut project = Project::new()
        .await
        .shared(
            "1_tenants",
            &format!("CREATE TABLE tenants (id text, place text); INSERT INTO tenants VALUES ('ok', NULL), {rows};"),
        )
        .tenant("1_a", "CREATE TABLE a ();");
    project.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: Some("place"), filter: None };
    project.sql("CREATE SCHEMA tenant_ok; CREATE SCHEMA x; CREATE SCHEMA y").await;
    project
}

fn unusable(report: &Report) -> Vec<(&str, Option<&str>, &str)> {
    let unusable = report.unusable.iter();
    unusable.map(|t| (&*t.tenant, t.schema.as_deref(), &*t.failure.message)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_cannot_be_used_fails_alone() {
    let long = "x".repeat(60);
    for (rows, expected) in [
        ("('', NULL)".to_owned(), vec![("", None, "is empty")]),
        ("(NULL, NULL)".to_owned(), vec![("", None, "without an id")]),
        (format!("('{long}', NULL)"), vec![(&*long, None, "67 bytes")]),
        ("('a', 'pg_a')".to_owned(), vec![("a", None, "reserved")]),
        ("('a', 'public')".to_owned(), vec![("a", None, "reserved")]),
        ("('a', 'multitenant')".to_owned(), vec![("a", None, "the state table's schema")]),
        ("('a', 'x'), ('a', 'x')".to_owned(), vec![("a", Some("x"), "twice")]),
        ("('a', 'x'), ('a', 'y')".to_owned(), vec![("a", Some("x"), "twice"), ("a", Some("y"), "twice")]),
        (
            "('a', 'x'), ('b', 'x')".to_owned(),
            vec![("a", Some("x"), r#""a" and "b" would share"#), ("b", Some("x"), r#""b" and "a" would share"#)],
        ),
    ] {
        let project = registered(&rows).await;
        let migrator = project.migrator();
        let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("{rows}") };
        assert_eq!(outcomes(&report), ["public:applied 1", "tenant_ok:applied 1"], "{rows}");
        assert_eq!(report.summary().failed, expected.len(), "{rows}");
        let mut found = unusable(&report);
        found.sort_unstable();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!((found.0, found.1), (expected.0, expected.1), "{rows}");
            assert!(found.2.contains(expected.2), "{found:?}");
        }
        let shown = Error::Incomplete(report).to_string();
        assert!(shown.contains(expected[0].2), "{shown}");

        let plan = migrator.plan(Scope::all()).await.unwrap();
        assert_eq!((plan.unusable.len(), plan.summary().failed), (expected.len(), expected.len()));
        for mode in [StartupMode::Migrate, StartupMode::Check] {
            let how = StartUp::new(mode);
            assert!(matches!(migrator.start(how).await, Err(Error::Incomplete(_))), "{rows}");
            let started = migrator.start(how.on_failed_tenants(OnFailedTenants::Fence)).await.unwrap();
            let ids = expected.iter().map(|(id, ..)| *id).filter(|id| !id.is_empty());
            let fenced: Vec<_> = started.fenced.iter().map(|fenced| fenced.tenant.as_str()).collect();
            assert_eq!(fenced, ids.collect::<Vec<_>>(), "{rows}");
            assert_eq!(outcomes(&started.report), ["public:up to date", "tenant_ok:up to date"], "{rows}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_application_s_own_registry_may_be_wrong_about_one() {
    async fn tenants() -> Result<Vec<Tenant>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(vec![Tenant::new("0")?, Tenant::new("x".repeat(70))?, Tenant::new("1")?, Tenant::new("1")?])
    }
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(2).await;
    let migrator = project.builder().registry(tenants).build().unwrap();
    for expected in ["tenant_0:applied 1", "tenant_0:up to date"] {
        let Err(Error::Incomplete(report)) = migrator.start(StartUp::default()).await.map(drop) else { panic!() };
        assert_eq!((outcomes(&report), report.unusable.len()), (vec![expected.to_owned()], 2));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_asks_for_an_unusable_tenant_hears_of_it() {
    let project = registered("('a', 'x'), ('b', 'x')").await;
    let migrator = project.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    let only = |id: &str| Scope { shared: false, tenants: Selection::Only(vec![TenantId::new(id).unwrap()]) };
    assert!(migrator.migrate(only("ok")).await.unwrap().unusable.is_empty());
    let Err(Error::Incomplete(report)) = migrator.migrate(only("b")).await else { panic!("unusable") };
    assert_eq!((report.targets.len(), report.unusable.len()), (0, 1));
    assert!(matches!(migrator.migrate(only("nobody")).await, Err(Error::UnknownTenants(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_is_not_there_is_not_an_empty_one() {
    let table = |table, filter| RegistryText::Table { table, id_column: "id", schema_column: None, filter };
    let missing_in_filter = Some("id NOT IN (SELECT id FROM nosuch)");
    // Whether a shared migration was applied before, what is pending, the registry, the scope, and what comes of it.
    for (applied, registry, scope, expected) in [
        (false, table("tenants", None), Scope::all(), Ok(2)),
        (false, table("tenants", None), Scope::tenants(), Ok(0)),
        (true, table("tenants", None), Scope::tenants(), Ok(1)),
        (true, table("tennants", None), Scope::tenants(), Err("public.tennants does not exist")),
        (true, table("tennants", None), Scope::all(), Err("public.tennants does not exist")),
        (true, table("tenants", missing_in_filter), Scope::tenants(), Err("nosuch")),
        (true, table("tenants", missing_in_filter), Scope::all(), Err("nosuch")),
    ] {
        let mut project = Project::new()
            .await
            .shared("1_tenants", "CREATE TABLE tenants (id text); INSERT INTO tenants VALUES ('0');")
            .tenant("1_a", "CREATE TABLE a ();");
        project.schemas(1).await;
        if applied {
            project.migrator().migrate(Scope::shared()).await.unwrap();
            project = project.shared("2_more", "CREATE TABLE more ();");
        }
        project.settings.registry = registry;
        let result = project.migrator().migrate(scope.clone()).await;
        match (result, expected) {
            (Ok(report), Ok(targets)) => assert_eq!(report.targets.len(), targets, "{registry:?} {scope:?}"),
            (Err(error), Err(says)) => {
                let error = match error {
                    Error::Aborted { error, .. } => *error,
                    error => error,
                };
                assert!(matches!(error, Error::Registry(_)), "{error:?}");
                assert!(error.to_string().contains(says), "{error}");
            }
            (result, _) => panic!("{registry:?} {scope:?}: {result:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_before_the_registry_s_own_migration_has_no_tenants() {
    let mut project = Project::new().await.tenants_in_table().shared("1_plans", "CREATE TABLE plans ();");
    project.migrator().migrate(Scope::shared()).await.unwrap();
    project = project.shared("2_tenants", "CREATE TABLE tenants (id text);");
    let plan = project.migrator().plan(Scope::all()).await.unwrap();
    assert_eq!((plan.shared.unwrap().pending.len(), plan.tenants.len()), (1, 0));
    let error = project.migrator().plan(Scope::tenants()).await.unwrap_err();
    assert!(matches!(error, Error::Registry(RegistryError::NoTable { .. })), "{error}");
}
