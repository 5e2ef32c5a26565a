//! Connections that break or fall silent, wherever a run is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::{
    Error, Event, FailureClass, FunctionResult, MigrationFunction, Outcome, RustMigration, Scope, async_trait,
};
use multitenant_tests::proxy::{Fault, Proxy, Way};
use tokio_util::sync::CancellationToken;

use super::environment::{say, size};
use super::fleet::{Fleet, client};
use super::leftovers::assert_none;
use super::moments::Moments;

async fn fleet(n: usize) -> Fleet {
    let fleet = Fleet::new().await.shared(
        "1_tenants",
        &format!(
            "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants SELECT i FROM generate_series(0, {}) i;",
            n - 1
        ),
    );
    fleet.schemas(n, "CREATE TABLE counter (version text)").await;
    std::fs::create_dir_all(fleet.folder().join("tenant")).unwrap();
    fleet
}

/// A fault after a number of bytes that a look surely sends or receives.
fn somewhere(moments: &mut Moments, fault: impl Fn(Way, usize) -> Fault) -> Fault {
    let way = if moments.below_n(2) == 0 { Way::ToServer } else { Way::ToClient };
    fault(way, moments.below_n(2_500))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_is_done_again() {
    let fleet = fleet(12).await.tenant("1_a", "INSERT INTO counter VALUES ('1');");
    let proxy = Proxy::before(fleet.url()).await;
    let mut moments = Moments::new("looks");
    let migrator = fleet.builder().database_url(proxy.url()).jobs(2).build().unwrap();
    let n = size(12, 60);
    for _ in 0..n {
        proxy.plan([Some(somewhere(&mut moments, Fault::Cut))]);
        let plan = migrator.plan(Scope::all()).await.unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(plan.shared.unwrap().pending.len(), 1);
    }
    say(&format!("{} of {n} looks were cut", proxy.happened()));
    assert!(proxy.happened() > 0);

    // The look; the shared schema's worker; the look between; the workers.
    let cut = |moments: &mut Moments| Some(somewhere(moments, Fault::Cut));
    proxy.plan([cut(&mut moments), None, None, cut(&mut moments)]);
    let report = migrator.migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.summary().applied, 13);
    for i in 0..12 {
        assert_eq!(fleet.one(&format!("SELECT count(*)::text FROM tenant_{i}.counter")).await, "1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_look_between_shared_and_tenants_is_done_again() {
    // The shared migration makes what the second look stumbles over: a registry that ends the session that reads it,
    // once.
    let fleet = Fleet::new().await.shared(
        "1_tenants",
        "CREATE TABLE tenants_there (id text PRIMARY KEY); INSERT INTO tenants_there VALUES ('0'), ('1');
         CREATE SEQUENCE looks;
         CREATE FUNCTION looked() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
           IF current_setting('application_name') = 'cargo-multitenant' AND pg_try_advisory_lock(77)
              AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'looked_once') THEN
             PERFORM pg_terminate_backend(pg_backend_pid());
           END IF;
           RETURN true; END $$;
         CREATE VIEW tenants AS SELECT id FROM tenants_there WHERE looked();",
    );
    let fleet = fleet.tenant("1_a", "CREATE TABLE a (id int);");
    fleet.schemas(2, "").await;
    let marked = Arc::new(AtomicUsize::new(0));
    let mark = client(&super::fleet::with_parameter(fleet.url(), "application_name=mark")).await;
    let migrator = fleet.migrator();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    // When the view is there, the next look dies; then the one after it lives.
    loop {
        let there: bool = mark.query_one("SELECT to_regclass('public.tenants') IS NOT NULL", &[]).await.unwrap().get(0);
        if there {
            tokio::time::sleep(Duration::from_millis(500)).await;
            mark.batch_execute("SET application_name = 'looked_once'").await.unwrap();
            marked.fetch_add(1, Ordering::SeqCst);
            break;
        }
        assert!(!run.is_finished());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let report = run.await.unwrap().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.summary().applied, 3);
}

/// The fleet with one slow connection: the worker whose connection is silent, and the others.
async fn stalled(
    statement_timeout: Option<Duration>,
) -> (Fleet, Proxy, CancellationToken, Arc<AtomicUsize>, multitenant_runtime::Migrator) {
    let fleet = fleet(12).await;
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    let fleet =
        fleet.tenant("1_a", "INSERT INTO counter VALUES ('1');").tenant("2_b", "INSERT INTO counter VALUES ('2');");
    let proxy = Proxy::before(fleet.url()).await;
    let finished = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&finished);
    let observer = move |event: &Event| {
        if matches!(event, Event::TargetFinished { outcome: Outcome::Applied, .. }) {
            seen.fetch_add(1, Ordering::SeqCst);
        }
    };
    let token = CancellationToken::new();
    let builder = fleet.builder().database_url(proxy.url()).jobs(3).observer(observer).cancellation(token.clone());
    let migrator = builder.statement_timeout(statement_timeout).build().unwrap();
    (fleet, proxy, token, finished, migrator)
}

async fn assert_counted(fleet: &Fleet, n: usize) {
    for i in 0..n {
        let counted = format!("SELECT string_agg(version, ' ' ORDER BY version) FROM tenant_{i}.counter");
        assert_eq!(fleet.one(&counted).await, "1 2", "tenant_{i}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_never_arrives_is_missed() {
    for way in [Way::ToServer, Way::ToClient] {
        let (fleet, proxy, _, _, migrator) = stalled(Some(Duration::from_millis(500))).await;
        // Of the first worker's connection, in the middle of a migration.
        let after = if way == Way::ToServer { 2_500 } else { 1_200 };
        proxy.plan([None, Some(Fault::Stall(way, after, None))]);
        let started = Instant::now();
        let report = migrator.migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{way:?}: {error}"));
        assert_eq!(proxy.happened(), 1, "{way:?}");
        assert_eq!(report.summary().applied, 12);
        let versions: usize = report.targets.iter().map(|target| target.applied.len()).sum();
        assert_eq!(versions, 24, "what was done and not heard of is told");
        assert!(started.elapsed() < Duration::from_secs(40), "{:?}", started.elapsed());
        assert_counted(&fleet, 12).await;
        // The proxy keeps the server's end open: it was ended.
        assert_none(&fleet).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn while_one_connection_is_silent_the_others_go_on_and_the_run_can_be_cancelled() {
    let (fleet, proxy, token, finished, migrator) = stalled(None).await;
    proxy.plan([None, Some(Fault::Stall(Way::ToServer, 2_500, None))]);
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    let started = Instant::now();
    while finished.load(Ordering::SeqCst) < 11 {
        assert!(started.elapsed() < Duration::from_secs(25), "the others wait for the silent one");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    token.cancel();
    let cancelled = Instant::now();
    let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("one is not done") };
    assert!(cancelled.elapsed() < Duration::from_secs(25), "{:?}", cancelled.elapsed());
    assert!(report.cancelled);
    assert_eq!(report.summary().applied, 11);
    let failure = report.incomplete().next().unwrap().failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::Cancelled);
    assert!(failure.hint.as_deref().unwrap().contains("not known"), "{failure:?}");
    assert_none(&fleet).await;
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    assert_counted(&fleet, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_goes_through_at_all_the_run_can_be_cancelled() {
    if size(0, 1) == 0 {
        return say("only in the long run: it waits for half a minute");
    }
    let (fleet, proxy, token, _, migrator) = stalled(None).await;
    let gate = fleet.client().await;
    gate.batch_execute("BEGIN; LOCK TABLE tenant_0.counter").await.unwrap();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    fleet
        .until("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND relation = 'tenant_0.counter'::regclass")
        .await;
    proxy.stall();
    gate.batch_execute("COMMIT").await.unwrap();
    token.cancel();
    let cancelled = Instant::now();
    let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("nothing more is done") };
    assert!(cancelled.elapsed() < Duration::from_secs(60), "{:?}", cancelled.elapsed());
    assert!(report.cancelled);
    assert_eq!(report.targets.len(), 13);
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    assert_counted(&fleet, 12).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_gone_is_waited_for_once_and_not_by_every_tenant() {
    if size(0, 1) == 0 {
        return say("only in the long run: it waits as long as a run does for a server");
    }
    let server = multitenant_runtime::embedded::EmbeddedServer::start().unwrap();
    let fleet = Fleet::on(server.url("postgres")).tenant("1_slow", "SELECT pg_sleep(0.3);");
    fleet.schemas(40, "").await;
    let migrator = fleet.builder().jobs(4).build().unwrap();
    let started = Instant::now();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    fleet.until("SELECT count(*) > 0 FROM pg_stat_activity WHERE wait_event = 'PgSleep'").await;
    drop(server);
    let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("the server is gone") };
    assert_eq!(report.targets.len(), 40);
    assert!(report.summary().failed > 30, "{:?}", report.summary());
    assert!(started.elapsed() < Duration::from_secs(90), "{:?}", started.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_gets_no_connection_fails_no_tenant() {
    if size(0, 1) == 0 {
        return say("only in the long run: it takes longer than a connection is waited for");
    }
    let server = multitenant_runtime::embedded::EmbeddedServer::start().unwrap();
    let fleet = Fleet::on(server.url("postgres")).tenant("1_slow", "SELECT pg_sleep(30);");
    fleet.schemas(3, "").await;
    fleet.sql("CREATE ROLE few LOGIN SUPERUSER; ALTER ROLE few NOSUPERUSER CONNECTION LIMIT 1; GRANT CREATE ON DATABASE postgres TO few").await;
    for i in 0..3 {
        fleet.sql(&format!("ALTER SCHEMA tenant_{i} OWNER TO few")).await;
    }
    let url = server.url("postgres").replacen("postgres@", "few@", 1);
    let migrator = fleet.builder().database_url(url).jobs(3).build().unwrap();
    let report = migrator.migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(report.summary().applied, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_functions_connection_that_falls_silent_is_given_up() {
    struct Silencing {
        proxy: Arc<Proxy>,
        calls: Arc<AtomicUsize>,
        token: Option<CancellationToken>,
    }

    #[async_trait]
    impl MigrationFunction for Silencing {
        async fn run(&self, conn: &mut AsyncPgConnection) -> FunctionResult {
            conn.batch_execute("INSERT INTO counter VALUES ('1')").await?;
            if self.calls.fetch_add(1, Ordering::SeqCst) == 0 {
                // What records it goes nowhere.
                self.proxy.silence();
                if let Some(token) = self.token.clone() {
                    tokio::spawn(async move {
                        tokio::time::sleep(Duration::from_millis(500)).await;
                        token.cancel();
                    });
                }
            }
            Ok(())
        }
    }

    for cancelled in [false, true] {
        let fleet = fleet(1).await;
        fleet.migrator().migrate(Scope::shared()).await.unwrap();
        let proxy = Arc::new(Proxy::before(fleet.url()).await);
        let (calls, token) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let function =
            Silencing { proxy: Arc::clone(&proxy), calls: Arc::clone(&calls), token: cancelled.then(|| token.clone()) };
        let builder = fleet.builder().database_url(proxy.url()).cancellation(token);
        let builder = builder.statement_timeout((!cancelled).then_some(Duration::from_millis(500)));
        let migrator = builder.tenant_migration(RustMigration::new("1_count", function)).build().unwrap();
        let run = tokio::time::timeout(Duration::from_secs(60), migrator.migrate(Scope::all()));
        let result = run.await.expect("it is waited for for ever");
        let rows = fleet.one("SELECT count(*)::text FROM tenant_0.counter").await;
        if cancelled {
            let Err(Error::Incomplete(report)) = result else { panic!("it is not done: {result:?}") };
            assert!(report.cancelled);
            assert_eq!((calls.load(Ordering::SeqCst), rows.as_str()), (1, "0"));
        } else {
            assert_eq!(result.unwrap().summary().applied, 1);
            assert_eq!((calls.load(Ordering::SeqCst), rows.as_str()), (2, "1"));
        }
        // The proxy keeps the server's end open: it was ended.
        assert_none(&fleet).await;
    }
}
