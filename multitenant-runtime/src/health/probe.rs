use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::migrator::on_a_runtime;
use crate::plan::MaxFailures;

use super::Subject;
use super::cache::Cache;
use super::judge::{self, Limits};
use super::look;
use super::report::{HealthCheckName, HealthReport, HealthStatus};

/// Says how well a pool and what is behind it are; from [`TenantPool::health`](crate::TenantPool::health).
///
/// It is made once, with its limits, and cloned: clones share the answers that are kept.
///
/// ```no_run
/// # async fn run(pool: multitenant_runtime::TenantPool) {
/// use std::time::Duration;
/// use multitenant_runtime::health::HealthStatus;
///
/// let health = pool.health().time_limit(Duration::from_millis(500));
/// let report = health.readiness().await;
/// assert_ne!(report.status, HealthStatus::Unhealthy);
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct Health {
    subject: Arc<dyn Subject>,
    limits: Limits,
    time_limit: Duration,
    fresh_for: Duration,
    cache: Arc<Cache>,
}

impl Health {
    /// With the limits that are there unless said otherwise.
    pub fn new(pool: &crate::TenantPool) -> Self {
        pool.health()
    }

    pub(crate) fn of(subject: Arc<dyn Subject>) -> Self {
        Self {
            subject,
            limits: Limits::default(),
            time_limit: Duration::from_millis(800),
            fresh_for: Duration::from_secs(1),
            cache: Arc::default(),
        }
    }

    /// How long a look may take altogether; what has not answered by then is told as such. 0.8 seconds unless said
    /// otherwise, since Kubernetes gives a probe one second unless told otherwise.
    pub fn time_limit(self, limit: Duration) -> Self {
        Self { time_limit: limit.max(Duration::from_millis(1)), ..self }.anew()
    }

    /// For how long an answer is good, so that many probes are no load: a second unless said otherwise, zero for never.
    pub fn fresh_for(self, time: Duration) -> Self {
        Self { fresh_for: time, ..self }.anew()
    }

    /// From how many waiting checkouts on an exhausted pool is degraded; from the first unless said otherwise.
    pub fn degraded_waiting(mut self, checkouts: usize) -> Self {
        self.limits.waiting = checkouts.max(1);
        self.anew()
    }

    /// From how many tenants in trouble on the fleet is degraded; from the first unless said otherwise.
    pub fn degraded_tenants(mut self, from: MaxFailures) -> Self {
        self.limits.degraded = Some(from);
        self.anew()
    }

    /// From how many tenants in trouble on the fleet is unhealthy, so that this process is taken out of service. Never,
    /// unless said so: one tenant's trouble is not the others', and every replica sees the same.
    pub fn unhealthy_tenants(mut self, from: MaxFailures) -> Self {
        self.limits.unhealthy = Some(from);
        self.anew()
    }

    /// Whether the process answers: asks nobody, and costs nothing.
    pub fn liveness(&self) -> HealthReport {
        HealthReport::of(vec![judge::healthy(HealthCheckName::Process, Duration::ZERO)])
    }

    /// Whether the server answers, for whoever wants a process restarted that cannot reach it. It is always asked.
    ///
    /// # Cancel safety
    ///
    /// As of [`readiness`](Self::readiness).
    pub async fn liveness_of_server(&self) -> HealthReport {
        let checks = look::server(&*self.subject, self.time_limit).await;
        HealthReport::of(checks)
    }

    /// Whether this process can serve: the server, the pool, the shared schema and the fleet.
    ///
    /// # Cancel safety
    ///
    /// Dropped in between, it ends the look; the next one looks anew.
    pub async fn readiness(&self) -> HealthReport {
        let begun = Instant::now();
        let look = look::everything(&*self.subject, self.limits, self.time_limit);
        // Who looks keeps to the limit; who waits for another's look has a limit too.
        let limit = self.time_limit * 2;
        let Ok((report, before)) = tokio::time::timeout(limit, self.cache.get(self.fresh_for, look)).await else {
            return HealthReport::of(vec![judge::no_answer(HealthCheckName::Server, begun.elapsed())]);
        };
        if before.is_some_and(|before| before < report.status) {
            tracing::warn!(status = ?report.status, "this process is less well than it was");
        }
        report
    }

    /// [`readiness`](Self::readiness) for threads. From asynchronous code that is better: this one blocks.
    ///
    /// ```no_run
    /// # fn run(pool: multitenant_runtime::TenantPool) {
    /// println!("{:?}", pool.health().blocking_readiness().status);
    /// # }
    /// ```
    pub fn blocking_readiness(&self) -> HealthReport {
        let begun = Instant::now();
        on_a_runtime(self.readiness()).unwrap_or_else(|error| {
            tracing::warn!(%error, "no thread for a look at the health");
            let mut check = judge::no_answer(HealthCheckName::Process, begun.elapsed());
            check.message = Some("the process has no thread for the look".to_owned());
            check.status = HealthStatus::Unhealthy;
            HealthReport::of(vec![check])
        })
    }

    /// What was found by other limits is not an answer.
    fn anew(mut self) -> Self {
        self.cache = Arc::default();
        self
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health")
            .field("limits", &self.limits)
            .field("time_limit", &self.time_limit)
            .field("fresh_for", &self.fresh_for)
            .finish_non_exhaustive()
    }
}
