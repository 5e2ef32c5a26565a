//! A migration that is a Rust function.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use diesel_async::AsyncPgConnection;

use super::down::Down;
use super::{Checksum, Migration, Problem, Script, Version};

/// What a migration's function gives.
pub type FunctionResult = Result<(), Box<dyn Error + Send + Sync>>;

/// What a [`RustMigration`] runs: an asynchronous function of a connection, or a type of the application's.
///
/// ```
/// use diesel_async::AsyncPgConnection;
/// use multitenant_runtime::{FunctionResult, MigrationFunction, async_trait};
///
/// async fn backfill(conn: &mut AsyncPgConnection) -> FunctionResult {
///     # let _ = conn;
///     Ok(())
/// }
///
/// struct Import {
///     rates: Vec<f64>,
/// }
///
/// #[async_trait]
/// impl MigrationFunction for Import {
///     async fn run(&self, conn: &mut AsyncPgConnection) -> FunctionResult {
///         # let _ = (conn, &self.rates);
///         Ok(())
///     }
/// }
///
/// fn takes(_: impl MigrationFunction) {}
/// takes(backfill);
/// takes(Import { rates: vec![1.0] });
/// ```
#[async_trait]
pub trait MigrationFunction: Send + Sync {
    /// Migrates one schema: it is the first of the connection's `search_path`, and everything is one transaction.
    ///
    /// # Errors
    ///
    /// Whatever keeps it from that: everything is rolled back.
    async fn run(&self, connection: &mut AsyncPgConnection) -> FunctionResult;

    /// Whether it blocks the task that runs it, which then cannot be told that the run is cancelled.
    #[doc(hidden)]
    fn blocks(&self) -> bool {
        false
    }
}

#[async_trait]
impl<F> MigrationFunction for F
where
    F: for<'c> Call<'c> + Send + Sync,
{
    async fn run(&self, connection: &mut AsyncPgConnection) -> FunctionResult {
        self.call(connection).await
    }
}

/// A function of a connection, for each lifetime of it.
#[doc(hidden)]
pub trait Call<'c> {
    /// What it gives.
    type Future: Future<Output = FunctionResult> + Send + 'c;

    /// Calls it.
    fn call(&self, connection: &'c mut AsyncPgConnection) -> Self::Future;
}

impl<'c, F, Future> Call<'c> for F
where
    F: Fn(&'c mut AsyncPgConnection) -> Future,
    Future: std::future::Future<Output = FunctionResult> + Send + 'c,
{
    type Future = Future;

    fn call(&self, connection: &'c mut AsyncPgConnection) -> Future {
        self(connection)
    }
}

/// A migration that is a Rust function: it has its place among the others by its version, the same lock, transaction,
/// guards and timeouts, and the same record.
///
/// ```no_run
/// use diesel::prelude::*;
/// use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
/// use multitenant_runtime::{FunctionResult, Migrator, RustMigration, Scope};
///
/// diesel::table! { orders (id) { id -> BigInt, total -> BigInt, } }
///
/// async fn backfill_totals(conn: &mut AsyncPgConnection) -> FunctionResult {
///     for id in orders::table.select(orders::id).load::<i64>(conn).await? {
///         diesel::update(orders::table.find(id)).set(orders::total.eq(42)).execute(conn).await?;
///     }
///     // A part that may fail is a savepoint, and not the migration's end.
///     let _ = conn
///         .transaction(async |conn| diesel::sql_query("ALTER TABLE orders ALTER total SET NOT NULL").execute(conn).await)
///         .await;
///     Ok(())
/// }
///
/// # async fn run(migrations: multitenant_runtime::EmbeddedMigrations) -> Result<(), multitenant_runtime::Error> {
/// let migrator = Migrator::embedded(migrations)
///     .database_url("postgres://localhost/app")
///     .tenant_migration(RustMigration::new("2026-11-20-000000_backfill_totals", backfill_totals))
///     .build()?;
/// migrator.migrate(Scope::all()).await?;
/// # Ok(()) }
/// ```
///
/// # What the function may do
///
/// It is called once for each schema, and again where that fails in a way that may pass: everything in the database is
/// rolled back before, so that nothing outside of it may be left behind either. Its `conn.transaction(…)` is a
/// savepoint. It must not end the transaction (`COMMIT`, `ROLLBACK`): the session cannot write outside of it, and a
/// function that did is told as such, for what it did before is committed and not recorded. Settings of the session
/// go with the connection, which is the function's own and is closed after it. Its time zone is UTC, as Diesel has it.
///
/// A cancelled run drops the function at its next `.await`, and rolls back. A panic fails its target only.
///
/// A tenant's function must not change what the shared schema holds, as no tenant's migration may, unless it is
/// [allowed to](Self::allow_shared_locks).
///
/// # Limits
///
/// Behind a transaction pooler it is refused. Diesel's own harness cannot run it, and neither can `cargo multitenant`, to
/// which its version is one that it does not know: that is reported, and keeps it from nothing. A tenant that is
/// created by it lacks the function until the application migrates. The same commands inside the application have it.
#[derive(Clone)]
#[must_use = "a migration does nothing until a migrator has it"]
pub struct RustMigration {
    name: String,
    up: Function,
    down: Option<Function>,
    revision: Option<String>,
    allow_shared_locks: bool,
}

impl RustMigration {
    /// A migration of this name, which begins with its version as a folder's does: `2026-11-20-000000_backfill_totals`.
    pub fn new(name: impl Into<String>, function: impl MigrationFunction + 'static) -> Self {
        Self {
            name: name.into(),
            up: Function(Arc::new(function)),
            down: None,
            revision: None,
            allow_shared_locks: false,
        }
    }

    /// The way back. Without one, a rollback of this migration is refused, as without a `down.sql`.
    pub fn reverted_by(mut self, function: impl MigrationFunction + 'static) -> Self {
        self.down = Some(Function(Arc::new(function)));
        self
    }

    /// A text that stands for what the function does; its checksum is recorded as that of an `up.sql` would be.
    ///
    /// With another text than the one that was applied, the migration is *edited*. Without one it never is: nobody can
    /// tell what a function does.
    pub fn revision(mut self, revision: impl Into<String>) -> Self {
        self.revision = Some(revision.into());
        self
    }

    /// Lets a tenant's function change what the shared schema holds.
    pub fn allow_shared_locks(mut self) -> Self {
        self.allow_shared_locks = true;
        self
    }

    /// The migration as it stands in a set.
    pub(super) fn into_migration(self) -> Result<Migration, Problem> {
        let version = Version::of_folder(&self.name).ok_or_else(|| {
            Problem::in_file(
                &self.name,
                "has no usable version: a migration's name begins with a version of 1 to 50 characters and `_`, as in \
                 2026-11-20-000000_backfill_totals",
            )
        })?;
        let nothing = Script::nothing(&self.name);
        let way_back = match &self.down {
            Some(_) => Ok(nothing.clone()),
            None => Err(format!("{} has no way back: give it one with `reverted_by`", self.name).into()),
        };
        Ok(Migration {
            version,
            script: nothing,
            down: Down { text: None, script: way_back },
            is_reversal: false,
            is_script: false,
            checksum: self.revision.as_deref().map(Checksum::of),
            run_in_transaction: true,
            allow_shared_locks: self.allow_shared_locks,
            name: self.name,
            function: Some(self.up),
            way_back: self.down,
        })
    }
}

impl fmt::Debug for RustMigration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustMigration")
            .field("name", &self.name)
            .field("revision", &self.revision)
            .finish_non_exhaustive()
    }
}

/// A function, shared by the copies of its migration.
#[derive(Clone)]
pub(crate) struct Function(Arc<dyn MigrationFunction>);

impl Function {
    pub(crate) fn new(function: impl MigrationFunction + 'static) -> Self {
        Self(Arc::new(function))
    }

    pub(crate) async fn run(&self, connection: &mut AsyncPgConnection) -> FunctionResult {
        self.0.run(connection).await
    }

    /// Whether it blocks its task.
    pub(crate) fn blocks(&self) -> bool {
        self.0.blocks()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Function")
    }
}
