use crate::migrator::Migrator;
use crate::pool::{Options, PoolStatus};

/// What health is asked of: either pool.
pub(crate) trait Subject: Send + Sync {
    fn migrator(&self) -> &Migrator;

    fn options(&self) -> &Options;

    fn status(&self) -> PoolStatus;

    fn is_closed(&self) -> bool;

    /// How many tenants are not served.
    fn fenced(&self) -> usize;
}
