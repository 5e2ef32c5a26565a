//! Large fleets on a server with PostgreSQL's own settings: connections, locks and memory are bounded.

use multitenant_runtime::embedded::EmbeddedServer;

use super::environment::{say, size};
use super::fleet::Fleet;
use super::worker::Worker;

/// The most that a process had of each while it ran.
#[derive(Debug, Default)]
struct Most {
    connections: i64,
    locks: i64,
    memory_kib: u64,
}

/// Runs a process to its end, and watches it.
async fn watched(fleet: &Fleet, jobs: usize) -> (usize, Most) {
    let mut worker = Worker::ready(fleet.url(), fleet.folder(), jobs, &["migrate"]);
    let process = worker.id();
    worker.go();
    let ended = tokio::task::spawn_blocking(move || worker.end());
    let client = fleet.client().await;
    let sql = "SELECT (SELECT count(*) FROM pg_stat_activity WHERE application_name = 'cargo-multitenant'), \
               (SELECT count(*) FROM pg_locks WHERE NOT fastpath)";
    let mut most = Most::default();
    while !ended.is_finished() {
        let row = client.query_one(sql, &[]).await.unwrap();
        most.connections = most.connections.max(row.get(0));
        most.locks = most.locks.max(row.get(1));
        most.memory_kib = most.memory_kib.max(peak(process));
    }
    let ended = ended.await.unwrap();
    assert!(ended.status.success(), "{ended:?}");
    (ended.done.unwrap().0, most)
}

/// The most memory that a process has had; 0 where that cannot be read.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_locks_and_memory_are_bounded() {
    const JOBS: usize = 4;
    const CHUNK: usize = 500;
    let n = size(700, 10_000);
    // 64 locks for each of 100 connections: `UNION ALL` over all histories would not do.
    let server = EmbeddedServer::builder()
        .setting("max_connections", "100")
        .setting("max_locks_per_transaction", "64")
        .start()
        .unwrap();
    let fleet = Fleet::on(server.url("postgres"))
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);")
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY);");
    let (_, before) = watched(&fleet, JOBS).await;
    let client = fleet.client().await;
    for from in (0..n).step_by(CHUNK) {
        let schemas: String = (from..n.min(from + CHUNK)).map(|i| format!("CREATE SCHEMA tenant_{i};")).collect();
        client.batch_execute(&schemas).await.unwrap();
    }
    fleet.sql(&format!("INSERT INTO tenants SELECT i FROM generate_series(0, {}) i", n - 1)).await;
    for what in ["one migration", "nothing pending"] {
        let (good, most) = watched(&fleet, JOBS).await;
        say(&format!("{n} tenants, {what}: at most {most:?}; with no tenants {} KiB", before.memory_kib));
        assert_eq!(good, n + 1);
        assert!(most.connections <= i64::try_from(JOBS).unwrap() + 1, "{most:?}");
        assert!(most.locks < 6_400, "{most:?}");
        assert!(most.memory_kib < 64 * 1024, "{most:?}");
    }
}
