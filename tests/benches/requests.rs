//! What a request costs: a point query through `TenantPool`, measured against others that ask the same.
//!
//! `cargo bench --package multitenant-tests --bench requests -- --help` says how to run it, and `BENCHMARKS.md` what
//! came of it. Each contender is a process of its own that lives through all repetitions of a workload, with its
//! connections; in each repetition all take turns. Nothing is asserted about time. What is asserted is that each row
//! read is the tenant's that was asked for, and how many messages were sent.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops")]

#[path = "requests/child.rs"]
mod child;
#[path = "requests/contender.rs"]
mod contender;
#[path = "requests/count.rs"]
mod count;
#[path = "requests/floor.rs"]
mod floor;
#[path = "requests/load.rs"]
mod load;
#[path = "measuring/mod.rs"]
mod measuring;
#[path = "requests/options.rs"]
mod options;
#[path = "requests/ours.rs"]
mod ours;
#[path = "requests/per_tenant.rs"]
mod per_tenant;
#[path = "requests/plain.rs"]
mod plain;
#[path = "requests/project.rs"]
mod project;
#[path = "requests/report.rs"]
mod report;
#[path = "requests/workload.rs"]
mod workload;

use measuring::server::Server;
use options::Options;
use report::Report;
use workload::Workload;

fn main() {
    let options = Options::of_the_command_line();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        match &options.arguments.child {
            Some(contender) => child::run(contender, &options).await,
            None => measure(&options).await,
        }
    });
}

async fn measure(options: &Options) {
    let report = Report::new(options);
    let server = Server::start(&[]);
    report.begin(&server).await;
    let workloads = Workload::all(options);
    let wanted = |workload: &&Workload| options.arguments.wants(workload.name);
    if let Some(most) = workloads.iter().filter(wanted).map(|workload| workload.tenants).max() {
        project::prepare(&server, most).await;
    }
    for workload in workloads.iter().filter(wanted) {
        workload.measure(&server, options, &report);
    }
    drop(server);
    if options.arguments.wants(count::NAME) {
        count::measure(&report).await;
    }
    report.end();
}
