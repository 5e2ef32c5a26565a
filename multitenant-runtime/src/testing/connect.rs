//! How this room connects, in one place.

use tokio_postgres::{Client, NoTls};

use super::TestingError;

/// A session that is driven by the runtime of the caller and ends with the client.
pub(crate) async fn connect(url: &str, database: &str) -> Result<Client, TestingError> {
    let connected = tokio_postgres::connect(url, NoTls).await;
    let (client, connection) = connected.map_err(TestingError::database("connect to", database))?;
    tokio::spawn(connection);
    Ok(client)
}
