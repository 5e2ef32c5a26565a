//! The project's own development server, for `database.url = "embedded"` and `cargo multitenant db`.

use std::fs;
use std::io;
use std::path::Path;

use multitenant_runtime::embedded::ProjectServer;
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::error::CliError;

/// The project's database on its server.
pub(crate) const DATABASE: &str = "multitenant";

/// What is ours in the project, with the server's data in it.
const FOLDER: &str = ".multitenant";

/// The server of a project; nothing is started.
pub(crate) fn server(root: &Path) -> ProjectServer {
    ProjectServer::new(root.join(FOLDER).join("postgres"))
}

/// Starts the server unless it runs, makes the project's database unless it is there, and returns its URL.
pub(crate) fn start(root: &Path) -> Result<String, CliError> {
    keep_out_of_git(&root.join(FOLDER)).map_err(|error| CliError::Files {
        what: format!("the folder {} cannot be made", root.join(FOLDER).display()),
        help: None,
        source: Some(error),
    })?;
    let server = server(root);
    let maintenance = server.start()?;
    let url = server.url(DATABASE);
    crate::context::block_on(create_unless_there(&url, &maintenance))?;
    Ok(url)
}

/// The folder, which says itself that it is nobody's to commit.
fn keep_out_of_git(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    match fs::File::create_new(folder.join(".gitignore")) {
        Ok(mut file) => io::Write::write_all(&mut file, b"*\n"),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// The usual case, that it is there, costs a connection and no statement.
async fn create_unless_there(url: &str, maintenance: &str) -> Result<(), CliError> {
    match tokio_postgres::connect(url, NoTls).await {
        Ok(_) => Ok(()),
        Err(error) if error.code() == Some(&SqlState::INVALID_CATALOG_NAME) => create(maintenance).await,
        Err(error) => Err(error),
    }
    .map_err(CliError::Development)
}

async fn create(maintenance: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(maintenance, NoTls).await?;
    let connection = tokio::spawn(connection);
    let made = client.batch_execute(&format!("create database {DATABASE}")).await;
    drop(client);
    // Ends by itself now that the client is gone.
    let _ = connection.await;
    match made {
        // Another process has made it since: the two ways in which the server says so.
        Err(error)
            if [SqlState::DUPLICATE_DATABASE, SqlState::UNIQUE_VIOLATION]
                .iter()
                .any(|code| error.code() == Some(code)) =>
        {
            Ok(())
        }
        made => made,
    }
}
