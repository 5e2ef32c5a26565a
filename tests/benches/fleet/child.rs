//! A process of its own: for what counts from its start, and for memory that is nobody else's.
#![expect(clippy::disallowed_macros, reason = "the process that measures reads what this one prints")]

use std::process::{Command, Stdio};
use std::time::Duration;

use multitenant_runtime::{Scope, StartUp};
use serde_json::{Value, json};

use super::floor;
use super::measuring::clock::{Clock, Sample, peak_memory};
use super::options::Options;
use super::project::{Set, migrator};

/// What such a process does.
pub(crate) async fn run(work: &str, options: &Options) {
    let clock = Clock::start();
    let (url, tenants) = (&options.arguments.url, options.tenants);
    match work {
        "start" => start(url, tenants).await,
        "start-floor" => assert_eq!(floor::start(url).await, tenants),
        "migrate" => {
            let report = migrator(url, Set::One).migrate(Scope::all()).await.unwrap();
            assert_eq!(report.targets.len(), tenants + 1);
        }
        other => panic!("there is no work {other}"),
    }
    let sample = clock.stop();
    let cpu = sample.cpu.map(|cpu| cpu.as_secs_f64());
    println!("{}", json!({ "peak_kib": peak_memory(), "cpu_s": cpu, "wall_s": sample.wall.as_secs_f64() }));
}

pub(crate) async fn start(url: &str, tenants: usize) {
    let started = migrator(url, Set::One).start(StartUp::default()).await.unwrap();
    assert_eq!(started.report.summary().up_to_date, tenants + 1);
}

/// Runs such a process, and says what it printed.
pub(crate) fn process(work: &str, url: &str, tenants: usize) -> Value {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--child", work, "--url", url, "--tenants", &tenants.to_string()]).stderr(Stdio::inherit());
    let output = command.output().unwrap();
    assert!(output.status.success(), "the process that should {work} ended with {}", output.status);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Such a process, from its start to its end.
pub(crate) fn sample(work: &str, url: &str, tenants: usize) -> Sample {
    let clock = Clock::start();
    let said = tokio::task::block_in_place(|| process(work, url, tenants));
    let sample = clock.stop();
    Sample { wall: sample.wall, cpu: said["cpu_s"].as_f64().map(Duration::from_secs_f64) }
}
