//! Which tables a connection reaches: by its scope, and by the table's mark.

use crate::table::{Shared, Tenant};

/// What a connection may touch: [`TenantScope`] or [`SharedScope`], and nothing else.
pub trait Scope: sealed::Scope + Sized + 'static {}

/// The scope of a tenant's connection: its own tables and the shared ones, to read and to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantScope {}

/// The scope of a connection to the shared schema: shared tables only, to read and to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SharedScope {}

impl Scope for TenantScope {}
impl Scope for SharedScope {}

mod sealed {
    pub trait Scope {}
    impl Scope for super::TenantScope {}
    impl Scope for super::SharedScope {}
}

/// A scope that a table of this tier is in.
#[diagnostic::on_unimplemented(
    message = "`{T}` is a tenants' table; a shared connection cannot touch it",
    label = "touches a tenants' table on a shared connection",
    note = "check out a tenant's connection: `pool.tenant(id)`"
)]
pub trait Reaches<T, Tier>: Scope {}

impl<T> Reaches<T, Tenant> for TenantScope {}
impl<T> Reaches<T, Shared> for TenantScope {}
impl<T> Reaches<T, Shared> for SharedScope {}
