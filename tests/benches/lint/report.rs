//! What came of it.

use std::time::Duration;

use serde_json::json;

use super::contender::Contender;
use super::measuring::clock::median;
use super::measuring::output::{Output, load};
use super::options::Options;
use super::project::Project;

/// One project's samples.
pub(crate) struct Series {
    shape: &'static str,
    files: usize,
    bytes: usize,
    samples: Vec<(Contender, Duration)>,
}

impl Series {
    pub(crate) fn new(project: &Project) -> Self {
        Self { shape: project.shape.name, files: project.files.len(), bytes: project.bytes, samples: Vec::new() }
    }

    pub(crate) fn push(&mut self, contender: Contender, took: Duration) {
        self.samples.push((contender, took));
    }

    /// In the order of the repetitions.
    fn of(&self, contender: Contender) -> impl Iterator<Item = f64> {
        self.samples.iter().filter(move |(by, _)| *by == contender).map(|(_, took)| took.as_secs_f64())
    }

    /// How many times as long the other takes: the median over the repetitions, each with its own pair.
    fn ratio(&self, other: Contender) -> Option<f64> {
        median(&mut self.of(other).zip(self.of(Contender::Ours)).map(|(other, ours)| other / ours).collect::<Vec<_>>())
    }
}

const HEAD: &str = "\
| project | files | KiB | who | median, ms | files/s | takes |
| --- | ---: | ---: | --- | ---: | ---: | ---: |";

pub(crate) struct Report(Output);

impl Report {
    pub(crate) fn new(options: &Options, contenders: &[Contender]) -> Self {
        let output = Output::new(&options.arguments);
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let names: Vec<&str> = contenders.iter().map(|contender| contender.name()).collect();
        output.figure(&json!({ "processors": processors, "load": load(), "contenders": names,
                               "repetitions": options.arguments.repetitions }));
        output.row(&json!({}), HEAD);
        Self(output)
    }

    pub(crate) fn series(&self, series: &Series, contenders: &[Contender]) {
        for contender in contenders {
            let Some(seconds) = median(&mut series.of(*contender).collect::<Vec<_>>()) else { continue };
            let ratio = series.ratio(*contender).filter(|_| *contender != Contender::Ours);
            let (shape, files, name) = (series.shape, series.files, contender.name());
            let (ms, kib, a_second) = (seconds * 1e3, series.bytes / 1024, files as f64 / seconds);
            let line = json!({ "project": shape, "files": files, "kib": kib, "contender": name, "median_ms": ms,
                               "files_a_second": a_second, "takes_times": ratio, "load": load() });
            let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} ×"));
            self.0.row(&line, &format!("| {shape} | {files} | {kib} | {name} | {ms:.0} | {a_second:.0} | {ratio} |"));
        }
    }

    pub(crate) fn end(&self) {
        self.0.end();
    }
}
