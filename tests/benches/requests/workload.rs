//! How many tenants are asked.

use super::child::Process;
use super::contender::Contender;
use super::measuring::server::Server;
use super::options::Options;
use super::project::DATABASE;
use super::report::{Report, Series};

/// How many tenants are asked, in random order.
pub(crate) struct Workload {
    pub(crate) name: &'static str,
    pub(crate) tenants: usize,
}

impl Workload {
    pub(crate) fn all(options: &Options) -> [Self; 3] {
        let of = |name, tenants| Self { name, tenants };
        [of("one", 1), of("hundred", 100), of("thousands", options.many)]
    }

    /// Measures each contender, interleaved.
    pub(crate) fn measure(&self, server: &Server, options: &Options, report: &Report) {
        let url = server.url(DATABASE);
        let mut series = Series::new(self);
        let contenders = Contender::ALL.into_iter().filter(|contender| !options.leaves_out(contender.name()));
        let mut processes: Vec<_> = contenders
            .map(|contender| (contender, Process::start(contender, &url, self.tenants, options.tasks)))
            .collect();
        for (contender, process) in &mut processes {
            series.push(*contender, 0, &process.warm_up());
        }
        // The first is a rehearsal: each connection is to have met its share of the tenants.
        for repetition in 0..=options.arguments.repetitions {
            for (contender, process) in &mut processes {
                let queries = self.queries(*contender, options);
                let sample = process.run(1 + repetition, queries);
                if repetition > 0 {
                    series.push(*contender, queries, &sample);
                }
            }
        }
        report.series(&series);
    }

    /// A pool per tenant takes so much longer, where there are more than there may be connections, that it is asked
    /// less.
    fn queries(&self, contender: Contender, options: &Options) -> usize {
        let takes_long = contender == Contender::PerTenant && self.tenants > 100;
        if takes_long { options.queries.div_ceil(20) } else { options.queries }
    }
}
