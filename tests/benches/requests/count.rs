//! How many messages a query needs, by the server's own log: none more for the same tenant, one for a switch.

use std::time::Duration;

use serde_json::json;

use super::contender::{Asking, Contender};
use super::measuring::server::Server;
use super::project::{self, DATABASE};
use super::report::Report;

pub(crate) const NAME: &str = "count";

/// Few are enough: nothing here depends on time.
const TENANTS: usize = 20;
const QUERIES: usize = 200;

/// On a server of its own, since logging costs time. One query after the other, so that one connection serves them.
pub(crate) async fn measure(report: &Report) {
    let server = Server::start(&[("log_min_duration_statement", "0"), ("log_line_prefix", "%a|")]);
    project::prepare(&server, TENANTS).await;
    for (order, tenants) in [("the same tenant", 1), ("another tenant each time", TENANTS)] {
        for contender in Contender::ALL {
            if contender.knows_one_schema() && tenants > 1 {
                continue;
            }
            let name = contender.name();
            let url = contender.named(&server.url(DATABASE));
            let asking = Asking::begin(contender, &url, tenants).await;
            // Each connection is opened, each tenant looked up, each statement prepared.
            ask(&asking, tenants).await;
            let before = logged(&server).await.len();
            ask(&asking, tenants).await;
            let log = logged(&server).await;
            let prefix = format!("{name}|LOG:  duration: ");
            let lines = log[before..].lines().filter_map(|line| line.strip_prefix(&prefix));
            let is_message = |line: &&str| line.contains(" ms  statement: ") || line.contains(" ms  execute ");
            let messages = lines.filter(is_message).count();
            if contender == Contender::Ours {
                let expected = if tenants == 1 { QUERIES } else { 2 * QUERIES };
                assert_eq!(messages, expected, "messages for {order}");
            }
            report.figure(&json!({
                "workload": NAME,
                "contender": name,
                "order": order,
                "messages_a_query": messages as f64 / QUERIES as f64,
            }));
        }
    }
}

async fn ask(asking: &Asking, tenants: usize) {
    for i in 0..QUERIES {
        asking.ask(i % tenants, 1).await;
    }
}

/// The server writes its log before it answers, but not for all that is sent.
async fn logged(server: &Server) -> String {
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.log()
}
