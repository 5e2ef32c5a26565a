//! A project on disk, with a database, that the command line is tried on.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use multitenant_runtime::testing::TestDatabase;
use serde_json::Value;
use tokio_postgres::Client;

use crate::documents;

/// A project for one test.
pub(crate) struct Project {
    folder: tempfile::TempDir,
    database: Option<TestDatabase>,
}

/// What a command answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Answer {
    /// The answer, which must have this exit code.
    #[track_caller]
    pub(crate) fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, Some(expected), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The answer, whose stdout must hold these.
    #[track_caller]
    pub(crate) fn says(self, expected: &[&str]) -> Self {
        for text in expected {
            assert!(self.stdout.contains(text), "no {text:?} in stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        }
        self
    }

    /// The answer, whose stderr must hold these.
    #[track_caller]
    pub(crate) fn complains(self, expected: &[&str]) -> Self {
        for text in expected {
            assert!(self.stderr.contains(text), "no {text:?} in stderr:\n{}", self.stderr);
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl Project {
    /// An empty folder, and no database.
    pub(crate) fn on_disk() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: None }
    }

    /// An empty database, and a configuration that lists these tenants, whose schemas exist.
    pub(crate) async fn with_tenants(ids: &[&str]) -> Self {
        let database = TestDatabase::empty().await.unwrap();
        let client = database.connect().await.unwrap();
        for id in ids {
            client.batch_execute(&format!("create schema \"tenant_{}\"", id.replace('"', "\"\""))).await.unwrap();
        }
        let project = Self { folder: tempfile::tempdir().unwrap(), database: Some(database) };
        project.tenants(ids)
    }

    /// The configuration lists these tenants.
    pub(crate) fn tenants(self, ids: &[&str]) -> Self {
        let ids = serde_json::to_string(ids).unwrap();
        self.file("multitenant.toml", &format!("[tenants]\nsource = \"list\"\nids = {ids}\n"))
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn migration(self, folder: &str, up: &str) -> Self {
        self.file(&format!("migrations/{folder}/up.sql"), up)
    }

    pub(crate) fn down(self, folder: &str, down: &str) -> Self {
        self.file(&format!("migrations/{folder}/down.sql"), down)
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn url(&self) -> &str {
        self.database.as_ref().unwrap().url()
    }

    pub(crate) async fn client(&self) -> Client {
        self.database.as_ref().unwrap().connect().await.unwrap()
    }

    pub(crate) async fn sql(&self, sql: &str) {
        self.client().await.batch_execute(sql).await.unwrap();
    }

    pub(crate) async fn count(&self, sql: &str) -> i64 {
        self.client().await.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// The first column of every row, as text.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        self.client().await.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// The versions in a schema's history, in order.
    pub(crate) async fn history(&self, schema: &str) -> Vec<String> {
        self.texts(&format!("select version::text from {schema}.__diesel_schema_migrations order by 1")).await
    }

    /// The command, with nothing of ours in its environment but the database.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = command_in(self.folder.path());
        if let Some(database) = &self.database {
            command.env("DATABASE_URL", database.url());
        }
        command.args(args);
        command
    }

    #[track_caller]
    pub(crate) fn run(&self, args: &[&str]) -> Answer {
        answer(self.command(args))
    }
}

/// The binary in a folder, without arguments.
fn command_in(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cargo-multitenant-under-test"));
    command.current_dir(folder).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("MULTITENANT_") || ["DATABASE_URL", "NO_COLOR", "CLICOLOR_FORCE"].contains(&&*name) {
            command.env_remove(name);
        }
    }
    command
}

/// Runs a command to its end. A document that it answers with is held against its schema.
#[track_caller]
pub(crate) fn answer(mut command: Command) -> Answer {
    let output = command.output().unwrap();
    let answer = Answer {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    };
    let args: Vec<&str> = command.get_args().filter_map(|arg| arg.to_str()).collect();
    documents::check(&args, &answer);
    answer
}
