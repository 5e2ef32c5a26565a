/// How a pool stands at this moment.
///
/// ```no_run
/// # async fn run(pool: multitenant_runtime::TenantPool) {
/// let status = pool.status();
/// println!("{} of {} connections are in use, {} wait", status.in_use, status.max_connections, status.waiting);
/// # }
/// ```
/// Serialised, the fields have these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct PoolStatus {
    /// The cap.
    pub max_connections: usize,
    /// Connections that there are, those included that are being opened or closed.
    pub open: usize,
    /// Those that nobody has.
    pub idle: usize,
    /// Places under the cap that somebody has: a connection, or one that is being opened or closed.
    pub in_use: usize,
    /// Checkouts that wait for a place.
    pub waiting: usize,
    /// How many connections were opened so far.
    pub opened: u64,
    /// How many were closed when they came back, since their state was in doubt.
    pub discarded: u64,
}
