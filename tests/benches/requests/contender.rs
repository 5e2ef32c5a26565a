//! Who asks.

use super::floor::Floor;
use super::ours::Ours;
use super::per_tenant::PerTenant;
use super::plain::Plain;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Contender {
    Ours,
    /// diesel-async and deadpool, always on one schema; an idle connection is taken for a good one.
    Plain,
    /// The same as it comes: deadpool asks an idle connection whether it is good.
    Verified,
    /// `SET search_path`, then the query, on connections of diesel-async; nothing checked.
    Floor,
    /// Both sent at once.
    Pipelined,
    /// A deadpool for each tenant.
    PerTenant,
}

impl Contender {
    pub(crate) const ALL: [Self; 6] =
        [Self::Ours, Self::Plain, Self::Verified, Self::Floor, Self::Pipelined, Self::PerTenant];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Plain => "plain",
            Self::Verified => "verified",
            Self::Floor => "floor",
            Self::Pipelined => "pipelined",
            Self::PerTenant => "per-tenant",
        }
    }

    pub(crate) fn of_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|contender| contender.name() == name).expect("a contender")
    }

    /// The URL of connections that say whose they are.
    pub(crate) fn named(self, url: &str) -> String {
        let joint = if url.contains('?') { '&' } else { '?' };
        format!("{url}{joint}application_name={}", self.name())
    }

    /// Whether it asks always the same tenant.
    pub(crate) fn knows_one_schema(self) -> bool {
        matches!(self, Self::Plain | Self::Verified)
    }
}

/// A contender with its connections.
pub(crate) enum Asking {
    Ours(Ours),
    Plain(Plain),
    Floor(Floor),
    PerTenant(PerTenant),
}

impl Asking {
    pub(crate) async fn begin(contender: Contender, url: &str, tenants: usize) -> Self {
        match contender {
            Contender::Ours => Self::Ours(Ours::new(url, tenants)),
            Contender::Plain => Self::Plain(Plain::new(url, false)),
            Contender::Verified => Self::Plain(Plain::new(url, true)),
            Contender::Floor => Self::Floor(Floor::new(url, tenants, false).await),
            Contender::Pipelined => Self::Floor(Floor::new(url, tenants, true).await),
            Contender::PerTenant => Self::PerTenant(PerTenant::new(url, tenants).await),
        }
    }

    /// The text of one row.
    pub(crate) async fn ask(&self, tenant: usize, note: i32) -> String {
        match self {
            Self::Ours(ours) => ours.ask(tenant, note).await,
            Self::Plain(plain) => plain.ask(note).await,
            Self::Floor(floor) => floor.ask(tenant, note).await,
            Self::PerTenant(pools) => pools.ask(tenant, note).await,
        }
    }
}
