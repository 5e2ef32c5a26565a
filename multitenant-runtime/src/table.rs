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
    pub trait Tier {
        const IS_TENANT: bool;
    }
    impl Tier for super::Tenant {
        const IS_TENANT: bool = true;
    }
    impl Tier for super::Shared {
        const IS_TENANT: bool = false;
    }
}

/// Whether the table is the tenants', for what `#[multitenant(same_table)]` asserts.
#[cfg(feature = "macros")]
pub(crate) const fn is_tenant<T: Marked>() -> bool {
    <T::Tier as sealed::Tier>::IS_TENANT
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as a tenant table",
    label = "not marked as a tenant table",
    note = "mark it once: `#[derive(TenantTable)]` on its struct, or `tenant_tables! {{ … }}` where `table!` declares it"
)]
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
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not declared as a shared table",
    label = "not marked as a shared table",
    note = "mark it once: `#[derive(SharedTable)]` on its struct, or `shared_tables! {{ … }}` where `table!` declares it"
)]
pub trait SharedTable: Marked<Tier = Shared> {}

impl<T: Marked<Tier = Shared>> SharedTable for T {}
