//! What came of it: a table for people, lines of JSON for programs.

use serde_json::{Value, json};

use super::contender::Contender;
use super::measuring::clock::{Sample, median};
use super::measuring::output::{Output, load};
use super::measuring::server::Server;
use super::options::Options;

/// One workload's samples.
pub(crate) struct Series {
    workload: &'static str,
    tenants: usize,
    samples: Vec<(usize, Contender, Sample)>,
}

impl Series {
    pub(crate) fn new(workload: &'static str, tenants: usize) -> Self {
        Self { workload, tenants, samples: Vec::new() }
    }

    pub(crate) fn push(&mut self, repetition: usize, contender: Contender, sample: Sample) {
        self.samples.push((repetition, contender, sample));
    }

    fn of(&self, contender: Contender) -> impl Iterator<Item = (usize, &Sample)> {
        self.samples
            .iter()
            .filter(move |sample| sample.1 == contender)
            .map(|(repetition, _, sample)| (*repetition, sample))
    }

    fn milliseconds(&self, contender: Contender) -> Vec<f64> {
        self.of(contender).map(|(_, sample)| sample.wall.as_secs_f64() * 1e3).collect()
    }

    /// The client's CPU time for a tenant, in microseconds.
    fn cpu(&self, contender: Contender) -> Option<f64> {
        let tenants = self.tenants as f64;
        let mut all: Vec<f64> =
            self.of(contender).filter_map(|(_, sample)| Some(sample.cpu?.as_secs_f64() * 1e6 / tenants)).collect();
        median(&mut all)
    }

    /// How many times as long as the other ours takes: the median over the repetitions, each with its own pair, since
    /// what disturbs the machine disturbs neighbours alike.
    fn ratio(&self, other: Contender) -> Option<f64> {
        let mut ratios: Vec<f64> = self
            .of(Contender::Ours)
            .filter_map(|(repetition, ours)| {
                let (_, other) = self.of(other).find(|(its, _)| *its == repetition)?;
                Some(ours.wall.as_secs_f64() / other.wall.as_secs_f64())
            })
            .collect();
        median(&mut ratios)
    }
}

const HEAD: &str = "\
| workload | tenants | who | median, ms | least | most | ours takes | client CPU, µs a tenant |
| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |";

pub(crate) struct Report(Output);

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        Self(Output::new(&options.arguments))
    }

    pub(crate) async fn begin(&self, server: &Server) {
        self.0.begin(server, HEAD).await;
    }

    pub(crate) fn series(&self, series: &Series) {
        for contender in Contender::ALL {
            let mut all = series.milliseconds(contender);
            let runs = all.len();
            let Some(middle) = median(&mut all) else { continue };
            let (least, most) = (all[0], all[runs - 1]);
            let ratio = series.ratio(contender).filter(|_| contender != Contender::Ours);
            let cpu = series.cpu(contender);
            let (workload, tenants, name) = (series.workload, series.tenants, contender.name());
            let line = json!({ "workload": workload, "tenants": tenants, "contender": name, "runs": runs,
                               "median_ms": middle, "least_ms": least, "most_ms": most,
                               "ours_takes_times": ratio, "client_cpu_us_a_tenant": cpu, "load": load() });
            let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} ×"));
            let cpu = cpu.map_or_else(|| "?".to_owned(), |cpu| format!("{cpu:.0}"));
            let row =
                format!("| {workload} | {tenants} | {name} | {middle:.0} | {least:.0} | {most:.0} | {ratio} | {cpu} |");
            self.0.row(&line, &row);
        }
    }

    /// Something that is not compared.
    pub(crate) fn figure(&self, figure: &Value) {
        self.0.figure(figure);
    }

    pub(crate) fn end(&self) {
        self.0.end();
    }
}
