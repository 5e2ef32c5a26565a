//! Rows as a stream, in the text format of `COPY`: never more of a table than a few messages is in memory.

use std::io::Cursor;

use tokio_postgres::{CopyInSink, CopyOutStream};

use super::session::Session;

/// Where rows go that are sent to the server.
pub(crate) type RowSink = CopyInSink<Cursor<Vec<u8>>>;

impl Session {
    /// Begins a `COPY … TO STDOUT`; the server waits while nobody reads.
    pub(crate) async fn copy_out(&self, sql: &str) -> Result<CopyOutStream, tokio_postgres::Error> {
        self.client.copy_out(sql).await
    }

    /// Begins a `COPY … FROM STDIN`; what is sent waits while the server does not take it.
    pub(crate) async fn copy_in(&self, sql: &str) -> Result<RowSink, tokio_postgres::Error> {
        self.client.copy_in(sql).await
    }
}
