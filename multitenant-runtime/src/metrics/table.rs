use ::metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// A metric.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name, as Prometheus has it.
    pub name: &'static str,
    /// What it is.
    pub kind: MetricKind,
    /// In what it is measured.
    pub unit: MetricUnit,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// Where the buckets of a histogram may end; none of the other kinds.
    pub buckets: &'static [f64],
    /// What it says.
    pub help: &'static str,
}

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricKind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// How many were in which range.
    Histogram,
}

/// In what a metric is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetricUnit {
    /// So many of them.
    Count,
    /// Seconds.
    Seconds,
}

/// From a tenth of a millisecond to the half minute that a checkout may take.
const WAITS: &[f64] =
    &[0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// From a millisecond to an hour.
const RUNS: &[f64] =
    &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0];

/// None: only histograms have them.
const NONE: &[f64] = &[];

macro_rules! metrics {
    ($($constant:ident: $kind:ident of $unit:ident, $name:literal, [$($label:literal),*], $buckets:ident, $help:literal;)*) => {
        $(pub(super) const $constant: &str = $name;)*

        /// All metrics.
        ///
        /// | name | kind | labels | what it says |
        /// | --- | --- | --- | --- |
        $(#[doc = concat!("| `", $name, "` | ", stringify!($kind), " | ", $("`", $label, "` ",)* "| ", $help, " |")])*
        pub static METRICS: &[Metric] = &[
            $(Metric {
                name: $name,
                kind: MetricKind::$kind,
                unit: MetricUnit::$unit,
                labels: &[$($label),*],
                buckets: $buckets,
                help: $help,
            },)*
        ];
    };
}

metrics! {
    POOL_MAX: Gauge of Count, "multitenant_pool_connections_max", ["pool"], NONE,
        "The cap on connections of the pool.";
    POOL_OPEN: Gauge of Count, "multitenant_pool_connections_open", ["pool"], NONE,
        "Connections that there are, those included that are being opened or closed.";
    POOL_IDLE: Gauge of Count, "multitenant_pool_connections_idle", ["pool"], NONE,
        "Connections that nobody has.";
    POOL_IN_USE: Gauge of Count, "multitenant_pool_connections_in_use", ["pool"], NONE,
        "Places under the cap that somebody has.";
    POOL_WAITING: Gauge of Count, "multitenant_pool_checkouts_waiting", ["pool"], NONE,
        "Checkouts that wait for a place under the cap.";
    POOL_OPENED: Counter of Count, "multitenant_pool_connections_opened_total", ["pool"], NONE,
        "Connections that were opened.";
    POOL_DISCARDED: Counter of Count, "multitenant_pool_connections_discarded_total", ["pool"], NONE,
        "Connections that were closed when they came back, since their state was in doubt.";
    CHECKOUTS: Counter of Count, "multitenant_pool_checkouts_total", ["pool"], NONE,
        "Connections that were handed out.";
    CHECKOUT_WAIT: Histogram of Seconds, "multitenant_pool_checkout_wait_seconds", ["pool"], WAITS,
        "How long a checkout took that was successful: waiting, connecting, looking up and setting the tenant.";
    CHECKOUT_FAILURES: Counter of Count, "multitenant_pool_checkout_failures_total", ["pool", "reason"], NONE,
        "Checkouts that got no connection, by the reason.";
    SWITCHES: Counter of Count, "multitenant_pool_switches_total", ["pool"], NONE,
        "Checkouts for which a tenant, or the shared schema, was set on a connection that had served another, or nobody.";
    QUERIES: Counter of Count, "multitenant_queries_total", ["pool"], NONE,
        "Statements on connections that were handed out, those that begin and end transactions included.";
    QUERY_DURATION: Histogram of Seconds, "multitenant_query_duration_seconds", ["pool"], WAITS,
        "How long these statements took, to their end or to their first rows.";
    QUERY_ERRORS: Counter of Count, "multitenant_query_errors_total", ["pool", "class"], NONE,
        "Those of them that failed, by the class of the SQLSTATE.";
    TENANT_CHECKOUTS: Counter of Count, "multitenant_tenant_checkouts_total", ["pool", "tenant"], NONE,
        "Connections that were handed out to the busiest tenants, and to the `other` ones; only where that is asked for.";
    APPLIED: Counter of Count, "multitenant_migrations_applied_total", ["tier"], NONE,
        "Migrations that runs have applied; those with which a tenant is created are not among them.";
    REVERTED: Counter of Count, "multitenant_migrations_reverted_total", ["tier"], NONE,
        "Migrations that were reverted.";
    FAILED: Counter of Count, "multitenant_migrations_failed_total", ["tier"], NONE,
        "Schemas in which a run has failed.";
    RETRIES: Counter of Count, "multitenant_migration_retries_total", ["tier"], NONE,
        "Tries that failed in a way that may pass, and were followed by another.";
    MIGRATION_DURATION: Histogram of Seconds, "multitenant_migration_duration_seconds", ["tier"], RUNS,
        "How long a migration took in one schema, with all its tries.";
    RUN_DURATION: Histogram of Seconds, "multitenant_run_duration_seconds", ["outcome"], RUNS,
        "How long a run took, by whether every schema came out as it was to.";
    FLEET: Gauge of Count, "multitenant_fleet_tenants", ["standing"], NONE,
        "Tenants by how their schemas stand, when somebody last looked at all of them: a start, a run, a plan, a look at the health.";
}

/// Tells the recorder that is installed the help text and the unit of each metric.
///
/// ```
/// multitenant_runtime::metrics::describe();
/// ```
pub fn describe() {
    for metric in METRICS {
        let unit = match metric.unit {
            MetricUnit::Count => Unit::Count,
            MetricUnit::Seconds => Unit::Seconds,
        };
        match metric.kind {
            MetricKind::Counter => describe_counter!(metric.name, unit, metric.help),
            MetricKind::Gauge => describe_gauge!(metric.name, unit, metric.help),
            MetricKind::Histogram => describe_histogram!(metric.name, unit, metric.help),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_prometheus_wants_them() {
        let mut names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS {
            let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            assert!(metric.name.starts_with("multitenant_") && is_plain(metric.name), "{}", metric.name);
            assert!(metric.labels.iter().all(|label| is_plain(label)), "{}", metric.name);
            assert_eq!(metric.name.ends_with("_total"), metric.kind == MetricKind::Counter, "{}", metric.name);
            assert_eq!(metric.name.ends_with("_seconds"), metric.unit == MetricUnit::Seconds, "{}", metric.name);
            assert_eq!(metric.buckets.is_empty(), metric.kind != MetricKind::Histogram, "{}", metric.name);
            assert!(metric.buckets.is_sorted() && metric.help.ends_with('.'), "{}", metric.name);
        }
    }
}
