//! A database per test, made from a template in some hundredths of a second, and gone after it.
//!
//! [`TestDatabase`] is the database of one test. Tests may run in parallel, as the threads of `cargo test` or
//! the processes of `cargo nextest`: every database has a name of its own.
//!
//! [`Cluster`] is the server they are on. Where `DATABASE_URL` is set, it is that one, and every database there
//! that is not of our making is left alone; else it is an [`EmbeddedServer`](crate::embedded::EmbeddedServer)
//! that all tests of the process share.
//!
//! Nothing is left behind. A database is dropped with its guard, after a panic too. After an abort, an embedded
//! server goes with the process, and on another server the databases are dropped by the next run.
//!
//! ```no_run
//! use multitenant_runtime::testing::{TestDatabase, TestingError};
//!
//! # async fn test() -> Result<(), TestingError> {
//! let database = TestDatabase::from_template("shop, first version", async |url: &str| {
//!     let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
//!     let (made, closed) = futures_util::future::join(
//!         async move { client.batch_execute("CREATE TABLE plans (id int PRIMARY KEY)").await },
//!         connection,
//!     )
//!     .await;
//!     made.and(closed)
//! })
//! .await?;
//! database.connect().await?.batch_execute("INSERT INTO plans VALUES (1)").await.ok();
//! # Ok(())
//! # }
//! ```
//!
//! `DATABASE_URL` has to lead to the server itself, not to a pooler in transaction mode: which databases are in
//! use is known by locks that sessions hold. Its role needs `CREATEDB`.

mod background;
mod cluster;
mod connect;
mod database;
mod error;
mod leftovers;
mod migrated;
mod names;
mod template;

pub use cluster::Cluster;
pub use database::TestDatabase;
pub use error::TestingError;
