//! Very many tenants: how many connections a run has, and how much memory.

use std::time::Duration;

use serde_json::{Value, json};

use super::child;
use super::measuring::server::Server;
use super::options::Options;
use super::project::{self, Set, assert_complete};
use super::report::Report;

/// Makes the database of the start-up check, and measures the run that fills it, and one that finds nothing to do.
pub(crate) async fn fill(server: &Server, base: &str, options: &Options, report: &mut Report) {
    project::prepare(server, base, options.many).await;
    let url = server.url(base);
    for what in ["one migration", "nothing pending"] {
        let (said, connections) = watched(server, base, &url, options.many).await;
        report.figure(&json!({
            "workload": "many",
            "what": what,
            "tenants": options.many,
            "seconds": said["wall_s"],
            "client_cpu_seconds": said["cpu_s"],
            "peak_kib": said["peak_kib"],
            "connections_at_once": connections,
        }));
    }
    assert_complete(&url, Set::One, options.many).await;
    server.control("CHECKPOINT").await;
}

/// A process that migrates, and the most connections that it had at once.
async fn watched(server: &Server, base: &str, url: &str, tenants: usize) -> (Value, usize) {
    let url = url.to_owned();
    let run = tokio::task::spawn_blocking(move || child::process("migrate", &url, tenants));
    let sql = format!("SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{base}'");
    let mut most = 0;
    while !run.is_finished() {
        most = most.max(server.ask(&sql).await.parse().unwrap());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (run.await.unwrap(), most)
}
