//! `save_changes`, on a connection that keeps its scope.

use diesel::associations::HasTable;
use diesel::dsl::Update;
use diesel::query_builder::{AsChangeset, AsQuery, IntoUpdateTarget};
use diesel::query_dsl::methods::LoadQuery;
use diesel::{PgConnection, QueryResult};

use crate::scope::{InScope, Saved};

use super::connection::ScopedConnection;
use super::run_query_dsl::RunQueryDsl;

/// Saves a struct that is both `AsChangeset` and `Identifiable`.
///
/// ```
/// use multitenant_runtime::sync::TenantConn;
/// use multitenant_runtime::sync::prelude::*;
///
/// diesel::table! { users (id) { id -> Integer, name -> Text, } }
/// # #[cfg(feature = "macros")] {
/// multitenant_runtime::tenant_tables! { users }
///
/// #[derive(Queryable, Identifiable, AsChangeset)]
/// struct User {
///     id: i32,
///     name: String,
/// }
///
/// fn save(conn: &mut TenantConn, user: &User) -> QueryResult<User> {
///     user.save_changes(conn)
/// }
/// # }
/// ```
pub trait SaveChangesDsl<Conn>: Sized {
    /// Updates the row of the struct's key and returns it: `update(form).set(form).get_result(conn)`.
    ///
    /// # Errors
    ///
    /// Diesel's; `NotFound` where there is no such row.
    fn save_changes<'query, U>(self, conn: &mut Conn) -> QueryResult<U>
    where
        Conn: ScopedConnection,
        Self: Copy + AsChangeset<Target = <Self as HasTable>::Table> + IntoUpdateTarget,
        Update<Self, Self>: AsQuery,
        Saved<Self>: InScope<Conn::Scope> + LoadQuery<'query, PgConnection, U>,
    {
        RunQueryDsl::get_result(diesel::update(self).set(self), conn)
    }
}

impl<Changes, Conn> SaveChangesDsl<Conn> for Changes {}
