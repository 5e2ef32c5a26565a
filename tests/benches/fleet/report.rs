//! What came of it: a table for people, lines of JSON for programs.
#![expect(clippy::disallowed_macros, reason = "a benchmark prints its results")]

use std::fs;

use serde_json::{Value, json};

use super::clock::{Sample, median, peak_memory};
use super::contender::Contender;
use super::options::Options;
use super::server::Server;

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

pub(crate) struct Report {
    json: bool,
    repetitions: usize,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        Self { json: options.json, repetitions: options.repetitions }
    }

    /// What it is measured on.
    pub(crate) async fn begin(&self, server: &Server) {
        let fsync = server.ask("SHOW fsync").await;
        let version = server.version();
        let processors = std::thread::available_parallelism().map_or(0, usize::from);
        let load = load();
        if self.json {
            println!(
                "{}",
                json!({ "server": version, "fsync": fsync, "processors": processors, "load": load,
                        "repetitions": self.repetitions })
            );
            return;
        }
        println!("{version}, fsync {fsync}; {processors} processors, load {load}; {} repetitions\n", self.repetitions);
        println!("| workload | tenants | who | median, ms | least | most | ours takes | client CPU, µs a tenant |");
        println!("| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |");
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
            if self.json {
                println!(
                    "{}",
                    json!({ "workload": workload, "tenants": tenants, "contender": name, "runs": runs,
                            "median_ms": middle, "least_ms": least, "most_ms": most,
                            "ours_takes_times": ratio, "client_cpu_us_a_tenant": cpu, "load": load() })
                );
                continue;
            }
            let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} ×"));
            let cpu = cpu.map_or_else(|| "?".to_owned(), |cpu| format!("{cpu:.0}"));
            println!("| {workload} | {tenants} | {name} | {middle:.0} | {least:.0} | {most:.0} | {ratio} | {cpu} |");
        }
    }

    /// Something that is not compared.
    pub(crate) fn figure(&self, figure: &Value) {
        if self.json {
            println!("{figure}");
            return;
        }
        let Some(fields) = figure.as_object() else { return };
        let texts: Vec<String> =
            fields.iter().map(|(name, value)| format!("{} {value}", name.replace('_', " "))).collect();
        println!("<!-- {} -->", texts.join(", "));
    }

    pub(crate) fn end(&self) {
        self.figure(&json!({ "peak_kib_of_this_process": peak_memory(), "load": load() }));
    }
}

/// How much else the machine does; empty where it does not say.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
