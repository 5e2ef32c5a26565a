//! What is to be done, and how each contender does it.

use std::sync::Arc;

use multitenant_runtime::{NewTenant, Scope};

use super::contender::Contender;
use super::floor::{self, CONNECTIONS, Form, Work};
use super::measuring::clock::{Clock, Sample};
use super::measuring::server::Server;
use super::options::Options;
use super::project::{self, Set, assert_complete, id, migrator};
use super::report::{Report, Series};
use super::{child, many, naive};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Workload {
    /// Nothing is pending, and the start-up check finds so; the time of a process from its start to its end.
    Start,
    /// Nothing is pending, by all histories.
    Nothing,
    /// One small migration.
    Small,
    /// Five migrations with tables.
    Five,
    /// New tenants with these five migrations, one after the other.
    Create,
}

/// What is made before the clock runs.
struct Prepared {
    work: Arc<Work>,
    histories: Vec<String>,
}

impl Workload {
    pub(crate) const ALL: [Self; 5] = [Self::Start, Self::Nothing, Self::Small, Self::Five, Self::Create];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Nothing => "nothing",
            Self::Small => "small",
            Self::Five => "five",
            Self::Create => "create",
        }
    }

    pub(crate) fn contenders(self) -> Vec<Contender> {
        let reads = matches!(self, Self::Start | Self::Nothing);
        Contender::ALL.into_iter().filter(|contender| !(reads && *contender == Contender::Text)).collect()
    }

    /// Measures each contender, interleaved.
    pub(crate) async fn measure(self, server: &Server, options: &Options, report: &mut Report) {
        let tenants = self.tenants(options);
        let base = format!("base_{}", self.name());
        if self == Self::Start {
            many::fill(server, &base, options, report).await;
        } else {
            self.prepare(server, &base, tenants).await;
        }
        let prepared = self.precompute(tenants);
        let mut series = Series::new(self.name(), tenants);
        for repetition in 0..options.arguments.repetitions {
            for contender in self.contenders() {
                if contender == Contender::Loop && repetition >= options.loop_repetitions {
                    continue;
                }
                let sample = self.sample(contender, server, &base, &prepared, options).await;
                series.push(repetition, contender, sample);
            }
        }
        report.series(&series);
        server.drop_database(&base).await;
    }

    fn tenants(self, options: &Options) -> usize {
        match self {
            Self::Start => options.many,
            Self::Nothing => options.histories,
            Self::Small | Self::Five | Self::Create => options.tenants,
        }
    }

    pub(crate) fn set(self) -> Set {
        match self {
            Self::Start | Self::Nothing => Set::One,
            Self::Small => Set::Small,
            Self::Five | Self::Create => Set::Five,
        }
    }

    /// The database that every sample begins with.
    pub(crate) async fn prepare(self, server: &Server, base: &str, tenants: usize) {
        match self {
            Self::Create => project::prepare(server, base, 0).await,
            Self::Five => project::prepare(server, base, tenants).await,
            Self::Start | Self::Nothing | Self::Small => {
                project::prepare(server, base, tenants).await;
                project::migrate(server, base, Set::One).await;
            }
        }
    }

    fn precompute(self, tenants: usize) -> Prepared {
        let work = match self {
            Self::Start | Self::Nothing => Work::new(),
            Self::Small => floor::migrations(self.set(), tenants, 1),
            Self::Five => floor::migrations(self.set(), tenants, 0),
            Self::Create => floor::creations(self.set(), tenants),
        };
        let histories = if self == Self::Nothing { floor::histories(tenants) } else { Vec::new() };
        Prepared { work: Arc::new(work), histories }
    }

    async fn sample(
        self,
        contender: Contender,
        server: &Server,
        base: &str,
        prepared: &Prepared,
        options: &Options,
    ) -> Sample {
        let tenants = self.tenants(options);
        if matches!(self, Self::Start | Self::Nothing) {
            return self.reading(contender, &server.url(base), tenants, prepared, options.looped).await;
        }
        let database = "sample";
        server.copy(database, base).await;
        let url = server.url(database);
        let clock = Clock::start();
        self.write(contender, &url, tenants, &prepared.work).await;
        let sample = clock.stop();
        assert_complete(&url, self.set(), tenants).await;
        server.drop_database(database).await;
        sample
    }

    /// A run that finds nothing to do.
    async fn reading(
        self,
        contender: Contender,
        url: &str,
        tenants: usize,
        prepared: &Prepared,
        looped: usize,
    ) -> Sample {
        let clock = Clock::start();
        match (contender, self) {
            (Contender::Ours, Self::Start) => return child::sample("start", url, tenants),
            (Contender::Ours, _) => {
                let report = migrator(url, self.set()).migrate(Scope::all()).await.unwrap();
                assert_eq!(report.summary().up_to_date, tenants + 1);
            }
            (Contender::Floor | Contender::Text, Self::Start) => return child::sample("start-floor", url, tenants),
            (Contender::Floor | Contender::Text, _) => {
                assert_eq!(floor::read(url, &prepared.histories).await, tenants);
            }
            (Contender::Loop, _) => {
                let looped = looped.min(tenants);
                naive::migrate(url, self.set(), looped).await;
                let sample = clock.stop();
                let factor = u32::try_from(tenants / looped.max(1)).unwrap();
                return Sample { wall: sample.wall * factor, cpu: sample.cpu.map(|cpu| cpu * factor) };
            }
        }
        clock.stop()
    }

    /// A run that writes.
    pub(crate) async fn write(self, contender: Contender, url: &str, tenants: usize, work: &Arc<Work>) {
        let connections = if self == Self::Create { 1 } else { CONNECTIONS };
        match contender {
            Contender::Ours if self == Self::Create => {
                let migrator = migrator(url, self.set());
                for i in 0..tenants {
                    migrator.create_tenant(NewTenant::new(id(i)).unwrap()).await.unwrap();
                }
            }
            Contender::Ours => {
                let report = migrator(url, self.set()).migrate(Scope::all()).await.unwrap();
                assert_eq!(report.summary().applied, tenants);
            }
            Contender::Floor => floor::run(url, work, Form::Messages, connections).await,
            Contender::Text => floor::run(url, work, Form::Text, connections).await,
            Contender::Loop if self == Self::Create => naive::create(url, self.set(), tenants).await,
            Contender::Loop => naive::migrate(url, self.set(), tenants).await,
        }
    }

    /// One run of one contender without a clock, for what is counted on the server.
    pub(crate) async fn once(self, contender: Contender, url: &str, tenants: usize) {
        let prepared = self.precompute(tenants);
        match (self, contender) {
            (Self::Start, Contender::Ours) => child::start(url, tenants).await,
            (Self::Start, Contender::Floor) => assert_eq!(floor::start(url).await, tenants),
            (Self::Start | Self::Nothing, _) => {
                self.reading(contender, url, tenants, &prepared, tenants).await;
            }
            _ => self.write(contender, url, tenants, &prepared.work).await,
        }
    }
}
