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
    crate::context::block_on(create_database(&maintenance))?;
    Ok(server.url(DATABASE))
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

async fn create_database(url: &str) -> Result<(), CliError> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(CliError::Development)?;
    let connection = tokio::spawn(connection);
    let there = "select 1 from pg_database where datname = $1";
    if client.query_opt(there, &[&DATABASE]).await.map_err(CliError::Development)?.is_none() {
        let made = client.batch_execute(&format!("create database {DATABASE}")).await;
        // Another process may have made it since: two ways in which the server says so.
        if let Err(error) = made
            && !matches!(error.code(), Some(code) if *code == SqlState::DUPLICATE_DATABASE || *code == SqlState::UNIQUE_VIOLATION)
        {
            return Err(CliError::Development(error));
        }
    }
    drop(client);
    // Ends by itself when the client is gone.
    let _ = connection.await;
    Ok(())
}
