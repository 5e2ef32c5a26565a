//! `save_changes`, on a connection that keeps its scope.

use diesel::associations::HasTable;
use diesel::dsl::Update;
use diesel::query_builder::{AsChangeset, AsQuery, IntoUpdateTarget};

use super::connection::ScopedConnection;
use super::loading::{FirstRow, Loads};
use super::operation::Operation;
use super::queries::InScope;
use super::run_query_dsl::RunQueryDsl;

/// Saves a struct that is both `AsChangeset` and `Identifiable`.
///
/// ```
/// use multitenant_runtime::TenantConn;
/// use multitenant_runtime::prelude::*;
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
/// async fn save(conn: &mut TenantConn, user: &User) -> QueryResult<User> {
///     user.save_changes(conn).await
/// }
/// # }
/// ```
pub trait SaveChangesDsl<Conn>: Sized {
    /// Updates the row of the struct's key and returns it: `update(form).set(form).get_result(conn)`.
    ///
    /// # Errors
    ///
    /// Diesel's; `NotFound` where there is no such row.
    fn save_changes<'query, 'conn, U>(self, conn: &'conn mut Conn) -> Operation<'conn, FirstRow<'conn, Saved<Self>, U>>
    where
        U: Send + 'conn,
        Conn: ScopedConnection,
        Self: Copy + AsChangeset<Target = <Self as HasTable>::Table> + IntoUpdateTarget,
        Update<Self, Self>: AsQuery,
        Saved<Self>: InScope<Conn::Scope> + Loads<'query, U> + 'query,
    {
        RunQueryDsl::get_result(diesel::update(self).set(self), conn)
    }
}

/// The statement that saves a struct.
pub type Saved<Changes> = <Update<Changes, Changes> as AsQuery>::Query;

impl<Changes, Conn> SaveChangesDsl<Conn> for Changes {}
