//! Synchronous functions, as seeds and migrations.
//!
//! All of a target's work is one transaction on one connection, and that is ours, which libpq's `PgConnection` cannot share.
//! So a synchronous function gets a connection of Diesel's own interface over ours. Deliberately absent: a second connection,
//! whose transaction would see nothing of the first, and outlive it.

use async_trait::async_trait;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use tokio::runtime::{Handle, RuntimeFlavor};

use super::{FunctionResult, MigrationFunction};

/// What a synchronous function works on: a [`diesel::Connection`] to PostgreSQL over the connection of its target.
///
/// It is used as a `PgConnection` is, in Diesel's synchronous `RunQueryDsl`. It is none, since it needs no libpq: code that
/// is to have both is written for `&mut impl LoadConnection<Backend = Pg>`.
pub type SyncConnection<'c> = AsyncConnectionWrapper<&'c mut AsyncPgConnection>;

/// A synchronous function as a [`MigrationFunction`], made by [`synchronous`].
#[derive(Debug, Clone)]
pub struct Synchronous<F>(F);

/// A synchronous function as a seed, or as a [`RustMigration`](crate::RustMigration).
///
/// ```
/// use diesel::connection::LoadConnection;
/// use diesel::pg::Pg;
/// use diesel::prelude::*;
/// use multitenant_runtime::{FunctionResult, SeedSet, SyncConnection, synchronous};
///
/// diesel::table! { users (id) { id -> Integer, name -> Text, } }
///
/// // Of the application's: for its own `PgConnection` too.
/// fn add_user(conn: &mut impl LoadConnection<Backend = Pg>, name: &str) -> QueryResult<usize> {
///     diesel::insert_into(users::table).values(users::name.eq(name)).execute(conn)
/// }
///
/// fn demo_users(conn: &mut SyncConnection<'_>) -> FunctionResult {
///     // A transaction of its own is a savepoint.
///     conn.transaction(|conn| add_user(conn, "Ada"))?;
///     Ok(())
/// }
///
/// let seeds = SeedSet::default().with_tenant("10_users", synchronous(demo_users));
/// ```
///
/// It must not end the transaction that it runs in, as no function may. Where a run is cancelled, the statement that the
/// function waits for is; a function that waits for something else is waited for.
///
/// # Errors
///
/// The function's own. In a runtime of one thread (`#[tokio::main(flavor = "current_thread")]`, and `#[tokio::test]` without
/// a flavor) it fails before it begins: nobody would move the connection's bytes while it waits.
pub fn synchronous<F>(function: F) -> Synchronous<F>
where
    F: Fn(&mut SyncConnection<'_>) -> FunctionResult + Send + Sync,
{
    Synchronous(function)
}

#[async_trait]
impl<F> MigrationFunction for Synchronous<F>
where
    F: Fn(&mut SyncConnection<'_>) -> FunctionResult + Send + Sync,
{
    async fn run(&self, connection: &mut AsyncPgConnection) -> FunctionResult {
        if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
            return Err("a synchronous function needs a runtime of several threads, and this one has one: use \
                        `flavor = \"multi_thread\"`, or the migrator's `blocking()`"
                .into());
        }
        tokio::task::block_in_place(|| (self.0)(&mut SyncConnection::from(connection)))
    }

    fn blocks(&self) -> bool {
        true
    }
}
