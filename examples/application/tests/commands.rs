//! The built program in an empty folder, with nothing in its environment but the database, and without cargo.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use multitenant_runtime::testing::TestDatabase;
use serde_json::Value;
use tempfile::TempDir;

/// An image with the program in it, and no more.
struct Image {
    folder: TempDir,
    database: TestDatabase,
}

/// What a command has answered.
struct Answer {
    command: String,
    output: Output,
}

impl Image {
    async fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), database: TestDatabase::empty().await.unwrap() }
    }

    /// With the tenants `acme` and `globex`.
    async fn with_tenants() -> Self {
        let image = Self::new().await;
        image.run(&["migrate"]).code(0);
        image.run(&["tenant", "create", "acme", "globex"]).code(0);
        image
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_application"));
        command.env_clear().env("PATH", self.folder.path()).env("DATABASE_URL", self.database.url());
        command.current_dir(self.folder.path()).stdin(Stdio::null()).arg("multitenant").args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Answer {
        Answer { command: args.join(" "), output: self.command(args).output().unwrap() }
    }

    async fn sql(&self, sql: &str) {
        self.database.connect().await.unwrap().batch_execute(sql).await.unwrap();
    }

    async fn text(&self, sql: &str) -> String {
        self.database.connect().await.unwrap().query_one(sql, &[]).await.unwrap().get(0)
    }
}

impl Answer {
    #[track_caller]
    fn code(self, code: i32) -> Self {
        assert_eq!(self.output.status.code(), Some(code), "{}: {:?}", self.command, self.output);
        self
    }

    #[track_caller]
    fn says(self, texts: &[&str]) -> Self {
        let said = [&self.output.stdout, &self.output.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
        for text in texts {
            assert!(said.concat().contains(text), "{}: no {text:?} in\n{}", self.command, said.concat());
        }
        self
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.output.stdout).unwrap()
    }
}

const NOTES: &str = "select string_agg(text, ', ' order by id) from tenant_acme.notes";

#[tokio::test]
async fn an_image_needs_the_program_and_a_database() {
    let image = Image::new().await;
    image.run(&["status", "--check"]).code(1);
    image.run(&["migrate"]).code(0).says(&["public  applied", "1 schema: 1 migrated"]);
    let created = ["tenant_acme  created, applied 2: ", "seeded 2: 10_first.sql to 20_welcome.rs"];
    image.run(&["tenant", "create", "acme"]).code(0).says(&created);
    assert_eq!(image.text(NOTES).await, "from an SQL file, from Rust");
    image.run(&["status", "--check"]).code(0).says(&["tenant_acme", "up to date"]);
    image.run(&["seed", "--once"]).code(0).says(&["1 up to date"]);
    image.run(&["seed", "--once", "--env", "dev"]).code(0).says(&["tenant_acme  seeded dev/10_more.sql"]);
    assert_eq!(image.text(NOTES).await, "from an SQL file, from Rust, for trying things out");
    image.run(&["seed", "--env", "nosuch"]).code(4);
    image.run(&["sql", "select count(*) from notes", "--format", "csv"]).code(0).says(&["acme,3"]);

    image.run(&["rollback"]).code(13).says(&["2026-02-10-120000_importance", "say --yes to agree"]);
    let document = image.run(&["rollback", "--yes", "--format", "json"]).code(0).json();
    assert_eq!(document["targets"][0]["outcome"], "reverted", "{document}");
    image.run(&["status", "--check"]).code(1).says(&["behind"]);
    image.run(&["redo", "--yes"]).code(0).says(&["reverted 20260105100000, applied 20260105100000"]);
    image.run(&["drift"]).code(0);
    // It does not know which columns hold what is nobody's business elsewhere, and so copies none of them unasked.
    image.run(&["tenant", "clone", "acme", "copy"]).code(13).says(&["[clone.anonymise]", "--no-anonymise"]);
    image.run(&["tenant", "clone", "acme", "copy", "--no-anonymise"]).code(0).says(&["cloned from acme"]);
    image.run(&["tenant", "drop", "acme", "--yes"]).code(0);
    // Nothing was left in the folder, and nothing was looked for in it.
    assert_eq!(image.folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_failure_has_its_exit_code_and_its_place() {
    let image = Image::with_tenants().await;
    image.run(&["rollback", "--yes"]).code(0);
    image.sql("ALTER TABLE tenant_acme.notes ADD COLUMN important text").await;
    let place = "42701 column \"important\" of relation \"notes\" already exists\n     \
                 --> migrations/tenant/2026-02-10-120000_importance/up.sql:1:1";
    image.run(&["migrate"]).code(10).says(&["tenant_acme  failed: ", place]);
    image.run(&["migrate", "--tenant", "acme"]).code(11).says(&[place]);
    image.run(&["migrate", "--tenant", "nosuch"]).code(4).says(&["nosuch"]);
    image.run(&["seed", "--file", "seed.rs", "tenants"]).code(2).says(&["this program compiles nothing"]);
    image.run(&["migrate", "--format", "sarif"]).code(2);
    image.run(&["lint"]).code(2).says(&["run `cargo multitenant lint` in the project"]);
    image.run(&["migrat"]).code(2).says(&["similar subcommands exist: "]);
    image.run(&["rollback", "--help"]).code(0).says(&["  application multitenant rollback --tenant acme --steps 2"]);

    let mut nowhere = image.command(&["migrate"]);
    nowhere.env_remove("DATABASE_URL");
    let nowhere = Answer { command: "migrate".to_owned(), output: nowhere.output().unwrap() };
    nowhere.code(3).says(&["DATABASE_URL is not set", "help: set DATABASE_URL"]);
    let nobody = "postgres://127.0.0.1:1/nobody";
    image.run(&["migrate", "--database-url", nobody]).code(20).says(&["cannot connect to 127.0.0.1:1"]);
    image.run(&["migrate", "--database-url", "embedded"]).code(3).says(&["give a URL", "--config"]);
}

#[tokio::test]
async fn settings_are_those_of_the_binary_until_somebody_says_otherwise() {
    let image = Image::with_tenants().await;
    let file = image.folder.path().join("other.toml");
    std::fs::write(&file, "[tenants]\nsource = \"list\"\nids = [\"acme\"]\n").unwrap();
    // A file that nobody names is not read.
    std::fs::write(image.folder.path().join("multitenant.toml"), "nonsense").unwrap();
    let tenants = |answer: Answer| answer.json()["tenants"].as_array().unwrap().len();
    assert_eq!(tenants(image.run(&["status", "--format", "json"]).code(0)), 2);
    assert_eq!(tenants(image.run(&["status", "--format", "json", "--config", "other.toml"]).code(0)), 1);
    let mut filtered = image.command(&["status", "--format", "json"]);
    filtered.env("MULTITENANT_TENANTS_FILTER", "id = 'globex'");
    assert_eq!(tenants(Answer { command: "status".to_owned(), output: filtered.output().unwrap() }.code(0)), 1);
    let answer = image.run(&["status", "--config", "nosuch.toml"]).code(3);
    answer.says(&["nosuch.toml cannot be read"]);
}

#[tokio::test]
async fn a_signal_rolls_back_and_reports() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let image = Image::with_tenants().await;
        image.run(&["rollback", "--yes"]).code(0);
        let mut blocker = image.database.connect().await.unwrap();
        let transaction = blocker.transaction().await.unwrap();
        transaction.batch_execute("LOCK TABLE tenant_acme.notes").await.unwrap();
        let mut command = image.command(&["migrate", "--tenant", "acme", "--lock-timeout", "0", "--format", "json"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let waits = "select count(*)::text from pg_stat_activity where wait_event_type = 'Lock' \
                     and datname = current_database()";
        while image.text(waits).await == "0" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.status.signal()), (Some(code), None), "{output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_ne!(document["targets"][0]["outcome"], "applied", "{document}");
        transaction.rollback().await.unwrap();
        image.run(&["migrate"]).code(0);
    }
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
}
