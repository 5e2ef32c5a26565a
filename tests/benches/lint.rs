//! What linting costs, beside `squawk` on the same files where it is installed.
//!
//! `cargo bench --package multitenant-tests --bench lint -- --help` says how to run it. Both are programs that are
//! started, read all files, judge them, and write what they find to nowhere; nothing is kept from one run to the next.
//! The two do not look for the same things: squawk judges each statement by itself, we fold all migrations and judge each
//! statement by what is there at that point. Nothing is asserted about time. What is asserted is that both find something.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark that cannot go on stops")]

#[path = "lint/contender.rs"]
mod contender;
#[path = "measuring/mod.rs"]
#[expect(dead_code, reason = "there is no server here")]
mod measuring;
#[path = "lint/options.rs"]
mod options;
#[path = "lint/project.rs"]
mod project;
#[path = "lint/report.rs"]
mod report;

use contender::Contender;
use options::Options;
use project::Project;
use report::{Report, Series};

fn main() {
    let options = Options::of_the_command_line();
    let contenders: Vec<Contender> = Contender::ALL.into_iter().filter(|contender| contender.is_there()).collect();
    let report = Report::new(&options, &contenders);
    for shape in project::SHAPES {
        if options.arguments.wants(shape.name) {
            let project = Project::generate(shape, &options);
            let mut series = Series::new(&project);
            for _ in 0..options.arguments.repetitions {
                for contender in &contenders {
                    series.push(*contender, contender.lint(&project));
                }
            }
            report.series(&series, &contenders);
        }
    }
    report.end();
}
