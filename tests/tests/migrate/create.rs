//! Creating tenants: all or nothing.

use multitenant_runtime::{Error, Event, NewTenant, RegistryText, Scope};

use super::project::Project;
use multitenant_tests::proxy::{Proxy, Way};

async fn shop() -> Project {
    Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY, name text NOT NULL);")
        .tenant("1_users", "CREATE TABLE users (id int);")
}

const SCHEMAS: &str = "SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'tenant%'";

#[tokio::test(flavor = "multi_thread")]
async fn makes_schema_migrations_and_row_in_one() {
    let project = shop().await;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    let acme = NewTenant::new("acme").unwrap().column("name", "Acme's").unwrap();
    let report = migrator.create_tenant(acme.clone()).await.unwrap();
    assert_eq!(report.applied.len(), 1);
    assert_eq!(project.one("SELECT name FROM tenants WHERE id = 'acme'").await, "Acme's");
    // Twice is an error that changes nothing.
    let Err(Error::Incomplete(report)) = migrator.create_tenant(acme).await else { panic!("it exists") };
    let failure = report.targets[0].failure.as_ref().unwrap();
    assert!(failure.message.contains("exists already"));
    // Nobody is told to drop a tenant that is whole; and what the registry does not have is no tenant.
    assert!(failure.hint.as_ref().unwrap().starts_with("the registry has the tenant with this schema"), "{failure}");
    project.sql("CREATE SCHEMA tenant_b").await;
    let b = NewTenant::new("b").unwrap().column("name", "B").unwrap();
    let Err(Error::Incomplete(report)) = migrator.create_tenant(b).await else { panic!("a schema is there") };
    assert!(report.targets[0].failure.as_ref().unwrap().hint.as_ref().unwrap().starts_with("to adopt it"));
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_nothing_behind_when_a_migration_or_the_row_fails() {
    let project = shop().await.tenant("2_bad", "CREATE TABLE more ();\nSELECT 1/0;");
    let migrator = project.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    // The row lacks its NOT NULL column; and before that, a migration fails.
    for tenant in [NewTenant::new("a").unwrap(), NewTenant::new("b").unwrap().column("name", "B").unwrap()] {
        let Err(Error::Incomplete(report)) = migrator.create_tenant(tenant).await else { panic!("it fails") };
        let failure = report.targets[0].failure.clone().unwrap();
        assert_eq!((failure.sqlstate.as_deref(), failure.line), (Some("22012"), Some(2)));
    }
    assert_eq!(project.one(SCHEMAS).await, "0");
    assert_eq!(project.one("SELECT count(*)::text FROM tenants").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_migration_outside_a_transaction_the_row_comes_last() {
    let project = shop()
        .await
        .tenant(
            "2_index",
            "CREATE INDEX CONCURRENTLY users_id ON users (id);\nCREATE INDEX CONCURRENTLY u2 ON users (id);",
        )
        .metadata("2_index", "run_in_transaction = false");
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    // What a killed creation leaves: a marked schema, half done.
    project
        .sql("CREATE SCHEMA tenant_a; COMMENT ON SCHEMA tenant_a IS 'multitenant: this tenant is being created'; CREATE TABLE tenant_a.users (half text);")
        .await;
    migrator.create_tenant(NewTenant::new("a").unwrap().column("name", "A").unwrap()).await.unwrap();
    let report = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().up_to_date, 2);
    assert_eq!(project.one("SELECT coalesce(obj_description('tenant_a'::regnamespace), 'none')").await, "none");
    // And where it fails, nothing is left.
    migrator.create_tenant(NewTenant::new("b").unwrap()).await.unwrap_err();
    assert_eq!(project.one(SCHEMAS).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_any_type() {
    let mut project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (key uuid PRIMARY KEY, place text);")
        .tenant("1_users", "CREATE TABLE users (id int);");
    project.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "key", schema_column: Some("place"), filter: None };
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    let id = "6f1c1d0e-5d1c-4a55-9f2f-0d2d6f9f3b11";
    migrator.create_tenant(NewTenant::new(id).unwrap().in_schema("Customer 1").unwrap()).await.unwrap();
    assert_eq!(project.one("SELECT place FROM tenants").await, "Customer 1");
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_at_once_wins() {
    let project = shop().await;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    let acme = NewTenant::new("acme").unwrap().column("name", "Acme").unwrap();
    let (a, b) = tokio::join!(migrator.create_tenant(acme.clone()), migrator.create_tenant(acme));
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
    assert_eq!(project.one(SCHEMAS).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_the_commit_is_found_out() {
    for outside in [false, true] {
        let project = shop().await;
        let project = if outside {
            project
                .tenant("2_index", "CREATE INDEX CONCURRENTLY users_id ON users (id);")
                .metadata("2_index", "run_in_transaction = false")
        } else {
            project
        };
        project.migrator().migrate(Scope::all()).await.unwrap();
        // The last statement before the last COMMIT, and so the only place where its answer is.
        let proxy = Proxy::before(project.database.url()).await.cutting(
            Way::ToClient,
            if outside {
                b"COMMENT\0Z\0\0\0\x05TC\0\0\0\x0bCOMMIT\0"
            } else {
                b"INSERT 0 1\0Z\0\0\0\x05TC\0\0\0\x0bCOMMIT\0"
            },
            1,
        );
        let migrator = project.builder().database_url(proxy.url()).build().unwrap();
        let created = migrator.create_tenant(NewTenant::new("a").unwrap().column("name", "A").unwrap()).await;
        assert_eq!(proxy.happened(), 1, "{outside}");
        assert!(created.is_ok(), "{outside}: {created:?}");
        assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_registered_that_another_creation_has_begun_anew() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id int);")
        .tenant("2_index", "CREATE INDEX CONCURRENTLY users_id ON users (id);")
        .metadata("2_index", "run_in_transaction = false");
    project.migrator().migrate(Scope::all()).await.unwrap();
    // When the first creation has applied everything, its lock is lost, and a second one begins anew.
    let other = project.database.url().to_owned();
    let migrator = project
        .builder()
        .observer(move |event: &Event| {
            if matches!(event, Event::MigrationApplied { version, .. } if version.as_str() == "2") {
                let other = other.clone();
                let anew = async move {
                    let (client, connection) = tokio_postgres::connect(&other, tokio_postgres::NoTls).await.unwrap();
                    tokio::spawn(connection);
                    let sql = "DROP SCHEMA tenant_acme CASCADE; CREATE SCHEMA tenant_acme; \
                        COMMENT ON SCHEMA tenant_acme IS 'multitenant: this tenant is being created (another)'";
                    client.batch_execute(sql).await.unwrap();
                };
                tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(anew));
            }
        })
        .build()
        .unwrap();
    assert!(migrator.create_tenant(NewTenant::new("acme").unwrap()).await.is_err());
    assert_eq!(project.one("SELECT count(*)::text FROM tenants").await, "0");
    // And what the other one is making is left to it.
    assert_eq!(project.one(SCHEMAS).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_creation_leaves_nothing_in_the_shared_schema_either() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE quota (tenant text);")
        .tenant("1_a", "CREATE TABLE a (id int); INSERT INTO quota VALUES (current_schema());")
        .tenant("2_b", "SELECT 1/0;");
    let migrator = project.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    migrator.create_tenant(NewTenant::new("acme").unwrap()).await.unwrap_err();
    assert_eq!(project.one("SELECT count(*)::text FROM quota").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_the_registry_would_not_tell_is_refused() {
    let project = shop().await;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    let elsewhere = NewTenant::new("a").unwrap().column("name", "A").unwrap().in_schema("elsewhere").unwrap();
    let error = migrator.create_tenant(elsewhere).await.unwrap_err();
    assert!(error.to_string().contains("tenants.schema_column"), "{error}");

    let mut project = Project::new().await.tenants_in_table().shared(
        "1_tenants",
        "CREATE TABLE tenants (id text PRIMARY KEY, place text); INSERT INTO tenants VALUES ('a', 'here')",
    );
    project.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: Some("place"), filter: None };
    let migrator = project.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    let error = migrator.create_tenant(NewTenant::new("a").unwrap().in_schema("there").unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("another schema"), "{error}");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'there'").await, "0");
    migrator.create_tenant(NewTenant::new("a").unwrap().in_schema("here").unwrap()).await.unwrap();
}

/// What is said before anything is done.
async fn refusal(project: &Project, tenant: NewTenant) -> String {
    match project.migrator().create_tenants(vec![tenant]).await {
        Err(Error::Database(failure)) => format!("{}: {}", failure.message, failure.hint.unwrap_or_default()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_row_needs_is_said_before_anything_is_done() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared(
            "1_tenants",
            "CREATE DOMAIN short AS varchar(3); CREATE TABLE tenants (id text PRIMARY KEY, name text NOT NULL, plan int NOT NULL, \
             since date NOT NULL DEFAULT now(), number bigint GENERATED ALWAYS AS IDENTITY, twice int GENERATED ALWAYS AS (plan * 2) STORED, \
             code short, tags text[], \"odd \"\"col\" json);",
        )
        // It must not even begin.
        .tenant("1_slow", "SELECT 1 / 0;");
    project.migrator().migrate(Scope::shared()).await.unwrap();
    let tenant = || NewTenant::new("a").unwrap();
    let said = refusal(&project, tenant()).await;
    assert!(said.contains("lacks what it must have: name (text), plan (integer): set these"), "{said}");
    let said = refusal(&project, tenant().column("nam", "x").unwrap()).await;
    assert!(
        said.contains("no column \"nam\": columns that can be set: name, plan, since, code, tags, odd \"col"),
        "{said}"
    );
    for (column, says) in [("number", "generated"), ("twice", "generated"), ("id", "given by themselves")] {
        let said = refusal(&project, tenant().column(column, "1").unwrap()).await;
        assert!(said.contains(says), "{column}: {said}");
    }
    let said = refusal(&project, tenant().column("name", "x").unwrap().column("name", "y").unwrap()).await;
    assert!(said.contains("set twice"), "{said}");
    assert_eq!(project.one(SCHEMAS).await, "0");

    // Values are texts that PostgreSQL reads as the column's type.
    let project = project.tenant("1_slow", "CREATE TABLE users (id int);");
    let odd = r#"it's \ "x"'); DROP TABLE tenants; --"#;
    let whole = tenant().column("name", odd).unwrap().column("plan", "7").unwrap().column("tags", "{a,b}").unwrap();
    let whole = whole.column(r#"odd "col"#, r#"{"a": 1}"#).unwrap().column("code", "é").unwrap();
    let bad = NewTenant::new("b").unwrap().column("name", "B").unwrap().column("plan", "seven").unwrap();
    let last = NewTenant::new("c").unwrap().column("name", "").unwrap().column("plan", "1").unwrap();
    let Err(Error::Incomplete(report)) = project.migrator().create_tenants(vec![whole, bad, last]).await else {
        panic!("one is no number")
    };
    let summary = report.summary();
    assert_eq!((summary.applied, summary.failed), (2, 1));
    assert_eq!(report.targets[1].failure.as_ref().unwrap().sqlstate.as_deref(), Some("22P02"));
    assert_eq!(project.one("SELECT name FROM tenants WHERE id = 'a'").await, odd);
    assert_eq!(
        project.one("SELECT string_agg(id || plan || coalesce(tags[2], ''), ' ' ORDER BY id) FROM tenants").await,
        "a7b c1"
    );
    assert_eq!(project.one(SCHEMAS).await, "2");
    // A row that is there stays as it is, and is not said to be another one.
    project.sql("INSERT INTO tenants (id, name, plan) VALUES ('d', 'D', 1)").await;
    let d = NewTenant::new("d").unwrap();
    let said = refusal(&project, d.clone().column("name", "other").unwrap()).await;
    assert!(said.contains("has a row for \"d\" already"), "{said}");
    project.migrator().create_tenants(vec![d.clone()]).await.unwrap();
    let Err(Error::Database(failure)) = project.migrator().create_tenants(vec![d.clone(), d]).await else {
        panic!("twice")
    };
    assert!(failure.message.contains("named twice"), "{failure}");
    // What a trigger fills is not missing.
    project
        .sql(
            "CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.name := NEW.id; NEW.plan := 0; RETURN NEW; END'; \
             CREATE TRIGGER fill BEFORE INSERT ON tenants FOR EACH ROW EXECUTE FUNCTION fill()",
        )
        .await;
    project.migrator().create_tenants(vec![NewTenant::new("e").unwrap()]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_migrations_all_of_them_are_pending() {
    let mut project = shop().await.tenant("2_more", "CREATE TABLE more (id int);");
    project.settings.role_per_tenant = true;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    let a = NewTenant::new("a").unwrap().column("name", "A").unwrap().without_migrations();
    let report = migrator.create_tenant(a).await.unwrap();
    assert_eq!(report.applied.len(), 0);
    let plan = migrator.plan(Scope::tenants()).await.unwrap();
    assert_eq!((plan.tenants[0].pending.len(), plan.tenants[0].state), (2, multitenant_runtime::State::Behind));
    assert!(!plan.tenants[0].state_row_is_stale(), "{plan:?}");
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().applied, 1);
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
}
