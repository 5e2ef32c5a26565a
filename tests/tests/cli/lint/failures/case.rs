//! A project of two tenants as a text, linted and then migrated by Diesel's own harness, which protects nobody.

use std::io::Write as _;

use diesel::pg::Pg;
use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::SqlType;
use diesel_async::{AsyncConnection, AsyncMigrationHarness, AsyncPgConnection, SimpleAsyncConnection};
use diesel_migrations::{FileBasedMigrations, MigrationHarness};
use serde_json::Value;
use tokio_postgres::Client;

use crate::project::Project;

/// A project, with a database in which the schemas of the tenants `a` and `b` are.
pub(super) struct Case {
    project: Project,
}

/// A project in which a rule finds something at just these places, `file:line`.
///
/// `-- file: shared/1_users/up.sql` begins a migration's file, any other name a file of the project.
pub(super) async fn forbidden(rule: &str, text: &str, places: &[&str]) -> Case {
    let case = Case::new(text).await;
    let found: Vec<String> = case.findings().iter().filter(|finding| finding["code"] == rule).map(place).collect();
    assert_eq!(found, places, "{rule} finds what is forbidden");
    case
}

/// A project in which the rule finds nothing, and no rule an error.
pub(super) async fn allowed(rule: &str, text: &str) -> Case {
    let case = Case::new(text).await;
    let findings = case.findings();
    let found: Vec<_> =
        findings.iter().filter(|finding| finding["code"] == rule || finding["level"] == "error").collect();
    assert!(found.is_empty(), "{rule} is content, and so is everybody: {found:#?}");
    case
}

fn place(finding: &Value) -> String {
    let file = finding["file"].as_str().unwrap();
    format!("{}:{}", file.strip_prefix("migrations/").unwrap_or(file), finding["line"])
}

impl Case {
    async fn new(text: &str) -> Self {
        let mut project = Project::with_tenants(&["a", "b"]).await;
        for file in text.split("-- file: ").skip(1) {
            let (path, text) = file.split_once('\n').unwrap();
            let is_migration = path.starts_with("shared/") || path.starts_with("tenant/");
            let path = if is_migration { format!("migrations/{path}") } else { path.to_owned() };
            project = project.file(&path, text);
        }
        if text.contains("-- file: src/") {
            let package = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
            project = project.file("Cargo.toml", package).file("src/lib.rs", "mod schema;\n");
        }
        Self { project }
    }

    fn findings(&self) -> Vec<Value> {
        let answer = self.project.run(&["lint", "--format", "json"]).json();
        answer["findings"].as_array().unwrap().clone()
    }

    /// The text of a migration's file.
    pub(super) fn script(&self, file: &str) -> String {
        std::fs::read_to_string(self.project.path(&format!("migrations/{file}"))).unwrap()
    }

    /// Applies the shared migrations with this `search_path`.
    pub(super) async fn shared(&self, search_path: &str) -> Result<(), String> {
        apply(self.diesel(search_path).await, self.folder("shared"))
    }

    /// Applies the tenants' migrations to a tenant.
    pub(super) async fn tenant(&self, id: &str) -> Result<(), String> {
        apply(self.diesel(&path_of(id)).await, self.folder("tenant"))
    }

    /// Applies the next of the tenants' migrations to a tenant.
    pub(super) async fn next(&self, id: &str) {
        let mut harness = AsyncMigrationHarness::new(self.diesel(&path_of(id)).await);
        harness.run_next_migration(self.folder("tenant")).unwrap();
    }

    /// Reverts a tenant's last migration.
    pub(super) async fn revert(&self, id: &str) -> Result<(), String> {
        let mut harness = AsyncMigrationHarness::new(self.diesel(&path_of(id)).await);
        harness.revert_last_migration(self.folder("tenant")).map(drop).map_err(|error| error.to_string())
    }

    /// Applies everything, as it should be possible: the shared migrations, then both tenants'.
    pub(super) async fn all(self) -> Self {
        self.shared("public").await.unwrap();
        for id in ["a", "b"] {
            self.tenant(id).await.unwrap();
        }
        self
    }

    fn folder(&self, tier: &str) -> FileBasedMigrations {
        let folder = self.project.path(&format!("migrations/{tier}"));
        std::fs::create_dir_all(&folder).unwrap();
        FileBasedMigrations::from_path(folder).unwrap()
    }

    /// Diesel's connection with a `search_path`.
    pub(super) async fn diesel(&self, search_path: &str) -> AsyncPgConnection {
        let mut connection = AsyncPgConnection::establish(self.project.url()).await.unwrap();
        connection.batch_execute(&format!("SET search_path = {search_path}")).await.unwrap();
        connection
    }

    /// A connection with a `search_path`.
    pub(super) async fn client(&self, search_path: &str) -> Client {
        let client = self.project.client().await;
        client.batch_execute(&format!("SET search_path = {search_path}")).await.unwrap();
        client
    }

    /// Runs SQL with a `search_path`.
    pub(super) async fn run(&self, search_path: &str, sql: &str) -> Result<(), String> {
        self.client(search_path)
            .await
            .batch_execute(sql)
            .await
            .map_err(|error| error.as_db_error().unwrap().to_string())
    }

    /// Runs SQL as a tenant: with its schema first, and then the shared one.
    pub(super) async fn as_tenant(&self, id: &str, sql: &str) -> Result<(), String> {
        self.run(&path_of(id), sql).await
    }

    /// The first column of every row, with a `search_path`.
    pub(super) async fn rows(&self, search_path: &str, sql: &str) -> Vec<String> {
        let answers = self.client(search_path).await.simple_query(sql).await.unwrap();
        let rows = answers.iter().filter_map(|answer| match answer {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("NULL").to_owned()),
            _ => None,
        });
        rows.collect()
    }

    /// The name of a role that no other test uses.
    pub(super) fn role(&self, name: &str) -> String {
        format!("{}_{name}", self.project.url().rsplit('/').next().unwrap().split('?').next().unwrap())
    }

    /// The first column of every row, as a tenant.
    pub(super) async fn rows_of(&self, id: &str, sql: &str) -> Vec<String> {
        self.rows(&path_of(id), sql).await
    }
}

/// A tenant's `search_path`, as an application sets it.
pub(super) fn path_of(id: &str) -> String {
    format!("tenant_{id}, public")
}

fn apply(connection: AsyncPgConnection, migrations: FileBasedMigrations) -> Result<(), String> {
    let mut harness = AsyncMigrationHarness::new(connection);
    harness.run_pending_migrations(migrations).map(drop).map_err(|error| error.to_string())
}

/// A label of any enum, as Diesel sends it.
#[derive(Debug)]
pub(super) struct Label(pub(super) &'static str);

impl<T: SqlType> ToSql<T, Pg> for Label {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> diesel::serialize::Result {
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}
