//! What a pool tells of itself: events of `tracing`, slow queries, and metrics. Where nobody has asked, nothing is measured.

mod listener;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::target::Target;

use super::error::PoolError;
use super::status::PoolStatus;
pub(crate) use listener::{Listener, Whose};

/// What is to be told.
#[derive(Debug, Clone, Default)]
pub(crate) struct Telling {
    /// Checkouts, switches and returns as events at the level of information.
    pub(crate) debug: bool,
    /// Queries that take so long.
    pub(crate) slow: Option<Duration>,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: Option<crate::metrics::PoolMetrics>,
}

/// What a pool tells of itself.
#[derive(Clone)]
pub(crate) struct Journal(Arc<Inner>);

struct Inner {
    debug: bool,
    slow: Option<Duration>,
    #[cfg(feature = "metrics")]
    metrics: Option<crate::metrics::Recording>,
}

/// When a checkout began, where that matters to anybody.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Begun(Option<Instant>);

/// Tells at the level of information in the debug mode, else at that of debugging.
macro_rules! tell {
    ($journal:expr, $($event:tt)*) => {
        if $journal.0.debug { tracing::info!($($event)*) } else { tracing::debug!($($event)*) }
    };
}

impl Journal {
    /// `name` is by what a pool's metrics are told from another's.
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, reason = "metrics have a name"))]
    pub(crate) fn new(name: &str, telling: &Telling) -> Self {
        Self(Arc::new(Inner {
            debug: telling.debug,
            slow: telling.slow,
            #[cfg(feature = "metrics")]
            metrics: telling.metrics.map(|wanted| crate::metrics::Recording::new(name, wanted)),
        }))
    }

    /// Whether anything is measured.
    #[cfg(feature = "metrics")]
    pub(crate) fn has_metrics(&self) -> bool {
        self.0.metrics.is_some()
    }

    /// Whether anything is measured: without the feature, never.
    #[cfg(not(feature = "metrics"))]
    #[expect(clippy::unused_self, reason = "as with the feature")]
    pub(crate) fn has_metrics(&self) -> bool {
        false
    }

    /// What listens to a connection's statements, where anybody wants to know of them.
    pub(crate) fn listener(&self) -> Option<Listener> {
        (self.0.slow.is_some() || self.has_metrics()).then(|| Listener::new(self.clone()))
    }

    pub(crate) fn begin(&self) -> Begun {
        Begun((self.0.debug || self.has_metrics()).then(Instant::now))
    }

    /// A connection is handed out. Gives when, for the time of its return.
    pub(crate) fn checked_out(&self, begun: Begun, target: &Target, switched: bool) -> Begun {
        let waited = begun.elapsed();
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &self.0.metrics {
            metrics.checked_out(waited.unwrap_or_default(), target.tenant(), switched);
        }
        tell!(
            self,
            tenant = target.tenant().map(crate::ident::TenantId::as_str),
            schema = target.schema().as_str(),
            waited_ms = waited.map(milliseconds),
            switched,
            "a connection is handed out"
        );
        Begun(begun.0.and_then(|_| self.0.debug.then(Instant::now)))
    }

    /// There is no connection to hand out.
    pub(crate) fn refused(&self, begun: Begun, tenant: Option<&str>, error: &PoolError) {
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &self.0.metrics {
            metrics.refused(error.reason());
        }
        let waited_ms = begun.elapsed().map(milliseconds);
        tell!(self, tenant, waited_ms, reason = error.reason(), %error, "no connection is handed out");
    }

    /// A connection serves another one from now on.
    pub(crate) fn switched(&self, from: Option<&Target>, to: &Target) {
        tell!(
            self,
            from = from.map(|from| from.schema().as_str()),
            tenant = to.tenant().map(crate::ident::TenantId::as_str),
            schema = to.schema().as_str(),
            "a connection is switched"
        );
    }

    /// A connection that was handed out has come back.
    pub(crate) fn returned(&self, since: Begun, target: Option<&Target>) {
        tell!(
            self,
            tenant = target.and_then(Target::tenant).map(crate::ident::TenantId::as_str),
            schema = target.map(|target| target.schema().as_str()),
            held_ms = since.elapsed().map(milliseconds),
            "a connection is given back"
        );
    }

    /// A connection is closed.
    pub(crate) fn closed(&self, target: Option<&Target>, why: &str) {
        tell!(
            self,
            tenant = target.and_then(Target::tenant).map(crate::ident::TenantId::as_str),
            schema = target.map(|target| target.schema().as_str()),
            why,
            "a connection is closed"
        );
    }

    /// How the pool stands at this moment.
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, clippy::unused_self, reason = "for metrics"))]
    pub(crate) fn stands(&self, status: PoolStatus) {
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &self.0.metrics {
            metrics.stands(status);
        }
    }

    /// A statement of somebody's has ended; `failed` is the class of its failure.
    #[cfg_attr(not(feature = "metrics"), expect(unused_variables, clippy::unused_self, reason = "for metrics"))]
    fn queried(&self, duration: Duration, failed: Option<&str>) {
        #[cfg(feature = "metrics")]
        if let Some(metrics) = &self.0.metrics {
            metrics.queried(duration, failed);
        }
    }
}

impl Begun {
    fn elapsed(self) -> Option<Duration> {
        self.0.map(|begun| begun.elapsed())
    }
}

/// With the digits of microseconds.
fn milliseconds(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").field("debug", &self.0.debug).field("slow", &self.0.slow).finish_non_exhaustive()
    }
}
