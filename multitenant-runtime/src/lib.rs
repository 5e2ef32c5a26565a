//! Runtime.

mod connection;

pub use connection::{ConnectError, ConnectErrorKind, ConnectionUrl, Notice, UrlError};
