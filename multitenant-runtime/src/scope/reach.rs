//! Which tables a connection reaches: by its scope, and by the table's mark.

use diesel::query_source::{Alias, AliasSource};

use crate::table::{Marked, Shared, Tenant};

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

/// A table that queries may name, since it is marked.
#[diagnostic::on_unimplemented(
    message = "this query touches `{Self}`, which is not declared as a tenant or shared table",
    label = "touches a table that is not marked",
    note = "mark it once: `#[derive(TenantTable)]` or `#[derive(SharedTable)]` on its struct, or \
            `tenant_tables! {{ … }}` or `shared_tables! {{ … }}` where `table!` declares it"
)]
pub trait Declared: Marked {}

#[diagnostic::do_not_recommend]
impl<T: Marked> Declared for T {}

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

/// A table, or an alias of one, that a connection of this scope may touch.
pub trait TableInScope<Sc: Scope> {}

impl<T: Declared, Sc: Reaches<T, T::Tier>> TableInScope<Sc> for T {}

impl<S, Sc> TableInScope<Sc> for Alias<S>
where
    S: AliasSource,
    S::Target: Declared,
    Sc: Reaches<S::Target, <S::Target as Marked>::Tier>,
{
}
