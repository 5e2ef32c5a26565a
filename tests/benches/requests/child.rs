//! A contender in a process of its own: for CPU time and memory that are nobody else's.
#![expect(clippy::disallowed_macros, reason = "the process that measures reads what this one prints")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::contender::{Asking, Contender};
use super::load::Load;
use super::measuring::clock::{Clock, peak_memory};
use super::measuring::server::connect;
use super::options::Options;

/// What such a process does: for each line, which is a seed and a number of queries, so many queries.
pub(crate) async fn run(contender: &str, options: &Options) {
    let contender = Contender::of_name(contender);
    let url = contender.named(&options.arguments.url);
    let tenants = if contender.knows_one_schema() { 1 } else { options.tenants };
    let asking = Arc::new(Asking::begin(contender, &url, tenants).await);
    let load = Load { tenants, queries: 0, tasks: options.tasks, seed: 0 };
    let mut line = String::new();
    while std::io::stdin().read_line(&mut line).unwrap() > 0 {
        let (seed, queries) = line.trim().split_once(' ').unwrap();
        let load = Load { seed: seed.parse().unwrap(), queries: queries.parse().unwrap(), ..load };
        line.clear();
        let clock = Clock::start();
        let took = match load.seed {
            0 => {
                load.once_each(&asking).await;
                vec![Duration::ZERO]
            }
            _ => load.run(&asking).await,
        };
        let sample = clock.stop();
        let percentile = |of_hundred: usize| took[(took.len() - 1) * of_hundred / 100].as_secs_f64() * 1e6;
        println!(
            "{}",
            json!({
                "wall_s": sample.wall.as_secs_f64(),
                "cpu_s": sample.cpu.map(|cpu| cpu.as_secs_f64()),
                "p50_us": percentile(50),
                "p99_us": percentile(99),
                "peak_kib": peak_memory(),
                "connections": connections(&url).await,
            })
        );
    }
}

/// The connections of this process, by the server's count: the URL names the contender.
async fn connections(url: &str) -> i64 {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = current_setting('application_name') \
               AND pid <> pg_backend_pid()";
    connect(url).await.query_one(sql, &[]).await.unwrap().get(0)
}

/// Such a process, as the one sees it that measures.
pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(contender: Contender, url: &str, tenants: usize, tasks: usize) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--child", contender.name(), "--url", url]);
        command.args(["--tenants", &tenants.to_string(), "--tasks", &tasks.to_string()]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    /// Asks each tenant once.
    pub(crate) fn warm_up(&mut self) -> Value {
        self.run(0, 0)
    }

    /// So many queries, in an order that the seed makes.
    pub(crate) fn run(&mut self, seed: usize, queries: usize) -> Value {
        writeln!(self.input.as_mut().unwrap(), "{seed} {queries}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).expect("the process has ended")
    }
}

impl Drop for Process {
    /// It ends when there are no more lines.
    fn drop(&mut self) {
        self.input = None;
        let status = self.child.wait();
        assert!(std::thread::panicking() || status.unwrap().success());
    }
}
