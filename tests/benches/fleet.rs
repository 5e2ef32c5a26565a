//! What a fleet of schemas costs, measured against the floor and against the loop that a Diesel user writes.
//!
//! `cargo bench --package multitenant-tests --bench fleet -- --help` says how to run it, and `BENCHMARKS.md` what
//! came of it. Four contenders do the same work, one after the other in each repetition, each on a copy of the same
//! database: **ours**; the **floor**, which is the same statements without any check, precomputed, in one round trip
//! a transaction; the same **as one text**, which is one message a transaction; and the **loop** over
//! `diesel_migrations`, a connection a tenant. Nothing is asserted about time. What is asserted after every run is
//! that the work was done.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a benchmark that cannot go on stops")]

#[path = "fleet/child.rs"]
mod child;
#[path = "fleet/contender.rs"]
mod contender;
#[path = "fleet/copies.rs"]
mod copies;
#[path = "fleet/count.rs"]
mod count;
#[path = "fleet/floor.rs"]
mod floor;
#[path = "fleet/many.rs"]
mod many;
#[path = "measuring/mod.rs"]
mod measuring;
#[path = "fleet/naive.rs"]
mod naive;
#[path = "fleet/options.rs"]
mod options;
#[path = "fleet/project.rs"]
mod project;
#[path = "fleet/provision.rs"]
mod provision;
#[path = "fleet/report.rs"]
mod report;
#[path = "fleet/workload.rs"]
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
            Some(work) => child::run(work, &options).await,
            None => measure(&options).await,
        }
    });
}

async fn measure(options: &Options) {
    let mut report = Report::new(options);
    let server = Server::start(&[]);
    report.begin(&server).await;
    for workload in Workload::ALL {
        if options.arguments.wants(workload.name()) {
            workload.measure(&server, options, &mut report).await;
        }
    }
    if options.arguments.wants(provision::NAME) {
        provision::measure(&server, options, &report).await;
    }
    drop(server);
    if options.arguments.wants(count::NAME) {
        count::measure(options, &mut report).await;
    }
    report.end();
}
