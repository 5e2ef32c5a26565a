//! A unit of work behind a pooler in transaction mode: one transaction, which begins by setting the tenant on it.
//!
//! There the server's connection is another one for each transaction, and is the next client's afterwards. So nothing is
//! ever set for longer than a transaction, and nothing is asked outside of one.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AsQuery, QueryFragment, QueryId};
use diesel::result::Error;
use diesel_async::{
    AnsiTransactionManager, AsyncConnectionCore, AsyncPgConnection, SimpleAsyncConnection, TransactionManager,
};
use futures_util::future::{BoxFuture, FutureExt, ready};
use futures_util::stream::{self, BoxStream, StreamExt};

use crate::connection::{Guest, TransactionStatus};
use crate::run::Failure;
use crate::sqlstate::{is_failed_guard_code, is_refused_role};

use super::error::PoolError;
use super::pooled::{Pooled, Served};

type Manager = AnsiTransactionManager;
/// A row as it came.
pub(crate) type Row = <AsyncPgConnection as AsyncConnectionCore>::Row<'static, 'static>;

/// Rows as they come.
pub(crate) type Rows = BoxStream<'static, QueryResult<Row>>;

/// How each unit of work begins on a connection, and what became of the last one.
#[derive(Debug, Default)]
pub(super) struct Unit {
    /// What follows `BEGIN`.
    entrance: String,
    /// Whether statements may stay prepared.
    keeps_statements: bool,
    /// Whose schema the entrance asserts, and as whom.
    served: Option<Arc<Served>>,
    /// Whether there are roles, which another client of the pooler may have taken on.
    has_roles: bool,
    /// Whether one was begun and not ended: its future was dropped, or a row could not be read.
    is_open: AtomicBool,
    /// Whether the schema was not there, or its role not to be had.
    is_astray: AtomicBool,
}

impl Unit {
    /// Units of work begin with these statements, which assert the target's schema.
    pub(super) fn entering(&self, statements: &str, served: &Arc<Served>) -> Self {
        let (entrance, served) = (format!("; {statements}"), Some(Arc::clone(served)));
        let Self { keeps_statements, has_roles, .. } = *self;
        Self { entrance, served, keeps_statements, has_roles, ..Self::default() }
    }

    /// Units of work serve nobody.
    pub(super) fn leaving(keeps_statements: bool, has_roles: bool) -> Self {
        // Whatever other clients of the pooler may have left behind.
        let role = if has_roles { "; SET LOCAL role TO DEFAULT" } else { "" };
        let entrance = format!("; SET LOCAL search_path TO DEFAULT{role}");
        Self { entrance, keeps_statements, has_roles, ..Self::default() }
    }

    /// Whether a unit of work has failed since the schema was not there.
    pub(super) fn is_astray(&self) -> bool {
        self.is_astray.load(Ordering::Acquire)
    }

    /// Whether one was begun and not ended.
    pub(super) fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    /// Units of work serve nobody from now on.
    pub(super) fn left(&self) -> Self {
        Self::leaving(self.keeps_statements, self.has_roles)
    }

    /// Whether the driver keeps statements prepared that it must not keep: those by which it looks up types that are
    /// not PostgreSQL's own. The one that has just run may not be closed yet.
    pub(super) fn is_outlasted(&self, guest: &Guest) -> bool {
        !self.keeps_statements && guest.traffic().statements() > 1
    }

    /// Looks whether nothing would outlast the transaction; what would is taken from the server's connection.
    async fn nothing_lasts(&self, guest: &Guest) -> QueryResult<()> {
        if !self.is_outlasted(guest) {
            return Ok(());
        }
        let mut connection = &guest.connection;
        connection.batch_execute("DEALLOCATE ALL").await?;
        Err(Error::QueryBuilderError(Box::new(PoolError::NeedsPreparedStatements)))
    }

    /// The message that begins one; what is left of the last one is undone.
    fn opening(&self, begin: &str) -> String {
        let rest = if self.is_open.swap(true, Ordering::AcqRel) { "ROLLBACK; " } else { "" };
        format!("{rest}{begin}{}", self.entrance)
    }

    async fn begin(&self, guest: &Guest) -> QueryResult<()> {
        let mut connection = &guest.connection;
        match connection.batch_execute(&self.opening("BEGIN")).await {
            Ok(()) => Ok(()),
            Err(error) => Err(self.refused(guest, error).await),
        }
    }

    /// What to say of a failed beginning, which is undone.
    async fn refused(&self, guest: &Guest, error: Error) -> Error {
        let heard = guest.take_errors();
        self.roll_back(guest).await;
        let refused = match (&self.served, heard.last()) {
            (Some(served), Some(heard)) if is_failed_guard_code(&heard.code) => {
                PoolError::MissingSchema { target: served.target.clone() }
            }
            (Some(served), Some(heard)) if served.role.is_some() && is_refused_role(&heard.code) => {
                PoolError::of_role(served, Box::new(Failure::from(heard)))
            }
            _ => return error,
        };
        self.is_astray.store(true, Ordering::Release);
        Error::QueryBuilderError(Box::new(refused))
    }

    async fn commit(&self, guest: &Guest) -> QueryResult<()> {
        let mut connection = &guest.connection;
        let result = connection.batch_execute("COMMIT").await;
        // A failed COMMIT is over, too; where it is not known, the connection is lost.
        self.is_open.store(false, Ordering::Release);
        result
    }

    async fn roll_back(&self, guest: &Guest) {
        let sql = if self.is_outlasted(guest) { "ROLLBACK; DEALLOCATE ALL" } else { "ROLLBACK" };
        let mut connection = &guest.connection;
        if connection.batch_execute(sql).await.is_ok() {
            self.is_open.store(false, Ordering::Release);
        }
    }
}

impl Pooled {
    /// Begins a transaction, or a savepoint in the one that is open; `begin` is the statement that begins it, where that
    /// is not plain `BEGIN`.
    pub(crate) async fn begin(&mut self, begin: Option<&str>) -> QueryResult<()> {
        let unit = self.unit_alone()?.map(Arc::clone);
        self.step_out()?;
        let result = match (&unit, begin) {
            (Some(unit), begin) => {
                let sql = unit.opening(begin.unwrap_or("BEGIN"));
                Manager::begin_transaction_sql(self.connection(), &sql).await
            }
            (None, Some(sql)) => Manager::begin_transaction_sql(self.connection(), sql).await,
            (None, None) => Manager::begin_transaction(self.connection()).await,
        };
        let result = match (result, unit) {
            (Ok(()), Some(unit)) => {
                // Diesel's from now on.
                unit.is_open.store(false, Ordering::Release);
                Ok(())
            }
            (Err(error), Some(unit)) => Err(unit.refused(&self.guest, error).await),
            (result, None) => result,
        };
        self.is_between = false;
        result
    }

    /// Commits the transaction, or lets go of the savepoint.
    pub(crate) async fn commit(&mut self) -> QueryResult<()> {
        self.step_out()?;
        let result = Manager::commit_transaction(self.connection()).await;
        self.is_between = false;
        result
    }

    /// Rolls the transaction back, or to the savepoint.
    pub(crate) async fn roll_back(&mut self) -> QueryResult<()> {
        self.step_out()?;
        let result = Manager::rollback_transaction(self.connection()).await;
        self.is_between = false;
        result
    }

    /// Where such a step was given up, nobody knows whether there is a transaction.
    fn step_out(&mut self) -> QueryResult<()> {
        if std::mem::replace(&mut self.is_between, true) {
            return Err(Error::BrokenTransactionManager);
        }
        Ok(())
    }

    /// Looks whether nothing of a transaction would outlast it.
    pub(crate) async fn nothing_lasts(&self) -> QueryResult<()> {
        match &self.unit {
            Some(unit) => unit.nothing_lasts(&self.guest).await,
            None => Ok(()),
        }
    }

    /// Whether a statement is a unit of work of its own.
    pub(crate) fn is_unit(&mut self) -> bool {
        self.unit_alone().is_ok_and(|unit| unit.is_some())
    }

    /// What a statement begins with that is a unit of work of its own; `None` within a transaction, and where nothing
    /// is between the pool and the server.
    pub(super) fn unit_alone(&mut self) -> QueryResult<Option<&Arc<Unit>>> {
        if self.unit.is_none() {
            return Ok(None);
        }
        if self.is_between {
            return Err(Error::BrokenTransactionManager);
        }
        let connection = self.diesel().ok_or(Error::BrokenTransactionManager)?;
        let depth = Manager::transaction_manager_status_mut(connection).transaction_depth()?;
        let traffic = self.guest.traffic();
        if depth.is_some() && traffic.is_quiet() && traffic.status() == Some(TransactionStatus::Idle) {
            // Its end was hidden in somebody's SQL.
            return Err(Error::BrokenTransactionManager);
        }
        Ok(self.unit.as_ref().filter(|_| depth.is_none()))
    }
}

impl SimpleAsyncConnection for Pooled {
    async fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        match self.unit_alone()? {
            None => self.connection().batch_execute(query).await,
            Some(_) => Err(Error::QueryBuilderError("a batch of statements needs a transaction here".into())),
        }
    }
}

// The types are those of diesel-async's own connection: with others the compiler does not see that the futures of an
// application are `Send`. So rows borrow nothing.
impl AsyncConnectionCore for Pooled {
    type ExecuteFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<usize>>;
    type LoadFuture<'conn, 'query> = BoxFuture<'conn, QueryResult<Rows>>;
    type Stream<'conn, 'query> = Rows;
    type Row<'conn, 'query> = Row;
    type Backend = Pg;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> Self::LoadFuture<'conn, 'query>
    where
        T: AsQuery + 'query,
        T::Query: QueryFragment<Pg> + QueryId + 'query,
    {
        let unit = match self.unit_alone() {
            Ok(unit) => unit.map(Arc::clone),
            Err(error) => return ready(Err(error)).boxed(),
        };
        let Some(unit) = unit else { return AsyncConnectionCore::load(self.connection(), source) };
        let guest = &self.guest;
        let rows = AsyncConnectionCore::load(&mut &guest.connection, source);
        in_unit(Arc::clone(guest), unit, rows).boxed()
    }

    fn execute_returning_count<'conn, 'query, T>(&'conn mut self, source: T) -> Self::ExecuteFuture<'conn, 'query>
    where
        T: QueryFragment<Pg> + QueryId + 'query,
    {
        let unit = match self.unit_alone() {
            Ok(unit) => unit.map(Arc::clone),
            Err(error) => return ready(Err(error)).boxed(),
        };
        let Some(unit) = unit else { return self.connection().execute_returning_count(source) };
        let guest = &*self.guest;
        let statement = (&mut &guest.connection).execute_returning_count(source);
        in_unit_counted(guest, unit, statement).boxed()
    }
}

async fn in_unit_counted(
    guest: &Guest,
    unit: Arc<Unit>,
    statement: BoxFuture<'_, QueryResult<usize>>,
) -> QueryResult<usize> {
    unit.begin(guest).await?;
    let result = match statement.await {
        Ok(count) => unit.nothing_lasts(guest).await.map(|()| count),
        Err(error) => Err(error),
    };
    match result {
        Ok(count) => unit.commit(guest).await.map(|()| count),
        Err(error) => {
            unit.roll_back(guest).await;
            Err(error)
        }
    }
}

/// The rows as they come; behind the last one the transaction is committed.
async fn in_unit(guest: Arc<Guest>, unit: Arc<Unit>, rows: BoxFuture<'_, QueryResult<Rows>>) -> QueryResult<Rows> {
    unit.begin(&guest).await?;
    let result = match rows.await {
        Ok(rows) => unit.nothing_lasts(&guest).await.map(|()| rows),
        Err(error) => Err(error),
    };
    match result {
        Ok(rows) => Ok(until_committed(guest, unit, rows)),
        Err(error) => {
            unit.roll_back(&guest).await;
            Err(error)
        }
    }
}

fn until_committed(guest: Arc<Guest>, unit: Arc<Unit>, rows: Rows) -> Rows {
    let rows = stream::unfold(Some((guest, unit, rows)), |state| async {
        let (guest, unit, mut rows) = state?;
        let end = match rows.next().await {
            Some(Ok(row)) => return Some((Ok(row), Some((guest, unit, rows)))),
            // With the rows goes the statement, whose end must be heard by this server's connection.
            None => {
                drop(rows);
                unit.commit(&guest).await.err()
            }
            Some(Err(error)) => {
                drop(rows);
                unit.roll_back(&guest).await;
                Some(error)
            }
        };
        end.map(|error| (Err(error), None))
    });
    rows.boxed()
}
