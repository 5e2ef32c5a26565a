//! The main job: shared first, then every tenant, each migration once.

use multitenant_runtime::{Error, Scope, State};

use super::project::{Project, outcomes};

#[tokio::test(flavor = "multi_thread")]
async fn shared_first_then_tenants_from_its_table() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('b'), ('a');")
        .shared("2_plans", "CREATE TABLE plans (id int PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY, plan int REFERENCES plans (id));")
        .tenant("2_orders", "CREATE TABLE orders (id int PRIMARY KEY, who int REFERENCES users (id));");
    project.sql("CREATE SCHEMA tenant_a; CREATE SCHEMA tenant_b;").await;
    let migrator = project.migrator();
    // Before the first shared migration there is no registry: no tenants yet.
    let plan = migrator.plan(Scope::all()).await.unwrap();
    assert_eq!(plan.shared.unwrap().state, State::Behind);
    assert!(plan.tenants.is_empty());

    let report = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["public:applied 2", "tenant_a:applied 2", "tenant_b:applied 2"]);
    let again = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&again), ["public:up to date", "tenant_a:up to date", "tenant_b:up to date"]);
    let tables = "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY schemaname, tablename) FROM pg_tables \
                  WHERE schemaname LIKE 'tenant%' AND tablename NOT LIKE '\\_\\_%'";
    assert_eq!(project.one(tables).await, "tenant_a.orders tenant_a.users tenant_b.orders tenant_b.users");
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_writes_nothing() {
    let project = Project::new().await.shared("1_a", "CREATE TABLE a ();").tenant("1_b", "CREATE TABLE b ();");
    project.schemas(3).await;
    let objects = "SELECT count(*)::text FROM pg_class";
    let before = project.one(objects).await;
    let plan = project.migrator().plan(Scope::all()).await.unwrap();
    assert_eq!(plan.summary().behind, 3);
    assert_eq!(project.one(objects).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_schema_is_an_error_and_no_fall_through() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('a'), ('gone');")
        .tenant("1_users", "CREATE TABLE users (id int);");
    project.sql("CREATE SCHEMA tenant_a").await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    assert_eq!(outcomes(&report), ["public:applied 1", "tenant_a:applied 1", "tenant_gone:failed after 0"]);
    let none = "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public' AND tablename = 'users'";
    assert_eq!(project.one(none).await, "0");

    let migrator = project.builder().create_schemas(true).build().unwrap();
    let report = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["public:up to date", "tenant_a:up to date", "tenant_gone:applied 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn five_runs_at_once_apply_each_migration_once() {
    let mut project = Project::new().await.tenant("0_counter", "CREATE TABLE counter (version text);");
    for i in 1..=4 {
        let up = format!("INSERT INTO counter VALUES ('{i}'); CREATE TABLE t{i} (id int PRIMARY KEY);");
        project = project.tenant(&format!("{i}_more"), &up);
    }
    project.schemas(20).await;
    let runs = (0..5).map(|_| {
        let migrator = project.migrator();
        tokio::spawn(async move { migrator.migrate(Scope::all()).await })
    });
    for run in runs.collect::<Vec<_>>() {
        let report = run.await.unwrap().unwrap();
        assert_eq!(report.targets.len(), 20);
    }
    for i in 0..20 {
        let counted = format!("SELECT string_agg(version, ' ' ORDER BY version) FROM tenant_{i}.counter");
        assert_eq!(project.one(&counted).await, "1 2 3 4");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_tenants_are_an_error_before_anything_is_done() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(1).await;
    let scope = Scope::tenant("nobody".parse().unwrap());
    assert!(matches!(project.migrator().migrate(scope).await, Err(Error::UnknownTenants(ids)) if ids.len() == 1));
    let report = project.migrator().migrate(Scope::tenant("0".parse().unwrap())).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_swapped_during_its_migration_is_not_split_in_two() {
    let project = Project::new().await.tenant("0_z", "CREATE TABLE z ();");
    project.schemas(1).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let project = project.tenant("1_a", "CREATE TABLE a (); SELECT pg_sleep(0.5); CREATE TABLE b ();");
    let migrator = project.migrator();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    let sleeping = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' \
                    AND state = 'active' AND datname = current_database()";
    while project.one(sleeping).await == "0" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // Blue and green change places.
    project
        .sql(
            "ALTER SCHEMA tenant_0 RENAME TO old; CREATE SCHEMA tenant_0; CREATE TABLE tenant_0.__diesel_schema_migrations \
             (LIKE old.__diesel_schema_migrations INCLUDING ALL); INSERT INTO tenant_0.__diesel_schema_migrations \
             SELECT * FROM old.__diesel_schema_migrations",
        )
        .await;
    let report = run.await.unwrap().unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 1"]);
    let places = "SELECT string_agg(schemaname || '.' || tablename, ' ' ORDER BY tablename) FROM pg_tables \
                  WHERE tablename IN ('a', 'b')";
    assert_eq!(project.one(places).await, "tenant_0.a tenant_0.b");
}
