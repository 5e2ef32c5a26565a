/// What a pool counts: [`TenantPoolBuilder::metrics`](crate::TenantPoolBuilder::metrics).
///
/// ```no_run
/// # fn build(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
/// use multitenant_runtime::metrics::PoolMetrics;
///
/// let pool = migrator.pool().application_name("shop").metrics(PoolMetrics::new().busiest_tenants(10)).build()?;
/// # Ok(()) }
/// ```
///
/// The label `pool` is the pool's `application_name`, by which several pools of one process are told apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[must_use]
pub struct PoolMetrics {
    pub(super) busiest: usize,
}

impl PoolMetrics {
    /// Nothing of any tenant.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts the checkouts of so many tenants under their ids, those that are busiest lately; all others together as
    /// `other`.
    ///
    /// Who is busiest is judged anew every ten seconds, by what has been counted since the process began, halved each
    /// time. A tenant that is not among them any more keeps its series as it is, and is counted as `other` until it is among
    /// them again: so each series only grows, and their sum is all checkouts. A series cannot be taken back from a
    /// recorder. So after eight times as many tenants have had one, no further tenant gets one for as long as the process
    /// lives.
    pub fn busiest_tenants(self, tenants: usize) -> Self {
        Self { busiest: tenants }
    }
}
