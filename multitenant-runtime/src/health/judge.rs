//! From figures and limits to a verdict: pure.

use std::time::Duration;

use crate::connection::ConnectErrorKind;
use crate::plan::MaxFailures;
use crate::pool::PoolStatus;
use crate::state::{FleetStatus, Standing};

use super::report::{HealthCheck, HealthCheckName, HealthFigures, HealthStatus};

use HealthStatus::{Degraded, Healthy, Unhealthy};

/// From where on something is not healthy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) waiting: usize,
    /// From the first on, where nothing is said.
    pub(super) degraded: Option<MaxFailures>,
    pub(super) unhealthy: Option<MaxFailures>,
}

impl Default for Limits {
    fn default() -> Self {
        Self { waiting: 1, degraded: None, unhealthy: None }
    }
}

/// What is known of the tenants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) status: FleetStatus,
    pub(super) fenced: usize,
    /// Whether a tenant that is ahead is refused by this binary.
    pub(super) refuses_ahead: bool,
}

/// What there is to read of the state table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Readable,
    /// It is not there, or this role may not read it.
    Unreadable,
    /// The settings say that there is none.
    Unwanted,
}

pub(super) fn healthy(name: HealthCheckName, latency: Duration) -> HealthCheck {
    HealthCheck { name, status: Healthy, latency, message: None, figures: None }
}

fn check(name: HealthCheckName, status: HealthStatus, latency: Duration, message: impl Into<String>) -> HealthCheck {
    HealthCheck { name, status, latency, message: Some(message.into()), figures: None }
}

/// What has not answered in time: without the server nothing can be served, of the rest nobody knows.
pub(super) fn no_answer(name: HealthCheckName, latency: Duration) -> HealthCheck {
    let status = if name == HealthCheckName::Server { Unhealthy } else { Degraded };
    check(name, status, latency, format!("no answer within {} ms", latency.as_millis()))
}

/// What could not be asked; why is logged.
pub(super) fn failed(name: HealthCheckName, latency: Duration) -> HealthCheck {
    check(name, Degraded, latency, "it cannot be asked; the log of this process says why")
}

/// A server that has let us in, and then does not answer.
pub(super) fn broken(latency: Duration) -> HealthCheck {
    HealthCheck { status: Unhealthy, ..failed(HealthCheckName::Server, latency) }
}

/// A server that does not let us in. The pool may have all the connections that it needs.
pub(super) fn refused(kind: ConnectErrorKind, pool: PoolStatus, latency: Duration) -> HealthCheck {
    let (status, message) = match kind {
        ConnectErrorKind::TooManyConnections if pool.open > 0 => {
            (Degraded, "the server has no free connection; the pool has those that it has")
        }
        ConnectErrorKind::TooManyConnections => (Unhealthy, "the server has no free connection"),
        ConnectErrorKind::NotAccepting => (Unhealthy, "the server is starting, stopping or recovering"),
        ConnectErrorKind::Authentication => (Unhealthy, "the server does not let this user in"),
        ConnectErrorKind::DatabaseMissing => (Unhealthy, "the database does not exist"),
        ConnectErrorKind::Tls => (Unhealthy, "TLS is demanded and not there, or failed"),
        ConnectErrorKind::WrongServer => (Unhealthy, "no server is of the kind that is asked for"),
        ConnectErrorKind::Unreachable => (Unhealthy, "the server cannot be reached"),
        ConnectErrorKind::Other => (Unhealthy, "the server refuses the connection"),
    };
    check(HealthCheckName::Server, status, latency, format!("{message}; the log of this process says more"))
}

pub(super) fn pool(pool: PoolStatus, is_closed: bool, limits: Limits, latency: Duration) -> HealthCheck {
    let name = HealthCheckName::Pool;
    let is_exhausted = pool.in_use >= pool.max_connections && pool.waiting >= limits.waiting;
    let judged = match (is_closed, is_exhausted) {
        (true, _) => check(name, Unhealthy, latency, "the pool is closed"),
        (false, true) => {
            let message = format!("all {} connections are in use, and {} checkouts wait", pool.in_use, pool.waiting);
            check(name, Degraded, latency, message)
        }
        (false, false) => healthy(name, latency),
    };
    HealthCheck { figures: Some(HealthFigures::Pool(pool)), ..judged }
}

/// `holds` says that the schema holds what the binary needs, whatever became of the last run.
pub(super) fn shared(
    standing: Standing,
    holds: bool,
    state: State,
    refuses_ahead: bool,
    latency: Duration,
) -> HealthCheck {
    let (status, message) = match standing {
        Standing::Missing => (Unhealthy, "the shared schema does not exist"),
        Standing::Behind => (Unhealthy, "the shared schema does not hold what this binary needs: migrate it"),
        Standing::Failed if !holds => {
            (Unhealthy, "the last run failed in the shared schema, and it does not hold what this binary needs")
        }
        Standing::Failed => (Degraded, "the last run failed in the shared schema; it holds what this binary needs"),
        Standing::Ahead if refuses_ahead => {
            (Unhealthy, "a newer release has migrated the shared schema, which this one refuses")
        }
        Standing::Unknown => match state {
            State::Unwanted => (Healthy, ""),
            State::Unreadable => (Degraded, UNREADABLE),
            State::Readable => {
                (Degraded, "the state table does not say how the shared schema stands: run `cargo multitenant migrate`")
            }
        },
        Standing::UpToDate | Standing::Ahead => (Healthy, ""),
    };
    let message = Some(message.to_owned()).filter(|message| !message.is_empty());
    let figures = Some(HealthFigures::Shared { standing });
    HealthCheck { name: HealthCheckName::Shared, status, latency, message, figures }
}

pub(super) fn fleet(seen: Seen, state: State, limits: Limits, latency: Duration) -> HealthCheck {
    let name = HealthCheckName::Fleet;
    let Seen { status, fenced, refuses_ahead } = seen;
    let unknown = if state == State::Readable { status.unknown } else { 0 };
    let ahead = if refuses_ahead { status.ahead } else { 0 };
    let trouble = (status.behind + status.failed + status.missing + unknown + ahead).max(fenced.min(status.tenants));
    let is_from = |limit: MaxFailures| trouble >= limit.of(status.tenants);
    let is_degraded = trouble > 0 && limits.degraded.is_none_or(is_from);
    let judged = match (trouble > 0 && limits.unhealthy.is_some_and(is_from), is_degraded) {
        (true, _) => check(name, Unhealthy, latency, in_trouble(trouble, status.tenants)),
        (false, true) => check(name, Degraded, latency, in_trouble(trouble, status.tenants)),
        (false, false) if state == State::Unreadable => check(name, Degraded, latency, UNREADABLE),
        (false, false) => healthy(name, latency),
    };
    HealthCheck { figures: Some(HealthFigures::Fleet { status, fenced }), ..judged }
}

const UNREADABLE: &str = "there is no state table, or this role may not read it: run `cargo multitenant migrate`, and grant \
                          SELECT on it";

fn in_trouble(count: usize, of: usize) -> String {
    let verb = if count == 1 { "is" } else { "are" };
    format!("{count} of {of} tenants {verb} not as this binary wants them")
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;

    fn status(in_use: usize, waiting: usize) -> PoolStatus {
        PoolStatus { max_connections: 2, open: in_use, idle: 0, in_use, waiting, opened: 9, discarded: 0 }
    }

    #[test]
    fn a_pool_is_degraded_only_where_it_is_exhausted_and_somebody_waits() {
        let judge = |in_use, waiting, limit| {
            let limits = Limits { waiting: limit, ..Limits::default() };
            pool(status(in_use, waiting), false, limits, Duration::ZERO).status
        };
        assert_eq!(judge(2, 0, 1), Healthy);
        assert_eq!(judge(2, 1, 1), Degraded);
        assert_eq!(judge(2, 1, 2), Healthy);
        // Who waits for a place of one tenant's does not wait for the pool.
        assert_eq!(judge(1, 5, 1), Healthy);
        assert_eq!(pool(status(0, 0), true, Limits::default(), Duration::ZERO).status, Unhealthy);
    }

    #[test]
    fn a_server_without_a_free_connection_is_none_of_those_that_are_away() {
        let judge = |kind, open| refused(kind, status(open, 0), Duration::ZERO).status;
        assert_eq!(judge(ConnectErrorKind::TooManyConnections, 1), Degraded);
        assert_eq!(judge(ConnectErrorKind::TooManyConnections, 0), Unhealthy);
        assert_eq!(judge(ConnectErrorKind::Unreachable, 2), Unhealthy);
    }

    #[test]
    fn the_shared_schema_of_an_older_replica_is_well() {
        let judge = |standing, holds, refuses| shared(standing, holds, State::Readable, refuses, Duration::ZERO).status;
        assert_eq!(judge(Standing::Ahead, false, false), Healthy);
        assert_eq!(judge(Standing::Ahead, false, true), Unhealthy);
        assert_eq!(judge(Standing::Failed, true, false), Degraded);
        assert_eq!(judge(Standing::Failed, false, false), Unhealthy);
        assert_eq!(judge(Standing::Unknown, false, false), Degraded);
    }

    #[test]
    fn tenants_count_by_the_limits() {
        let fleet_of = |behind, limits| {
            let status = FleetStatus { tenants: 200, up_to_date: 200 - behind, behind, ..FleetStatus::default() };
            fleet(Seen { status, fenced: 0, refuses_ahead: false }, State::Readable, limits, Duration::ZERO).status
        };
        let limits = Limits { unhealthy: Some(MaxFailures::Percent(5)), ..Limits::default() };
        assert_eq!([0, 1, 9, 10].map(|behind| fleet_of(behind, limits)), [Healthy, Degraded, Degraded, Unhealthy]);
        let three = NonZeroUsize::new(3).map(MaxFailures::Count);
        let limits = Limits { degraded: three, ..Limits::default() };
        assert_eq!([2, 3].map(|behind| fleet_of(behind, limits)), [Healthy, Degraded]);
    }
}
