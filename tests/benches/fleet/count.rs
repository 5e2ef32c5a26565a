//! How many messages and connections each contender needs, and what each kind of message costs the server: by the
//! server's own log.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::measuring::clock::median;
use super::measuring::server::Server;
use super::options::Options;
use super::project::assert_complete;
use super::report::Report;
use super::workload::Workload;

pub(crate) const NAME: &str = "count";

/// Few are enough: nothing here depends on time.
const FEW: usize = 20;

/// On a server of its own, since logging costs time.
pub(crate) async fn measure(options: &Options, report: &mut Report) {
    let settings = [("log_min_duration_statement", "0"), ("log_connections", "on"), ("log_line_prefix", "%d|")];
    let tenants = if options.statements { options.tenants } else { FEW };
    let server = Server::start(&settings);
    for workload in Workload::ALL {
        if !options.arguments.only.is_empty()
            && !options.arguments.wants(workload.name())
            && options.arguments.only != [NAME]
        {
            continue;
        }
        let base = format!("base_{}", workload.name());
        workload.prepare(&server, &base, tenants).await;
        for contender in workload.contenders() {
            server.copy("counted", &base).await;
            let url = server.url("counted");
            let before = server.log().len();
            workload.once(contender, &url, tenants).await;
            // The server writes its log before it answers, but a session's end may still be on its way.
            tokio::time::sleep(Duration::from_millis(50)).await;
            let log = server.log();
            let lines = || log[before..].lines().filter_map(|line| line.strip_prefix("counted|LOG:  "));
            let statements: Vec<(f64, &str)> = lines().filter_map(statement).collect();
            let connections = lines().filter(|line| line.starts_with("connection authorized")).count();
            assert_complete(&url, workload.set(), tenants).await;
            server.drop_database("counted").await;
            report.figure(&json!({
                "workload": workload.name(),
                "contender": contender.name(),
                "tenants": tenants,
                "messages": statements.len(),
                "connections": connections,
            }));
            if options.statements {
                for kind in kinds(&statements) {
                    report.figure(&kind.json(workload.name(), contender.name(), tenants));
                }
            }
        }
    }
}

/// The time and the text of a statement, of a line as `duration: 0.123 ms  statement: SELECT 1`.
fn statement(line: &str) -> Option<(f64, &str)> {
    let (time, text) = line.strip_prefix("duration: ")?.split_once(" ms  ")?;
    // The steps before it of the extended protocol are no messages of their own.
    let text = text.strip_prefix("statement: ").or_else(|| Some(text.strip_prefix("execute ")?.split_once(": ")?.1))?;
    Some((time.parse().ok()?, text))
}

/// Statements that differ in names and numbers only.
struct Kind {
    text: String,
    milliseconds: Vec<f64>,
}

/// What costs most comes first.
fn kinds(statements: &[(f64, &str)]) -> Vec<Kind> {
    let mut kinds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (milliseconds, text) in statements {
        let digits_gone = text.split(|c: char| c.is_ascii_digit()).collect::<String>();
        kinds.entry(digits_gone.chars().take(100).collect()).or_default().push(*milliseconds);
    }
    let mut kinds: Vec<Kind> = kinds.into_iter().map(|(text, milliseconds)| Kind { text, milliseconds }).collect();
    kinds.sort_by(|a, b| b.sum().total_cmp(&a.sum()));
    kinds
}

impl Kind {
    fn sum(&self) -> f64 {
        self.milliseconds.iter().sum()
    }

    fn json(&self, workload: &str, contender: &str, tenants: usize) -> serde_json::Value {
        json!({
            "workload": workload,
            "contender": contender,
            "statement": self.text,
            "times_a_tenant": self.milliseconds.len() as f64 / tenants as f64,
            "median_us": median(&mut self.milliseconds.clone()).map(|milliseconds| (milliseconds * 1e3).round()),
        })
    }
}
