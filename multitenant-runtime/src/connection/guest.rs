//! A connection of ours in Diesel's hands, for code of the application's.

use std::pin::pin;
use std::time::Duration;

use diesel::QueryResult;
use diesel::sql_types::{Nullable, Text};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use futures_util::future::join_all;

use super::canceller::Canceller;
use super::driver::Driver;
use super::ear::{Ear, ServerError};
use super::notice::{Notice, NoticeBuffer};
use super::session::Session;
use super::silence::Attendant;

/// A connection of ours in Diesel's hands, for code of the application's.
pub(crate) struct Guest {
    pub(crate) connection: AsyncPgConnection,
    care: Care,
    notices: NoticeBuffer,
    ear: Ear,
    driver: Driver,
}

/// What our own statements need on a connection that they borrow: to be stopped, and to be given up.
#[derive(Clone)]
pub(crate) struct Care {
    pub(crate) canceller: Canceller,
    pub(crate) attendant: Attendant,
}

impl Session {
    /// Gives the connection to Diesel. What the server says of failures is heard where the session was opened so.
    pub(crate) async fn into_guest(self) -> diesel::ConnectionResult<Guest> {
        let canceller = self.canceller();
        let (client, notices, ear, driver, attendant) = self.into_parts();
        let connection = attendant.attended(0, pin!(AsyncPgConnection::try_from(client))).await?;
        Ok(Guest { connection, care: Care { canceller, attendant }, notices, ear, driver })
    }
}

impl Guest {
    /// Begins a transaction by this statement, through Diesel: so its own transactions are savepoints of it.
    pub(crate) async fn begin(&mut self, sql: &str) -> QueryResult<()> {
        AnsiTransactionManager::begin_transaction_sql(&mut self.connection, sql).await
    }

    /// Runs one statement.
    pub(crate) async fn run(&mut self, sql: &str) -> QueryResult<()> {
        self.connection.batch_execute(sql).await
    }

    /// Sends all statements at once, in order, a message each.
    ///
    /// # Errors
    ///
    /// The first failure, with the place of its statement.
    pub(crate) async fn pipeline(&mut self, statements: &[String]) -> Result<(), (usize, diesel::result::Error)> {
        let connection = &self.connection;
        let sent = statements.iter().map(|sql| async move {
            let mut connection = connection;
            connection.batch_execute(sql).await
        });
        let answers = join_all(sent).await;
        answers.into_iter().enumerate().try_for_each(|(i, answer)| answer.map_err(|error| (i, error)))
    }

    /// What an expression is, as text.
    pub(crate) async fn text(&mut self, expression: &str) -> QueryResult<Option<String>> {
        let expression = diesel::dsl::sql::<Nullable<Text>>(expression);
        diesel::select(expression).get_result(&mut self.connection).await
    }

    /// The number of the transaction.
    pub(crate) async fn transaction_number(&mut self) -> QueryResult<String> {
        let number = diesel::dsl::sql::<Text>("pg_catalog.pg_current_xact_id()::text");
        diesel::select(number).get_result(&mut self.connection).await
    }

    /// How many transactions are open, one within the other, for all that Diesel knows; `None` where it is at a loss.
    pub(crate) fn depth(&mut self) -> Option<u32> {
        let status = AnsiTransactionManager::transaction_manager_status_mut(&mut self.connection);
        status.transaction_depth().ok().map(|depth| depth.map_or(0, u32::from))
    }

    /// What stops the connection's work from outside, and gives the connection up.
    pub(crate) fn care(&self) -> Care {
        self.care.clone()
    }

    /// What hears them.
    #[cfg(feature = "pool")]
    pub(crate) fn ear(&self) -> Ear {
        self.ear.clone()
    }

    /// What the server has said of failures since the last call, oldest first.
    pub(crate) fn take_errors(&self) -> Vec<ServerError> {
        self.ear.take()
    }

    pub(crate) fn take_notices(&self) -> Vec<Notice> {
        self.notices.take()
    }

    /// Whether the connection is lost.
    pub(crate) fn is_closed(&self) -> bool {
        self.driver.is_finished() || self.ear.traffic().is_lost()
    }

    /// Whether it is quiet.
    #[cfg(feature = "pool")]
    pub(crate) fn traffic(&self) -> &super::traffic::Traffic {
        self.ear.traffic()
    }

    /// Ends the connection for good: what runs on it is cancelled, and the server's process waited for, so that it
    /// does not count among the server's connections any more. Not longer than this limit.
    #[cfg(feature = "pool")]
    pub(crate) async fn end(self, limit: Duration) {
        const AGAIN: Duration = Duration::from_secs(1);
        let Self { connection, care, mut driver, ear, .. } = self;
        drop(connection);
        let ended = async {
            // A request that comes between two statements stops neither.
            while !driver.is_finished() {
                if !ear.traffic().is_quiet() && !ear.traffic().is_lost() {
                    care.canceller.cancel().await;
                }
                driver.wait(AGAIN).await;
            }
        };
        if tokio::time::timeout(limit, ended).await.is_err() {
            tracing::warn!("a connection did not end in time: the server may go on with it");
        }
    }

    /// Says goodbye to the server and waits until it is said.
    pub(crate) async fn close(self) {
        let Self { connection, mut driver, .. } = self;
        drop(connection);
        driver.wait(Duration::from_secs(5)).await;
    }
}
