//! What is counted and measured, through the facade of the crate `metrics`: whoever exports reads it there.
//!
//! Nothing is counted unless it is asked for: a pool counts where
//! [`TenantPoolBuilder::metrics`](crate::TenantPoolBuilder::metrics) says so, and runs are counted by [`RunMetrics`], an
//! observer. The handles are made once, when the pool or the observer is, so that a query costs an atomic addition and
//! two looks at the clock, and no look-up by name. So the exporter's recorder is installed first, and must not forget what
//! is idle (`idle_timeout` of `metrics-exporter-prometheus` is for gauges at most).
//!
//! [`METRICS`] is the one table of all metrics; [`describe`] tells the recorder their help texts and units. All labels
//! have few values that are known beforehand, and exist from the beginning, with zero. Only
//! [`PoolMetrics::busiest_tenants`](PoolMetrics::busiest_tenants) brings tenants' ids in, and not more of them than it says.
//!
//! ```
//! use multitenant_runtime::metrics::{METRICS, MetricKind};
//!
//! // An exporter that wants to be told the buckets of its histograms.
//! for metric in METRICS.iter().filter(|metric| metric.kind == MetricKind::Histogram) {
//!     assert!(metric.name.ends_with("_seconds") && !metric.buckets.is_empty());
//! }
//! ```
//!
//! Deliberately absent: an exporter, and a metric for each tenant.
#![cfg_attr(not(feature = "pool"), allow(dead_code, reason = "half of the metrics are the pool's"))]

#[cfg(feature = "pool")]
mod busiest;
#[cfg(feature = "pool")]
mod pool;
#[cfg(feature = "pool")]
mod recording;
mod run;
mod table;

#[cfg(feature = "pool")]
pub use pool::PoolMetrics;
#[cfg(feature = "pool")]
pub(crate) use recording::Recording;
pub use run::RunMetrics;
pub use table::{METRICS, Metric, MetricKind, MetricUnit, describe};
