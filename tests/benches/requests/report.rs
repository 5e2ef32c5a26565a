//! What came of it.

use serde_json::{Value, json};

use super::contender::Contender;
use super::measuring::clock::median;
use super::measuring::output::{Output, load};
use super::measuring::server::Server;
use super::options::Options;
use super::workload::Workload;

/// One workload's samples.
pub(crate) struct Series {
    workload: &'static str,
    tenants: usize,
    samples: Vec<Sample>,
}

/// One turn of one contender.
struct Sample {
    contender: Contender,
    /// None where each tenant was asked once, to begin with.
    queries: usize,
    said: Value,
}

impl Sample {
    fn a_second(&self) -> f64 {
        self.queries as f64 / self.number("wall_s")
    }

    fn number(&self, name: &str) -> f64 {
        self.said[name].as_f64().unwrap_or(f64::NAN)
    }
}

impl Series {
    pub(crate) fn new(workload: &Workload) -> Self {
        Self { workload: workload.name, tenants: workload.tenants, samples: Vec::new() }
    }

    pub(crate) fn push(&mut self, contender: Contender, queries: usize, said: &Value) {
        self.samples.push(Sample { contender, queries, said: said.clone() });
    }

    /// In the order of the repetitions.
    fn of(&self, contender: Contender) -> impl Iterator<Item = &Sample> {
        self.samples.iter().filter(move |sample| sample.contender == contender && sample.queries > 0)
    }

    fn median(&self, contender: Contender, value: impl Fn(&Sample) -> f64) -> Option<f64> {
        median(&mut self.of(contender).map(value).collect::<Vec<_>>())
    }

    fn most(&self, contender: Contender, name: &str) -> f64 {
        self.of(contender).map(|sample| sample.number(name)).fold(0.0, f64::max)
    }

    /// How many times as many queries a second ours answers: the median over the repetitions, each with its own pair.
    fn ratio(&self, other: Contender) -> Option<f64> {
        let pairs = self.of(Contender::Ours).zip(self.of(other));
        median(&mut pairs.map(|(ours, other)| ours.a_second() / other.a_second()).collect::<Vec<_>>())
    }

    /// How long it took to ask each tenant for the first time.
    fn first(&self, contender: Contender) -> f64 {
        let first = self.samples.iter().find(|sample| sample.contender == contender && sample.queries == 0);
        first.map_or(f64::NAN, |sample| sample.number("wall_s"))
    }
}

const HEAD: &str = "\
| tenants | who | queries/s | ours answers | p50, µs | p99, µs | client CPU, µs a query | peak, MiB | connections | each tenant once, s |
| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

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
            let Some(rate) = series.median(contender, Sample::a_second) else { continue };
            let microseconds = |name: &str| series.median(contender, |sample| sample.number(name)).unwrap_or(f64::NAN);
            let (p50, p99) = (microseconds("p50_us"), microseconds("p99_us"));
            let cpu = series.median(contender, |sample| sample.number("cpu_s") * 1e6 / sample.queries as f64);
            let cpu = cpu.unwrap_or(f64::NAN);
            let (peak, connections) = (series.most(contender, "peak_kib"), series.most(contender, "connections"));
            let ratio = series.ratio(contender).filter(|_| contender != Contender::Ours);
            let (first, tenants, name) = (series.first(contender), series.tenants, contender.name());
            let runs = series.of(contender).count();
            let line = json!({ "workload": series.workload, "tenants": tenants, "contender": name, "runs": runs,
                               "queries_a_second": rate, "ours_answers_times": ratio, "p50_us": p50, "p99_us": p99,
                               "client_cpu_us_a_query": cpu, "peak_kib": peak, "connections": connections,
                               "each_tenant_once_s": first, "load": load() });
            let ratio = ratio.map_or_else(String::new, |ratio| format!("{ratio:.2} ×"));
            let peak = peak / 1024.0;
            let row = format!(
                "| {tenants} | {name} | {rate:.0} | {ratio} | {p50:.0} | {p99:.0} | {cpu:.0} | {peak:.0} | \
                 {connections} | {first:.2} |"
            );
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
