use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::pool::PoolStatus;
use crate::state::{FleetStatus, Standing};

/// What a look has found.
///
/// As an answer of axum's (feature `axum`) and of actix-web's (feature `actix`) it is JSON, with 200 where the process can
/// serve, degraded or not, and 503 where it is unhealthy. Serialised it has the fields of these types, by their names:
///
/// ```json
/// {
///   "status": "degraded",
///   "age_ms": 0.0,
///   "checks": [
///     { "name": "server", "status": "healthy", "latency_ms": 2.114, "message": null, "figures": null },
///     { "name": "pool", "status": "healthy", "latency_ms": 0.001, "message": null,
///       "figures": { "max_connections": 10, "open": 2, "idle": 2, "in_use": 0, "waiting": 0, "opened": 2, "discarded": 0 } },
///     { "name": "shared", "status": "healthy", "latency_ms": 0.412, "message": null, "figures": { "standing": "up-to-date" } },
///     { "name": "fleet", "status": "degraded", "latency_ms": 0.873, "message": "1 of 300 tenants is not as it should be",
///       "figures": { "tenants": 300, "up_to_date": 299, "ahead": 0, "behind": 0, "failed": 1, "missing": 0, "unknown": 0,
///                    "fenced": 1 } }
///   ]
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
#[must_use]
pub struct HealthReport {
    /// The worst of the checks.
    pub status: HealthStatus,
    /// How old the answer is: zero, unless it is one that was kept for a while. In milliseconds, `age_ms`.
    #[serde(rename = "age_ms", serialize_with = "in_milliseconds")]
    pub age: Duration,
    /// What was looked at.
    pub checks: Vec<HealthCheck>,
}

/// How well it is. The words are `healthy`, `degraded` and `unhealthy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HealthStatus {
    /// As it should be.
    Healthy,
    /// It serves, and somebody should look: some tenants are behind, failed, missing or unknown, checkouts wait at an
    /// exhausted pool, the server lets no further connection in, or something cannot be found out.
    Degraded,
    /// It cannot serve: the server does not answer, the pool is closed, the shared schema is not what the binary needs, or
    /// more tenants are in trouble than [`unhealthy_tenants`](super::Health::unhealthy_tenants) allows.
    Unhealthy,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct HealthCheck {
    /// What.
    pub name: HealthCheckName,
    /// How well it is.
    pub status: HealthStatus,
    /// How long the look took; of the server, connecting and one question. In milliseconds, `latency_ms`.
    #[serde(rename = "latency_ms", serialize_with = "in_milliseconds")]
    pub latency: Duration,
    /// Why it is not healthy, in words of our own; null where it is.
    pub message: Option<String>,
    /// What was counted; null where nothing was.
    pub figures: Option<HealthFigures>,
}

/// What is looked at. The words are `process`, `server`, `pool`, `shared` and `fleet`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum HealthCheckName {
    /// The process itself.
    Process,
    /// The server.
    Server,
    /// The pool of connections.
    Pool,
    /// The shared schema; not there where the binary embeds no shared migrations.
    Shared,
    /// All tenants.
    Fleet,
}

/// What a check has counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum HealthFigures {
    /// How the pool stands.
    Pool(PoolStatus),
    /// How the shared schema stands.
    Shared {
        /// Against what the binary embeds.
        standing: Standing,
    },
    /// How many tenants stand in which way.
    Fleet {
        /// By the state table.
        #[serde(flatten)]
        status: FleetStatus,
        /// Those that this pool does not serve: [`TenantPool::fence`](crate::TenantPool::fence).
        fenced: usize,
    },
}

impl HealthReport {
    pub(super) fn of(checks: Vec<HealthCheck>) -> Self {
        let status = checks.iter().map(|check| check.status).max().unwrap_or(HealthStatus::Healthy);
        Self { status, age: Duration::ZERO, checks }
    }

    /// What was found of one thing; `None` where it was not looked at.
    #[must_use]
    pub fn check(&self, name: HealthCheckName) -> Option<&HealthCheck> {
        self.checks.iter().find(|check| check.name == name)
    }

    /// The HTTP status of an answer: 503 where it is unhealthy, else 200.
    #[must_use]
    pub fn http_status(&self) -> u16 {
        if self.status == HealthStatus::Unhealthy { 503 } else { 200 }
    }
}

fn in_milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    // Three digits are microseconds.
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}
