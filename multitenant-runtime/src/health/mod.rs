//! Whether the process answers, and whether it can serve: for probes, load balancers and people.
//!
//! [`Health::liveness`] asks nobody but the process: who restarts it when that does not answer does not restart it because
//! a database is away. [`Health::readiness`] asks the server, the pool, the shared schema and the fleet, and never a tenant:
//! four statements at most, however many tenants there are.
//!
//! The server is asked over a connection of its own (`look.rs`), which is opened for the look and closed after it, and
//! counts under no cap: so a pool that is exhausted is told apart from a server that is down, and a probe never waits for
//! a request. It is one connection a second at most, since an answer is good for a while (`cache.rs`). Every look has a time
//! limit, which the server is told too, so that nothing is left running there.
//!
//! Deliberately absent: anything that a stranger must not read. An answer holds figures and words of our own, never a URL,
//! a host, a name of a tenant or what the server has said; that is logged.

#[cfg(feature = "actix")]
mod actix;
#[cfg(feature = "axum")]
mod axum;
mod cache;
mod judge;
mod look;
mod probe;
mod report;
mod subject;

pub use probe::Health;
pub use report::{HealthCheck, HealthCheckName, HealthFigures, HealthReport, HealthStatus};
pub(crate) use subject::Subject;
