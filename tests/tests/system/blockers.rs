//! DDL that waits for a table: it gives up, only its tenant suffers, and the failure says who is in the way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Error, Event, Failure, FailureClass, Migrator, Outcome, Report, Scope};
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use super::environment::size;
use super::fleet::{Fleet, client, with_parameter};
use super::leftovers::{SESSIONS, assert_none};

const PATIENCE: Duration = Duration::from_millis(80);

/// A session that the server calls so.
async fn named(fleet: &Fleet, name: &str) -> (Client, String) {
    let client = client(&with_parameter(fleet.url(), &format!("application_name={name}"))).await;
    let pid: String = client.query_one("SELECT pg_backend_pid()::text", &[]).await.unwrap().get(0);
    (client, pid)
}

fn spawn(migrator: Migrator) -> tokio::task::JoinHandle<Result<Report, Error>> {
    tokio::spawn(async move { migrator.migrate(Scope::all()).await })
}

/// A fleet of `n` tenants with a table, and a pending migration that alters it.
async fn fleet(fleet: Fleet, n: usize) -> Fleet {
    fleet.schemas(n, "CREATE TABLE a (id int)").await;
    fleet.tenant("1_note", "ALTER TABLE a ADD COLUMN note text;")
}

fn failures(report: &Report) -> BTreeMap<String, Failure> {
    report.targets.iter().filter_map(|t| Some((t.target.to_string(), t.failure.clone()?))).collect()
}

fn check(failure: &Failure, parts: &[&str], hint: &str) {
    assert_eq!(failure.class, FailureClass::LockTimeout, "{failure:?}");
    let detail = failure.detail.as_deref().unwrap_or_default();
    for part in parts {
        assert!(detail.contains(part), "{part} is not in: {detail}");
    }
    assert!(failure.hint.as_deref().unwrap_or_default().contains(hint), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_failure_says_who_blocks_and_the_others_are_done() {
    let server = EmbeddedServer::builder().setting("max_prepared_transactions", "3").start().unwrap();
    let fleet = fleet(Fleet::on(server.url("postgres")), 20).await;
    fleet.sql("CREATE TABLE elsewhere (id int)").await;

    let (reader, idle) = named(&fleet, "a_reader").await;
    reader.batch_execute("BEGIN").await.unwrap();
    reader.batch_execute("SELECT 'two\nlines' FROM tenant_3.a").await.unwrap();
    let (root, root_pid) = named(&fleet, "the_root").await;
    root.batch_execute("BEGIN; LOCK TABLE elsewhere").await.unwrap();
    let (waiting, waiting_pid) = named(&fleet, "in_between").await;
    waiting.batch_execute("BEGIN; SELECT FROM tenant_5.a").await.unwrap();
    let waiting = tokio::spawn(async move { waiting.batch_execute("SELECT 'between' FROM elsewhere").await });
    fleet.until("SELECT count(*) = 1 FROM pg_locks WHERE NOT granted").await;
    fleet.sql("BEGIN; SELECT FROM tenant_7.a; PREPARE TRANSACTION 'it''s prepared'").await;

    // To the end it takes as long as all tries and the pauses between them.
    let to_the_end = size(0, 1) == 1;
    let (finished, told) = (Arc::new(Mutex::new(BTreeMap::new())), Arc::new(Mutex::new(BTreeMap::new())));
    let (others, failing) = (Arc::clone(&finished), Arc::clone(&told));
    let started = Instant::now();
    let observer = move |event: &Event| match event {
        Event::TargetFinished { target, outcome: Outcome::Applied, .. } => {
            others.lock().unwrap().insert(target.to_string(), started.elapsed());
        }
        Event::Retrying { target, failure, .. } if failure.detail.is_some() => {
            failing.lock().unwrap().insert(target.to_string(), Failure::clone(failure));
        }
        _ => {}
    };
    let token = CancellationToken::new();
    let builder = fleet.builder().jobs(4).lock_timeout(PATIENCE).observer(observer);
    let run = spawn(builder.cancellation(token.clone()).build().unwrap());
    let mut most = 0;
    while !run.is_finished() {
        let now = fleet.one(&format!("SELECT count(*)::text {SESSIONS}")).await.parse().unwrap();
        most = most.max(now);
        tokio::time::sleep(Duration::from_millis(20)).await;
        if !to_the_end && told.lock().unwrap().len() == 3 && finished.lock().unwrap().len() == 17 {
            token.cancel();
        }
    }
    assert!(most <= 5, "{most} connections for four workers");
    let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("three are blocked") };
    assert_eq!(report.summary().applied, 17);
    let last = finished.lock().unwrap().values().max().copied().unwrap();
    assert!(last < Duration::from_secs(6), "the others waited: {last:?}");
    let failures = if to_the_end { failures(&report) } else { told.lock().unwrap().clone() };
    assert_eq!(failures.len(), 3);

    check(
        &failures["tenant_3"],
        &[
            &format!("blocked by pid {idle} (a_reader, user postgres, idle in transaction since 2"),
            "Z), last query: SELECT 'two lines' FROM tenant_3.a",
        ],
        &format!("SELECT pg_terminate_backend({idle})"),
    );
    check(
        &failures["tenant_5"],
        &[
            &format!("blocked by pid {waiting_pid} (in_between, user postgres, active, in a transaction since 2"),
            "SELECT 'between' FROM elsewhere; it waits itself, in the end for pid",
            &format!("pid {root_pid} (the_root, "),
        ],
        &format!("SELECT pg_terminate_backend({root_pid})"),
    );
    check(
        &failures["tenant_7"],
        &["blocked by a prepared transaction ('it''s prepared', user postgres, prepared 2"],
        "ROLLBACK PREPARED 'it''s prepared'",
    );
    let json = serde_json::to_value(&failures["tenant_3"]).unwrap();
    assert_eq!(json["sqlstate"], "55P03");
    assert!(json["detail"].as_str().unwrap().contains(&idle));
    assert_none(&fleet).await;

    // As the hints say.
    root.batch_execute("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
    fleet.sql(&format!("SELECT pg_terminate_backend({idle})")).await;
    fleet.sql("ROLLBACK PREPARED 'it''s prepared'").await;
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 3);
}

/// The first failure of a try that says who blocks; then the run is cancelled.
async fn first_detail(fleet: &Fleet, url: &str, jobs: usize) -> Failure {
    let token = CancellationToken::new();
    let cancel = token.clone();
    let found = Arc::new(Mutex::new(None));
    let seen = Arc::clone(&found);
    let observer = move |event: &Event| {
        if let Event::Retrying { failure, .. } = event
            && failure.detail.is_some()
        {
            seen.lock().unwrap().get_or_insert_with(|| Failure::clone(failure));
            cancel.cancel();
        }
    };
    let builder = fleet.builder().database_url(url).jobs(jobs).lock_timeout(PATIENCE).observer(observer);
    let migrator = builder.cancellation(token).build().unwrap();
    let result = migrator.migrate(Scope::all()).await;
    let found = found.lock().unwrap().take();
    found.unwrap_or_else(|| panic!("nobody was told: {result:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_role_may_not_see_is_said_to_be_so() {
    let fleet = fleet(Fleet::new().await, 2).await;
    let role = format!("owner_{}", fleet.one("SELECT current_database()::text").await);
    fleet
        .sql(&format!(
            "CREATE ROLE {role}; DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO {role}', current_database()); \
             END $$; ALTER SCHEMA tenant_0 OWNER TO {role}; ALTER SCHEMA tenant_1 OWNER TO {role}; \
             ALTER TABLE tenant_0.a OWNER TO {role}; ALTER TABLE tenant_1.a OWNER TO {role}"
        ))
        .await;
    let (reader, pid) = named(&fleet, "a_reader").await;
    reader.batch_execute("BEGIN; SELECT 'a secret' FROM tenant_1.a").await.unwrap();
    let url = with_parameter(fleet.url(), &format!("options=-crole%3D{role}"));
    let failure = first_detail(&fleet, &url, 2).await;
    check(&failure, &[&format!("pid {pid} (a_reader, user "), "not visible to this role)"], &pid);
    assert!(!failure.detail.unwrap().contains("secret"));
    reader.batch_execute("COMMIT").await.unwrap();
    assert_none(&fleet).await;
    fleet.sql(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_passes_is_no_failure() {
    let fleet = fleet(Fleet::new().await, 6).await;
    let (reader, _) = named(&fleet, "a_reader").await;
    reader.batch_execute("BEGIN; SELECT FROM tenant_1.a").await.unwrap();
    let migrator = fleet.builder().lock_timeout(Duration::from_secs(30)).build().unwrap();
    let run = spawn(migrator);
    fleet.until("SELECT count(*) = 1 FROM pg_locks WHERE NOT granted AND relation = 'tenant_1.a'::regclass").await;
    reader.batch_execute("COMMIT").await.unwrap();
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.summary().applied, 6);
    assert!(report.targets.iter().all(|target| target.failure.is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_a_transaction_too() {
    // One try each: a statement in a transaction of its own is tried again, what cannot be in one is not.
    let fleet = Fleet::new().await.tenant_outside("1_vacuum", "VACUUM FULL a;");
    fleet.schemas(4, "CREATE TABLE a (id int)").await;
    let (reader, pid) = named(&fleet, "a_reader").await;
    reader.batch_execute("BEGIN; SELECT 'why' FROM tenant_2.a").await.unwrap();
    let migrator = fleet.builder().lock_timeout(Duration::from_millis(300)).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("one is blocked") };
    assert_eq!((report.summary().failed, report.summary().applied), (1, 3));
    let failure = &failures(&report)["tenant_2"];
    let (detail, hint) = (failure.detail.as_deref().unwrap(), failure.hint.as_deref().unwrap());
    assert!(detail.contains(&format!("blocked by pid {pid} (a_reader, ")), "{detail}");
    assert!(detail.contains("SELECT 'why' FROM tenant_2.a"), "{detail}");
    assert!(hint.contains(&format!("pg_terminate_backend({pid})")), "{hint}");
    assert!(hint.contains("outside a transaction"), "{hint}");

    let fleet = Fleet::on(fleet.url()).tenant_outside("2_note", "ALTER TABLE a ADD COLUMN note text;");
    let failure = first_detail(&fleet, fleet.url(), 4).await;
    check(&failure, &[&format!("blocked by pid {pid} (a_reader, "), "SELECT 'why'"], &pid);
    reader.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_blocked_one_is_reported_on_the_command_line() {
    let fleet = Fleet::new().await.tenant_outside("1_vacuum", "VACUUM FULL a;");
    fleet.schemas(3, "CREATE TABLE a (id int)").await;
    let (reader, pid) = named(&fleet, "a_reader").await;
    reader.batch_execute("BEGIN; SELECT 'why' FROM tenant_2.a").await.unwrap();
    let run = |format: &'static str| {
        let arguments = ["migrate", "--lock-timeout", "1s", "--format", format];
        super::command_line::run(&fleet.folder().join("tenant"), fleet.url(), &arguments)
    };
    let answer = run("text");
    assert_eq!(answer.code, Some(10), "{answer:?}");
    assert!(answer.stdout.contains(&format!("detail: blocked by pid {pid} (a_reader, ")), "{answer:?}");
    let answer = run("json");
    let json: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let failed: Vec<_> = json["targets"].as_array().unwrap().iter().filter(|t| t["outcome"] == "failed").collect();
    assert_eq!(failed.len(), 1);
    assert!(failed[0]["failure"]["detail"].as_str().unwrap().contains(&pid));
    reader.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn autovacuum_makes_way_for_the_default_and_is_named_otherwise() {
    let server = EmbeddedServer::builder()
        .setting("autovacuum_naptime", "1s")
        .setting("autovacuum_vacuum_threshold", "1")
        .setting("autovacuum_analyze_threshold", "1000000")
        .setting("autovacuum_vacuum_cost_delay", "100")
        .setting("autovacuum_vacuum_cost_limit", "1")
        .start()
        .unwrap();
    let fleet = fleet(Fleet::on(server.url("postgres")), 2).await;
    let rows =
        "INSERT INTO tenant_1.a SELECT i FROM generate_series(1, 200000) i; DELETE FROM tenant_1.a WHERE id % 2 = 0";
    fleet.sql(rows).await;
    let at_work = "SELECT count(*) > 0 FROM pg_locks l JOIN pg_stat_activity s USING (pid) WHERE l.granted \
                   AND backend_type = 'autovacuum worker' AND relation = 'tenant_1.a'::regclass";
    fleet.until(at_work).await;
    let failure = first_detail(&fleet, fleet.url(), 2).await;
    check(&failure, &["blocked by pid ", "(autovacuum worker, active", "VACUUM tenant_1.a"], "deadlock_timeout");
    fleet.until(at_work).await;
    let retries = Arc::new(Mutex::new(0));
    let seen = Arc::clone(&retries);
    let observer = move |event: &Event| {
        if matches!(event, Event::Retrying { .. }) {
            *seen.lock().unwrap() += 1;
        }
    };
    let report = fleet.builder().observer(observer).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert!(report.summary().applied > 0);
    assert_eq!(*retries.lock().unwrap(), 0, "it makes way for the first try");
}
