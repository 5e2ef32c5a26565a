//! Connections of our own: to migrate, to look, to administer.
//!
//! [`ConnectionUrl`] is what the user wrote, understood once; [`Session`](session::Session) is one connection
//! made from it. Deliberately absent: pools, which belong to the application, and the environment (`PGHOST`,
//! `PGPASSWORD`, password files), which is a configuration layer and read where layers are merged.
#![cfg_attr(not(feature = "migrations"), allow(dead_code, reason = "only what migrates opens sessions"))]

mod attempt;
mod canceller;
mod codes;
#[cfg(feature = "migrations")]
mod copying;
mod driver;
mod ear;
mod error;
#[cfg(feature = "functions")]
mod guest;
mod host;
mod introduction;
mod meaning;
mod notice;
mod parameters;
mod patient;
#[cfg_attr(not(feature = "migrations"), expect(unreachable_pub, reason = "only who migrates exports it"))]
mod row;
mod session;
mod silence;
mod socket;
mod ssl;
mod tls;
mod traffic;
mod url;
mod url_error;
mod url_text;
mod witness;

#[cfg(test)]
#[cfg(unix)]
mod tests;

#[cfg(feature = "migrations")]
pub(crate) use canceller::Canceller;
#[cfg(feature = "migrations")]
pub(crate) use copying::RowSink;
#[cfg(feature = "pool")]
pub(crate) use ear::Ear;
#[cfg(feature = "functions")]
pub(crate) use ear::ServerError;
pub use error::{ConnectError, ConnectErrorKind};
#[cfg(feature = "functions")]
pub(crate) use guest::{Care, Guest};
#[cfg(feature = "migrations")]
pub(crate) use introduction::ConnectOptions;
pub use notice::Notice;
#[cfg(feature = "migrations")]
pub use row::Row;
#[cfg(feature = "migrations")]
pub(crate) use session::{Backend, PipelineError, Session};
#[cfg(feature = "migrations")]
pub(crate) use silence::Watch;
#[cfg(feature = "migrations")]
pub use socket::Way;
#[cfg(feature = "pool")]
pub(crate) use traffic::TransactionStatus;
pub use url::ConnectionUrl;
pub use url_error::UrlError;
#[cfg(feature = "migrations")]
pub(crate) use witness::Witness;
