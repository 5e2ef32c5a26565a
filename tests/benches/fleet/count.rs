//! How many messages and connections each contender needs, by the server's own log.

use std::time::Duration;

use serde_json::json;

use super::options::Options;
use super::project::assert_complete;
use super::report::Report;
use super::server::Server;
use super::workload::Workload;

pub(crate) const NAME: &str = "count";

/// Few are enough: nothing here depends on time.
const TENANTS: usize = 20;

/// On a server of its own, since logging costs time.
pub(crate) async fn measure(options: &Options, report: &mut Report) {
    let settings = [("log_statement", "all"), ("log_connections", "on"), ("log_line_prefix", "%d|")];
    let server = Server::start(&settings);
    for workload in Workload::ALL {
        if !options.only.is_empty() && !options.wants(workload.name()) && options.only != [NAME] {
            continue;
        }
        let base = format!("base_{}", workload.name());
        workload.prepare(&server, &base, TENANTS).await;
        for contender in workload.contenders() {
            server.copy("counted", &base).await;
            let url = server.url("counted");
            let before = server.log().len();
            workload.once(contender, &url, TENANTS).await;
            // The server writes its log before it answers, but a session's end may still be on its way.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let log = server.log();
            let lines = || log[before..].lines().filter_map(|line| line.strip_prefix("counted|LOG:  "));
            let messages =
                lines().filter(|line| line.starts_with("statement: ") || line.starts_with("execute ")).count();
            let connections = lines().filter(|line| line.starts_with("connection authorized")).count();
            assert_complete(&url, workload.set(), TENANTS).await;
            server.drop_database("counted").await;
            report.figure(&json!({
                "workload": workload.name(),
                "contender": contender.name(),
                "tenants": TENANTS,
                "messages": messages,
                "connections": connections,
            }));
        }
    }
}
