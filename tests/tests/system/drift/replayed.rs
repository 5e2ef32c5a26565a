//! Where the migrations are replayed: what can be, what stays (nothing), and what others notice.

use multitenant_runtime::{
    Difference, DriftOptions, DriftOutcome, DriftReport, Error, Migrator, Scope, Scratch, Selection, TenantId,
};

use super::project::{create, drift, everything, lines, of};
use crate::fleet::Fleet;

const TENANTS: &str = "CREATE TABLE tenants (id text PRIMARY KEY);";

async fn with(fleet: &Fleet, scratch: Scratch) -> DriftReport {
    fleet.migrator().drift(DriftOptions::new(Scope::all()).scratch(scratch)).await.unwrap()
}

/// The shared schema's lines, then the tenants'.
fn all(report: &DriftReport) -> Vec<String> {
    report
        .targets
        .iter()
        .flat_map(|target| lines(target).into_iter().map(|line| format!("{}: {line}", target.target)))
        .collect()
}

/// Everything there is in the database: schemas, relations, databases.
async fn stand(fleet: &Fleet) -> String {
    fleet
        .one(
            "SELECT concat_ws(' ', (SELECT string_agg(nspname, ',' ORDER BY oid) FROM pg_namespace WHERE nspname !~ '^pg_'),
             (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_type), (SELECT count(*) FROM pg_proc),
             (SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relnamespace = 'public'::regnamespace))",
        )
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_schema_is_compared_and_nothing_stays() {
    let fleet = everything().await;
    create(&fleet, "a").await;
    let before = stand(&fleet).await;
    assert_eq!(all(&drift(&fleet, Scope::all()).await), [] as [String; 0]);
    fleet.sql("ALTER TABLE plans ADD more int; ALTER TYPE level ADD VALUE 'middle' AFTER 'low'; DROP TABLE tenant_a.cache").await;
    let report = drift(&fleet, Scope::all()).await;
    assert_eq!(
        all(&report),
        [
            "public: enum level labels: 'low', 'high' -> 'low', 'middle', 'high'",
            "public: column plans.more: - -> integer",
            "tenant_a: table cache: unlogged table -> -",
        ]
    );
    fleet.sql("ALTER TABLE plans DROP more").await;
    let databases = with(&fleet, Scratch::Database).await;
    assert_eq!(
        all(&databases),
        [
            "public: enum level labels: 'low', 'high' -> 'low', 'middle', 'high'",
            "tenant_a: table cache: unlogged table -> -"
        ]
    );
    assert!(databases.reference.contains("a database of its own"), "{}", databases.reference);
    let schemas = |stand: &str| stand.split(' ').next().map(str::to_owned);
    assert_eq!(schemas(&stand(&fleet).await), schemas(&before));
    let left = "SELECT count(*)::text FROM pg_database WHERE datname ~ '^multitenant_scratch_'";
    // Other tests make such databases too; those of this one are dropped by now.
    assert!(fleet.one(left).await.parse::<usize>().unwrap() < 20);
}

/// Migrations that name the shared schema are replayed in one of that name, beside the real one.
#[tokio::test(flavor = "multi_thread")]
async fn a_shared_migration_that_names_its_schema() {
    let fleet = Fleet::new()
        .await
        .shared("1_tenants", "CREATE TABLE public.tenants (id text PRIMARY KEY);")
        .shared(
            "2_plans",
            "CREATE TABLE plans (id int PRIMARY KEY); CREATE VIEW public.all_plans AS SELECT * FROM public.plans;",
        )
        .tenant("1_users", "CREATE TABLE users (id int REFERENCES public.plans);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    create(&fleet, "a").await;
    assert_eq!(all(&with(&fleet, Scratch::Transaction).await), [] as [String; 0]);
    fleet.sql("CREATE INDEX more ON plans (id DESC)").await;
    let report = with(&fleet, Scratch::Transaction).await;
    assert_eq!(all(&report), ["public: index plans.more: - -> CREATE INDEX more ON plans USING btree (id DESC)"]);
    assert!(report.reference.contains("rolled back"));
    // Somebody who has written to the shared table and has not committed is not waited for; who locks it out, not for long.
    let client = fleet.client().await;
    client.batch_execute("BEGIN; LOCK TABLE plans IN EXCLUSIVE MODE").await.unwrap();
    let scope = || DriftOptions::new(Scope::shared()).scratch(Scratch::Transaction);
    let report = fleet.migrator().drift(scope()).await.unwrap();
    assert_eq!(all(&report).len(), 1, "{report:?}");
    client.batch_execute("LOCK TABLE plans IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let report = fleet.migrator().drift(scope()).await.unwrap();
    assert!(all(&report).concat().contains("not comparable"), "{report:?}");
    client.batch_execute("ROLLBACK").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrently_is_replayed_in_a_transaction_and_vacuum_in_a_database() {
    let fleet = Fleet::new()
        .await
        .shared("1_tenants", TENANTS)
        .tenant(
            "1_users",
            "CREATE TABLE users (id int); CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood ADD VALUE 'b';",
        )
        .tenant_outside("2_index", "CREATE UNIQUE INDEX CONCURRENTLY by_id ON users (id);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    create(&fleet, "a").await;
    fleet.sql("DROP INDEX tenant_a.by_id").await;
    let expected = "index users.by_id: CREATE UNIQUE INDEX by_id ON users USING btree (id) -> -";
    let report = with(&fleet, Scratch::Transaction).await;
    assert_eq!(all(&report), [format!("tenant_a: {expected}")]);
    let fix = report.targets[1].differences.first().and_then(|difference: &Difference| difference.fix.clone()).unwrap();
    assert_eq!(fix.sql(), "CREATE UNIQUE INDEX CONCURRENTLY by_id ON \"tenant_a\".users USING btree (id);");

    let fleet = fleet.tenant_outside("3_vacuum", "VACUUM users;");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let report = with(&fleet, Scratch::Transaction).await;
    assert!(
        matches!(&report.targets[1].outcome, DriftOutcome::NotComparable(failure)
        if failure.to_string().contains("VACUUM") && failure.hint.as_ref().is_some_and(|hint| hint.contains("database"))),
        "{report:?}"
    );
    let report = with(&fleet, Scratch::Auto).await;
    assert_eq!(all(&report), [format!("tenant_a: {expected}")]);
    let server = with(&fleet, Scratch::Server(fleet.url().to_owned())).await;
    assert_eq!(all(&server), all(&report));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_behind_missing_or_ahead_is_not_compared() {
    let fleet = Fleet::new().await.shared("1_tenants", TENANTS).tenant("1_users", "CREATE TABLE users (id int);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["behind", "ahead", "missing", "unreadable", "well"] {
        create(&fleet, id).await;
    }
    let fleet = fleet.tenant("2_more", "CREATE TABLE more (id int);");
    for id in ["ahead", "unreadable", "well"] {
        let scope = Scope { shared: false, tenants: Selection::Only(vec![TenantId::new(id).unwrap()]) };
        fleet.migrator().migrate(scope).await.unwrap();
    }
    fleet
        .sql(
            "INSERT INTO tenant_ahead.__diesel_schema_migrations (version) VALUES ('3'); DROP SCHEMA tenant_missing CASCADE;
             ALTER TABLE tenant_unreadable.__diesel_schema_migrations RENAME version TO v; ALTER TABLE tenant_behind.users ADD x int",
        )
        .await;
    let report = drift(&fleet, Scope::tenants()).await;
    let line = |id: &str| lines(of(&report, id)).join("; ");
    assert_eq!((line("behind"), line("well")), ("behind: 1".to_owned(), String::new()));
    assert!(line("ahead").contains("does not have: 3"), "{}", line("ahead"));
    assert!(line("missing").contains("does not exist"), "{}", line("missing"));
    assert!(line("unreadable").starts_with("not comparable"), "{}", line("unreadable"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ignored_is_counted() {
    let fleet = Fleet::new().await.shared("1_tenants", TENANTS).tenant("1_users", "CREATE TABLE users (id int);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    create(&fleet, "a").await;
    fleet.sql("CREATE TABLE tenant_a.audit_1 (id int PRIMARY KEY); ALTER TABLE tenant_a.users ADD legacy int, ADD more int").await;
    let options = ["table:audit_*", "column:users.legacy"]
        .into_iter()
        .fold(DriftOptions::new(Scope::tenants()), |options, pattern| options.ignore(pattern.parse().unwrap()));
    let report = fleet.migrator().drift(options).await.unwrap();
    assert_eq!(all(&report), ["tenant_a: column users.more: - -> integer"]);
    assert_eq!(report.targets[0].ignored, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn given_up_in_the_middle_leaves_nothing() {
    let fleet = everything()
        .await
        .tenant("99_slow", "SELECT pg_sleep(30);")
        .shared("99_slow", "SELECT pg_sleep(30), 'public';");
    // As if they were applied, so that only the replay is slow.
    fleet.sql("CREATE SCHEMA tenant_a; INSERT INTO tenants VALUES ('a')").await;
    let mark = multitenant_runtime::Operation::mark_applied(Scope::all());
    fleet.migrator().run(mark).await.unwrap();
    let before = stand(&fleet).await;
    for scope in [Scope::shared(), Scope::tenants()] {
        let migrator: Migrator = fleet.migrator();
        let sleeping =
            "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        // Given up by dropping it.
        tokio::select! {
            report = migrator.drift(DriftOptions::new(scope)) => panic!("it was to be slow: {report:?}"),
            () = async { fleet.until(sleeping).await; } => {}
        }
        fleet
            .sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event = 'PgSleep'",
            )
            .await;
        fleet.until("SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'").await;
    }
    assert_eq!(stand(&fleet).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_that_is_not_registered_is_an_error() {
    let fleet = Fleet::new().await.shared("1_tenants", TENANTS).tenant("1_users", "CREATE TABLE users (id int);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let reference = multitenant_runtime::DriftReference::Tenant(TenantId::new("nobody").unwrap());
    let result = fleet.migrator().drift(DriftOptions::new(Scope::tenants()).reference(reference)).await;
    assert!(matches!(result, Err(Error::UnknownTenants(_))), "{result:?}");
}
