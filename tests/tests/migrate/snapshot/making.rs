//! When snapshots are made and used, and when not.

use std::sync::mpsc;
use std::time::Duration;

use multitenant_runtime::{
    Event, HookResult, Hooks, NewTenant, Scope, SnapshotOutcome, Snapshots, Step, Target, TargetPlan, TargetReport,
    async_trait,
};

use super::compared::create;
use crate::project::Project;

const SCRATCH: &str = "SELECT count(*)::text FROM pg_namespace WHERE nspname LIKE 'Snapshot%'";

async fn shop() -> Project {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TYPE level AS ENUM ('low');")
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY, level level);")
        .tenant("2_rows", "INSERT INTO users VALUES (1, 'low');");
    project.migrator().migrate(Scope::all()).await.unwrap();
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_used_as_long_as_nothing_it_depends_on_has_changed() {
    let project = shop().await;
    let migrator = project.migrator();
    assert_eq!(migrator.snapshot().await.unwrap().outcome, SnapshotOutcome::Absent);
    let made = migrator.make_snapshot().await.unwrap();
    assert_eq!((made.outcome, made.migrations), (SnapshotOutcome::Made, 2));
    assert!(made.replay.is_some() && made.statements > Some(0), "{made:?}");
    let there = migrator.make_snapshot().await.unwrap();
    assert_eq!(
        (there.outcome, &there.digest, there.statements),
        (SnapshotOutcome::Present, &made.digest, made.statements)
    );
    assert!(create(&project, "a", Snapshots::Use).await);
    assert!(create(&project, "b", Snapshots::Make).await);
    assert!(!create(&project, "c", Snapshots::Never).await);
    let changes = [
        "ALTER TABLE tenants ADD COLUMN name text",
        "ALTER TYPE level ADD VALUE 'high'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 2'",
        "CREATE TABLE more ()",
        "CREATE EXTENSION pg_trgm",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC",
    ];
    let mut digests = vec![made.digest];
    for (i, change) in changes.iter().enumerate() {
        project.sql(change).await;
        let now = migrator.snapshot().await.unwrap();
        assert_eq!(now.outcome, SnapshotOutcome::Absent, "{change}");
        assert!(!digests.contains(&now.digest), "{change}");
        digests.push(now.digest);
        assert!(!create(&project, &format!("t{i}"), Snapshots::Use).await, "{change}");
    }
    // Another set, and an edited one.
    for (name, up) in [("3_more", "CREATE TABLE more ();"), ("2_rows", "INSERT INTO users VALUES (2, 'low');")] {
        project.sql("SELECT 1").await;
        let other = shop().await.tenant(name, up);
        other.sql("SELECT 1").await;
        let before = shop().await.migrator().snapshot().await.unwrap().digest;
        assert_ne!(other.migrator().snapshot().await.unwrap().digest, before, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_made_after_a_creation_where_that_is_wanted_and_worth_it() {
    let mut project = shop().await;
    assert!(!create(&project, "few", Snapshots::Make).await);
    assert_eq!(project.migrator().snapshot().await.unwrap().outcome, SnapshotOutcome::Absent);
    for i in 3..=100 {
        project = project.tenant(&format!("3{i:03}_c"), &format!("ALTER TABLE users ADD COLUMN c{i} int;"));
    }
    assert!(!create(&project, "first", Snapshots::Use).await);
    assert_eq!(project.migrator().snapshot().await.unwrap().outcome, SnapshotOutcome::Absent);
    assert!(!create(&project, "second", Snapshots::Make).await);
    assert_eq!(project.migrator().snapshot().await.unwrap().outcome, SnapshotOutcome::Present);
    assert!(create(&project, "third", Snapshots::Make).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_pg_dump_the_migrations_are_replayed() {
    let project = shop().await;
    let without = |snapshots| project.builder().snapshots(snapshots).pg_dump("/nonexistent/pg_dump").build().unwrap();
    let report = without(Snapshots::Make).make_snapshot().await.unwrap();
    assert_eq!(report.outcome, SnapshotOutcome::Unavailable);
    assert!(report.reason.unwrap().contains("/nonexistent/pg_dump"));
    without(Snapshots::Make).create_tenant(NewTenant::new("a").unwrap()).await.unwrap();
    // That is no property of the migrations, and not remembered.
    assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
    // Who uses one does not need the program.
    without(Snapshots::Use).create_tenant(NewTenant::new("b").unwrap()).await.unwrap();
    assert_eq!(project.one("SELECT string_agg(id, ' ' ORDER BY id) FROM tenants").await, "a b");
    assert_eq!(project.one(SCRATCH).await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn creators_and_makers_at_once() {
    let project = shop().await;
    let (one, other) = (project.migrator(), project.migrator());
    let (a, b) = tokio::join!(one.make_snapshot(), other.make_snapshot());
    let outcomes = [a.unwrap().outcome, b.unwrap().outcome];
    assert!(outcomes.contains(&SnapshotOutcome::Made), "{outcomes:?}");
    let second = |o: &SnapshotOutcome| matches!(o, SnapshotOutcome::Held | SnapshotOutcome::Present);
    assert_eq!(outcomes.iter().filter(|outcome| second(outcome)).count(), 1, "{outcomes:?}");
    let acme = || NewTenant::new("acme").unwrap();
    let globex = || NewTenant::new("globex").unwrap();
    let (a, b, c) = tokio::join!(one.create_tenant(acme()), other.create_tenant(acme()), one.create_tenant(globex()));
    assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?} {b:?}");
    assert!(c.is_ok(), "{c:?}");
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().up_to_date, 3);
}

/// Of scratch schemas nobody is told: not by a hook, and not by an event.
#[tokio::test(flavor = "multi_thread")]
async fn a_making_calls_no_hooks() {
    struct Calls(mpsc::Sender<String>);

    #[async_trait]
    impl Hooks for Calls {
        async fn before_target(&self, plan: &TargetPlan) -> HookResult {
            Ok(self.0.send(format!("before {}", plan.target))?)
        }

        async fn after_target(&self, report: &TargetReport) -> HookResult {
            Ok(self.0.send(format!("after {}", report.target))?)
        }

        async fn before_migration(&self, target: &Target, step: &Step) -> HookResult {
            Ok(self.0.send(format!("before {} of {target}", step.version()))?)
        }

        async fn after_migration(&self, target: &Target, step: &Step) -> HookResult {
            Ok(self.0.send(format!("after {} of {target}", step.version()))?)
        }
    }

    for in_transaction in [true, false] {
        let mut project = shop().await.tenant("3_index", "CREATE INDEX IF NOT EXISTS users_level ON users (level);");
        if !in_transaction {
            // A worker makes it, migration by migration.
            project = project.metadata("3_index", "run_in_transaction = false");
        }
        let (sender, receiver) = mpsc::channel();
        let told = sender.clone();
        let observer = move |event: &Event| told.send(format!("{event:?}")).unwrap();
        let migrator = project.builder().hooks(Calls(sender)).observer(observer).build().unwrap();
        assert_eq!(migrator.make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made, "{in_transaction}");
        assert_eq!(receiver.try_iter().collect::<Vec<_>>(), Vec::<String>::new(), "{in_transaction}");
        // Of a tenant they are.
        migrator.create_tenant(NewTenant::new("a").unwrap()).await.unwrap();
        assert!(receiver.try_iter().any(|call| call == "before tenant_a"), "{in_transaction}");
    }
}

/// Whatever is left of a making that was ended is not served, and goes with the next.
#[tokio::test(flavor = "multi_thread")]
async fn a_making_that_is_ended_in_the_middle() {
    let mut project = shop().await;
    for i in 3..=40 {
        project = project.tenant(&format!("3{i:03}_t"), &format!("CREATE TABLE t{i} (id int PRIMARY KEY);"));
    }
    // The tenants are the schemas, all of them.
    project.settings.registry = multitenant_runtime::RegistryText::Schemas;
    project.settings.schema_name = "{id}";
    for after in [5, 60, 120, 200, 400] {
        let migrator = project.migrator();
        let making = tokio::spawn(async move { migrator.make_snapshot().await });
        // Not a synchronisation: the moment is to be any.
        tokio::time::sleep(Duration::from_millis(after)).await;
        making.abort();
        let ended = making.await;
        if ended.is_ok() {
            break;
        }
        let plan = project.migrator().plan(Scope::tenants()).await.unwrap();
        assert!(plan.tenants.iter().all(|t| !t.target.to_string().starts_with("Snapshot")), "{plan:?}");
    }
    let mut tries = 0;
    loop {
        // The server may not have ended the other's session yet.
        match project.migrator().make_snapshot().await.unwrap().outcome {
            SnapshotOutcome::Held if tries < 100 => tries += 1,
            outcome => {
                break assert!(matches!(outcome, SnapshotOutcome::Made | SnapshotOutcome::Present), "{outcome:?}");
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(project.one(SCRATCH).await, "0");
}

/// What a kill leaves is told from a tenant's schema by its comment, and from other schemas of such names.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_making_has_left_goes_with_the_next() {
    let project = shop().await;
    let mark = "multitenant: this tenant is being created";
    project
        .sql(&format!(
            "CREATE SCHEMA \"Snapshot left\"; COMMENT ON SCHEMA \"Snapshot left\" IS '{mark} (scratch of a snapshot, x)';
             CREATE TABLE \"Snapshot left\".t (); CREATE SCHEMA \"Snapshot mine\"; CREATE SCHEMA \"Snapshot other\";
             COMMENT ON SCHEMA \"Snapshot other\" IS '{mark} (1)';"
        ))
        .await;
    assert_eq!(project.migrator().make_snapshot().await.unwrap().outcome, SnapshotOutcome::Made);
    let left = "SELECT string_agg(nspname, ' ' ORDER BY nspname) FROM pg_namespace WHERE nspname LIKE 'Snapshot%'";
    assert_eq!(project.one(left).await, "Snapshot mine Snapshot other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_exists_is_left_alone() {
    let project = shop().await;
    project.migrator().make_snapshot().await.unwrap();
    project.sql("CREATE SCHEMA tenant_a; CREATE TABLE tenant_a.mine ()").await;
    let error = project.migrator().create_tenant(NewTenant::new("a").unwrap()).await.unwrap_err();
    assert!(error.to_string().contains("exists already"), "{error}");
    assert_eq!(project.one("SELECT count(*)::text FROM tenants").await, "0");
    assert_eq!(
        project.one("SELECT string_agg(relname, '') FROM pg_class WHERE relnamespace = 'tenant_a'::regnamespace").await,
        "mine"
    );
}
