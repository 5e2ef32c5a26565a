//! Which tables are the tenants' and which are shared.
//!
//! A mark is one implementation of one trait, [`Marked`], for the table's type; all else follows from it by
//! blanket implementations. So a table that is marked twice, or as both, is one error of the compiler
//! (E0119) that names both places. Deliberately absent: any way to ask for a table's tier at run time.

use diesel::Table;

/// What a table was marked as: [`Tenant`] or [`Shared`], and nothing else.
pub trait Tier: sealed::Tier {}

/// The tier of tables that every tenant has in its own schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tenant {}

/// The tier of tables that all tenants share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {}

impl Tier for Tenant {}
impl Tier for Shared {}

mod sealed {
    pub trait Tier {}
    impl Tier for super::Tenant {}
    impl Tier for super::Shared {}
}

/// A table that was marked, by `#[derive(TenantTable)]`, `#[derive(SharedTable)]`, `tenant_tables!` or
/// `shared_tables!`.
///
/// It is implemented for the type that Diesel's `table!` makes (`users::table`), by those macros only.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use multitenant_runtime::table::{Marked, Tenant};
///
/// diesel::table! { users (id) { id -> Integer, } }
/// multitenant_runtime::tenant_tables! { users }
///
/// fn only_tenants<T: Marked<Tier = Tenant>>(_: T) {}
/// only_tenants(users::table);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as a tenant or shared table",
    label = "not marked",
    note = "mark it once: `#[derive(TenantTable)]` or `#[derive(SharedTable)]` on its struct, or \
            `tenant_tables! {{ … }}` or `shared_tables! {{ … }}` where `table!` declares it"
)]
pub trait Marked: Table {
    /// [`Tenant`] or [`Shared`].
    type Tier: Tier;
}

/// A table that every tenant has in its own schema.
///
/// Implemented for each table that is marked so; with the feature `macros`, the derive macro of the same
/// name is what marks it.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use multitenant_runtime::TenantTable;
///
/// diesel::table! { users (id) { id -> Integer, } }
///
/// #[derive(TenantTable)]
/// struct User {
///     id: i32,
/// }
///
/// fn rows_of<T: TenantTable>(_: T) {}
/// rows_of(users::table);
/// # }
/// ```
pub trait TenantTable: Marked<Tier = Tenant> {}

impl<T: Marked<Tier = Tenant>> TenantTable for T {}

/// A table of the shared schema, which all tenants see.
///
/// Implemented for each table that is marked so; with the feature `macros`, the derive macro of the same
/// name is what marks it.
///
/// ```
/// # #[cfg(feature = "macros")] {
/// use multitenant_runtime::SharedTable;
///
/// diesel::table! { plans (id) { id -> Integer, } }
/// multitenant_runtime::shared_tables! { plans }
///
/// fn same_for_all<T: SharedTable>(_: T) {}
/// same_for_all(plans::table);
/// # }
/// ```
pub trait SharedTable: Marked<Tier = Shared> {}

impl<T: Marked<Tier = Shared>> SharedTable for T {}

/// A table that was marked with the tier `T`: what `#[multitenant(same_table)]` asserts.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not marked as a table of the tier `{T}`",
    label = "marked otherwise, or not at all",
    note = "`#[multitenant(same_table)]` marks nothing: one other struct of the table, or `tenant_tables!` or \
            `shared_tables!`, must mark it, and with the same tier"
)]
pub trait InTier<T: Tier>: Table {}

impl<T: Marked> InTier<T::Tier> for T {}
