//! Migrations, applied one by one to a database of their own.

use std::fs;
use std::path::Path;

use multitenant_runtime::Version;
use multitenant_runtime::migration::{Mode, split};
use multitenant_runtime::testing::TestDatabase;
use serde_json::Value;
use tokio_postgres::{Client, NoTls};

use super::compared::{Comparison, compare};
use super::introspected::introspected;

/// What came of a folder of migrations.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) migrations: usize,
    /// What did not apply, and why.
    pub(crate) failures: Vec<String>,
    pub(crate) comparison: Comparison,
}

/// Applies a folder's migrations in their order, and compares what a server has after those that succeed with what the
/// linter makes of these.
pub(crate) async fn applied(folder: &Path, extensions: &[&str]) -> Applied {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| Version::of_folder(name).is_some() && folder.join(name).join("up.sql").is_file());
    names.sort_by_cached_key(|name| Version::of_folder(name));
    let database = TestDatabase::empty().await.unwrap();
    let client = connect(database.url()).await;
    for extension in extensions {
        client.batch_execute(&format!("CREATE EXTENSION IF NOT EXISTS \"{extension}\" SCHEMA public")).await.ok();
    }
    let good = tempfile::tempdir().unwrap();
    let mut failures = Vec::new();
    for name in &names {
        let script = fs::read_to_string(folder.join(name).join("up.sql")).unwrap();
        let metadata = fs::read_to_string(folder.join(name).join("metadata.toml")).unwrap_or_default();
        let metadata: toml::Table = metadata.parse().unwrap();
        // A session of its own for each, as for our runner and psql.
        let client = connect(database.url()).await;
        let result = if metadata.get("run_in_transaction") != Some(&toml::Value::Boolean(false)) {
            client.batch_execute(&format!("BEGIN;\n{script}\n;COMMIT")).await
        } else {
            one_by_one(&client, &script).await
        };
        match result {
            Ok(()) => {
                let copy = good.path().join(name);
                fs::create_dir(&copy).unwrap();
                fs::write(copy.join("up.sql"), &script).unwrap();
            }
            Err(error) => {
                let message = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
                failures.push(format!("{name}: {message}"));
            }
        }
    }
    let folded: Value = cargo_multitenant::folded_catalog(good.path());
    let comparison = compare(&folded, &introspected(&client).await);
    Applied { migrations: names.len(), failures, comparison }
}

/// Several statements in one message are one transaction, which `CONCURRENTLY` refuses.
async fn one_by_one(client: &Client, script: &str) -> Result<(), tokio_postgres::Error> {
    for statement in split(script, Mode::NonTransactional).unwrap() {
        client.batch_execute(&script[statement.range]).await?;
    }
    Ok(())
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}
