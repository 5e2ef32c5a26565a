//! Snapshots: a tenant made from one is the tenant that the migrations make, or there is none.

mod compared;
mod differences;
mod equal;
mod making;
mod refused;
mod rich;
mod store;
mod timing;

pub(crate) use compared::{create, created_from_snapshot};
