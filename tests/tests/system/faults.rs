//! Faults that were found by looking for them: each of these has failed once, or nearly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use multitenant_runtime::{Error, Event, FailureClass, Migrator, NewTenant, Outcome, Scope, StartUp, StartupMode};
use tokio_util::sync::CancellationToken;

use super::environment::size;
use super::fleet::{Fleet, HISTORY};

/// The lock that tests hold to stop a migration where they want it.
const GATE: &str =
    "DO $$ BEGIN IF current_schema() = 'tenant_0' THEN PERFORM pg_advisory_xact_lock(42); END IF; END $$;";
const AT_THE_GATE: &str = "SELECT count(*) = 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
    WHERE d.datname = current_database() AND locktype = 'advisory' AND objid = 42 AND NOT granted";

fn spawn(migrator: Migrator, scope: Scope) -> tokio::task::JoinHandle<Result<multitenant_runtime::Report, Error>> {
    tokio::spawn(async move { migrator.migrate(scope).await })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_that_panics_hides_no_tenant() {
    let fleet = Fleet::new().await.tenant("1_a", "CREATE TABLE a (id int);");
    fleet.schemas(8, "").await;
    for jobs in [1, 3] {
        let observer = |event: &Event| {
            if let Event::TargetStarted { target, .. } = event {
                assert_ne!(target.schema().as_str(), "tenant_4", "a mistake of the application's");
            }
        };
        let migrator = fleet.builder().jobs(jobs).observer(observer).build().unwrap();
        let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("not complete") };
        assert_eq!(report.targets.len(), 8, "every tenant is in the report");
        for target in &report.targets {
            let four = target.target.schema().as_str() == "tenant_4";
            let done = matches!(target.outcome, Outcome::Applied | Outcome::UpToDate | Outcome::NotTried);
            assert_eq!(done, !four, "{target:?}");
            assert!(target.failure.is_none() || target.outcome == Outcome::Failed, "{target:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_done_when_the_run_is_cancelled_is_done() {
    let fleet = Fleet::new().await.tenant("1_a", "CREATE TABLE a (id int);").tenant("2_b", "CREATE TABLE b (id int);");
    fleet.schemas(3, "").await;
    let token = CancellationToken::new();
    let cancel = token.clone();
    let observer = move |event: &Event| {
        if matches!(event, Event::MigrationApplied { version, .. } if version.as_str() == "2") {
            cancel.cancel();
        }
    };
    let migrator = fleet.builder().jobs(1).cancellation(token).observer(observer).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("cancelled") };
    let outcomes: Vec<_> = report.targets.iter().map(|t| (t.outcome, t.applied.len(), t.failure.is_some())).collect();
    assert_eq!(outcomes, [(Outcome::Applied, 2, false), (Outcome::NotTried, 0, false), (Outcome::NotTried, 0, false)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_commit_in_between_is_also_created() {
    for (first, second) in [
        ("CREATE TYPE mood AS ENUM ('sad');", "CREATE TABLE t (m mood DEFAULT 'ok'); INSERT INTO t DEFAULT VALUES;"),
        (
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (p int REFERENCES p DEFERRABLE INITIALLY DEFERRED);
             INSERT INTO p VALUES (1); INSERT INTO c VALUES (1);",
            "ALTER TABLE c ADD COLUMN note text;",
        ),
        ("CREATE TEMP TABLE work ON COMMIT DROP AS SELECT 1;", "CREATE TEMP TABLE work ON COMMIT DROP AS SELECT 2;"),
    ] {
        let between = if first.contains("mood") { "ALTER TYPE mood ADD VALUE 'ok';" } else { "SELECT 1;" };
        let fleet = Fleet::new()
            .await
            .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('0');")
            .tenant("1_first", first)
            .tenant("2_between", between)
            .tenant("3_second", second);
        fleet.schemas(1, "").await;
        let migrator = fleet.migrator();
        assert!(migrator.migrate(Scope::all()).await.is_ok(), "{first}");
        let created = migrator.create_tenant(NewTenant::new("new").unwrap()).await;
        let created = created.unwrap_or_else(|error| panic!("what migrates must also be creatable: {first}: {error}"));
        assert_eq!(created.applied.len(), 3);
        assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().up_to_date, 3);
        let mark = "SELECT coalesce(obj_description('tenant_new'::regnamespace), 'none')";
        assert_eq!(fleet.one(mark).await, "none");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lock_is_held_until_what_ran_outside_a_transaction_is_recorded() {
    let fleet = Fleet::new()
        .await
        .tenant("1_base", "CREATE TABLE base (id int);")
        // Temporary tables make it long from the moment the session is reset to the next statement.
        .tenant_outside(
            "2_outside",
            "INSERT INTO base VALUES (1);
             DO $$ BEGIN FOR i IN 1..400 LOOP EXECUTE format('CREATE TEMP TABLE temp_%s (id int)', i); END LOOP; END $$;
             SELECT pg_sleep(0.5);",
        );
    fleet.schemas(1, "").await;
    let base = Fleet::on(fleet.url()).tenant("1_base", "CREATE TABLE base (id int);");
    base.migrator().migrate(Scope::all()).await.unwrap();
    let run = spawn(fleet.migrator(), Scope::all());
    let held = "FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                WHERE d.datname = current_database() AND locktype = 'advisory' AND objsubid = 1";
    fleet.until(&format!("SELECT count(*) = 1 {held}")).await;
    let key = fleet.one(&format!("SELECT ((classid::bigint << 32) | objid::bigint)::text {held}")).await;
    let watch = format!(
        "DO $$ BEGIN WHILE NOT pg_try_advisory_lock({key}) LOOP END LOOP; \
         IF NOT EXISTS (SELECT FROM tenant_0.{HISTORY} WHERE version = '2') THEN \
         RAISE 'the target was free before its migration was recorded'; END IF; END $$"
    );
    fleet.client().await.batch_execute(&watch).await.unwrap();
    assert_eq!(run.await.unwrap().unwrap().summary().applied, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_for_a_held_target_begins_when_there_is_nothing_else_to_do() {
    let migration = format!("{GATE} CREATE TABLE a (id int); SELECT pg_sleep(0.3);");
    let fleet = Fleet::new().await.tenant("1_a", &migration);
    fleet.schemas(9, "").await;
    let gate = fleet.client().await;
    gate.batch_execute("SELECT pg_advisory_lock(42)").await.unwrap();
    let patient = || fleet.builder().lock_timeout(Duration::from_secs(60));
    let holder = spawn(patient().build().unwrap(), Scope::tenant("0".parse().unwrap()));
    fleet.until(AT_THE_GATE).await;
    let (finished, mut finishes) = tokio::sync::mpsc::unbounded_channel();
    let observer = move |event: &Event| {
        if matches!(event, Event::TargetFinished { .. }) {
            let _ = finished.send(());
        }
    };
    // The others take longer than this run would wait for the held one.
    let other = patient().jobs(1).wait(Duration::from_millis(1_500)).observer(observer).build().unwrap();
    let other = spawn(other, Scope::all());
    for _ in 0..8 {
        finishes.recv().await.unwrap();
    }
    gate.batch_execute("SELECT pg_advisory_unlock(42)").await.unwrap();
    let report = other.await.unwrap().unwrap_or_else(|error| panic!("it had a second and a half left: {error}"));
    assert_eq!((report.summary().applied, report.summary().up_to_date), (8, 1));
    assert_eq!(holder.await.unwrap().unwrap().summary().applied, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_creations_in_steps_wins() {
    let mut fleet = Fleet::new()
        .await
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant_outside("90_index", "CREATE INDEX CONCURRENTLY t0_id ON t0 (id);");
    for i in 0..12 {
        fleet = fleet.tenant(&format!("{i:02}_t"), &format!("CREATE TABLE t{i} (id int);"));
    }
    let migrator = fleet.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    for i in 0..size(8, 40) {
        let tenant = NewTenant::new(format!("t{i}")).unwrap();
        let (a, b) = tokio::join!(migrator.create_tenant(tenant.clone()), migrator.create_tenant(tenant));
        assert_eq!(usize::from(a.is_ok()) + usize::from(b.is_ok()), 1, "{a:?}\n{b:?}");
        let error = a.err().or(b.err()).unwrap().to_string();
        assert!(error.contains("exists already"), "{error}");
        let plan = migrator.plan(Scope::tenant(format!("t{i}").parse().unwrap())).await.unwrap();
        assert_eq!(plan.tenants[0].applied.len(), 13);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_served_is_never_taken_for_an_unfinished_one() {
    let fleet = Fleet::new()
        .await
        // The application registers its tenants itself, first.
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('acme');")
        .tenant("1_orders", "CREATE TABLE orders (id int);")
        .tenant_outside("2_index", "CREATE INDEX CONCURRENTLY orders_id ON orders (id);");
    let migrator = fleet.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    // What a killed creation leaves.
    fleet
        .sql("CREATE SCHEMA tenant_acme; COMMENT ON SCHEMA tenant_acme IS 'multitenant: this tenant is being created'")
        .await;
    let served = migrator.migrate(Scope::all()).await.is_ok();
    if served {
        fleet.sql("INSERT INTO tenant_acme.orders VALUES (1)").await;
    }
    // The job that creates the tenant is tried again.
    let again = migrator.create_tenant(NewTenant::new("acme").unwrap()).await;
    if served {
        assert_eq!(fleet.one("SELECT count(*)::text FROM tenant_acme.orders").await, "1", "{again:?}");
    } else {
        again.unwrap();
        assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().up_to_date, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_does_not_serve_what_a_killed_creation_left() {
    let fleet = Fleet::new()
        .await
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('acme');")
        .tenant_outside("1_orders", "CREATE TABLE orders (id int);");
    let migrator = fleet.migrator();
    migrator.migrate(Scope::shared()).await.unwrap();
    let gate = fleet.client().await;
    gate.batch_execute("SELECT pg_advisory_lock(42)").await.unwrap();
    // All migrations are done and recorded; the last step waits.
    let tenant = NewTenant::new("acme").unwrap().registered_by("SELECT pg_advisory_xact_lock(42)");
    let patient = fleet.builder().lock_timeout(Duration::from_secs(60)).build().unwrap();
    let creation = tokio::spawn(async move { patient.create_tenant(tenant).await });
    fleet.until(AT_THE_GATE).await;
    creation.abort();
    assert!(creation.await.unwrap_err().is_cancelled());
    let waiting = "FROM pg_stat_activity WHERE wait_event = 'advisory' AND datname = current_database()";
    fleet.texts(&format!("SELECT pg_terminate_backend(pid)::text {waiting}")).await;
    fleet.until(&format!("SELECT NOT EXISTS (SELECT {waiting})")).await;
    gate.batch_execute("SELECT pg_advisory_unlock(42)").await.unwrap();

    for mode in [StartupMode::Check, StartupMode::Migrate] {
        let Err(Error::Incomplete(report)) = migrator.start(StartUp::new(mode)).await else {
            panic!("{mode:?}: the next creation removes what is served")
        };
        assert_eq!(report.incomplete().count(), 1);
    }
    migrator.create_tenant(NewTenant::new("acme").unwrap()).await.unwrap();
    for mode in [StartupMode::Migrate, StartupMode::Check] {
        assert_eq!(migrator.start(StartUp::new(mode)).await.unwrap().report.summary().up_to_date, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_dropped_during_the_run_is_missing() {
    for base in ["", "CREATE TABLE a (id int);"] {
        let fleet = Fleet::new().await;
        let fleet = if base.is_empty() { fleet } else { fleet.tenant("1_base", base) };
        fleet.schemas(2, "").await;
        if !base.is_empty() {
            fleet.migrator().migrate(Scope::all()).await.unwrap();
        }
        let fleet = fleet.tenant("2_gate", &format!("{GATE} CREATE TABLE b (id int);"));
        let gate = fleet.client().await;
        gate.batch_execute("SELECT pg_advisory_lock(42)").await.unwrap();
        let run = spawn(fleet.builder().jobs(1).lock_timeout(Duration::from_secs(60)).build().unwrap(), Scope::all());
        fleet.until(AT_THE_GATE).await;
        gate.batch_execute("DROP SCHEMA tenant_1 CASCADE; SELECT pg_advisory_unlock(42)").await.unwrap();
        let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("one is gone") };
        assert_eq!(report.targets[0].outcome, Outcome::Applied);
        let failure = report.targets[1].failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::MissingSchema, "{base}: {failure:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_that_wait_for_each_other_at_a_shared_table_are_all_done() {
    // A foreign key locks the shared table until the end of the transaction, which takes a while.
    let fleet = Fleet::new()
        .await
        .shared(
            "1_users",
            "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE users (id int PRIMARY KEY); \
             INSERT INTO tenants SELECT i FROM generate_series(0, 11) i;",
        )
        .tenant("1_orders", "CREATE TABLE orders (who int REFERENCES users (id)); SELECT pg_sleep(1.5);");
    fleet.schemas(12, "").await;
    let retries = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&retries);
    let observer = move |event: &Event| {
        if let Event::Retrying { .. } = event {
            seen.fetch_add(1, Ordering::Relaxed);
        }
    };
    let migrator = fleet.builder().jobs(12).observer(observer).build().unwrap();
    let report = migrator.migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.summary().applied, 13);
    assert!(retries.load(Ordering::Relaxed) > 0);
}
