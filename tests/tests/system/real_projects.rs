//! Other people's migrations: a folder, applied to ten tenants by us and to one schema by `psql`, gives equal
//! schemas.
//!
//! `MULTITENANT_PROJECT=/path/to/migrations[:/another…]`; without it there is nothing to do.
//! `MULTITENANT_EXTENSIONS=pgcrypto,…` makes these in `public` first, for both.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

use multitenant_runtime::testing::TestDatabase;
use multitenant_runtime::{
    Error, MigrationSet, Migrator, NewTenant, RegistryText, Settings, SettingsText, SnapshotOutcome, Tier,
};

use super::command_line;
use super::environment::{say, variable};
use super::fleet::{HISTORY, client};

/// How many tenants. Migrations that look into the catalogue without a schema find one tenant's objects only:
/// `MULTITENANT_TENANTS=1`.
fn tenants() -> usize {
    variable("MULTITENANT_TENANTS").and_then(|n| n.parse().ok()).unwrap_or(10)
}

#[tokio::test(flavor = "multi_thread")]
async fn give_the_schemas_that_psql_gives() {
    let Some(folders) = variable("MULTITENANT_PROJECT") else {
        return say("skipped: MULTITENANT_PROJECT is not set to folders of migrations");
    };
    let mut differences = Vec::new();
    for folder in folders.split(':') {
        let result = compare(Path::new(folder)).await;
        say(&format!("{folder}: {}", result.as_ref().map_or_else(String::as_str, String::as_str)));
        differences.extend(result.err().map(|difference| format!("{folder}: {difference}")));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

async fn compare(folder: &Path) -> Result<String, String> {
    let set = MigrationSet::from_folder(Tier::Tenant, folder).map_err(|error| error.to_string())?;
    let (ours, theirs) = (TestDatabase::empty().await.unwrap(), TestDatabase::empty().await.unwrap());
    for database in [&ours, &theirs] {
        let client = client(database.url()).await;
        for extension in variable("MULTITENANT_EXTENSIONS").iter().flat_map(|list| list.split(',')) {
            let sql = format!("CREATE EXTENSION IF NOT EXISTS \"{extension}\" SCHEMA public");
            client.batch_execute(&sql).await.unwrap();
        }
    }
    client(theirs.url()).await.batch_execute("CREATE SCHEMA replay").await.unwrap();
    let client = client(ours.url()).await;
    for i in 0..tenants() {
        client.batch_execute(&format!("CREATE SCHEMA tenant_{i}")).await.unwrap();
    }

    let settings = SettingsText { registry: RegistryText::Schemas, ..SettingsText::DEFAULT };
    let migrator = Migrator::from_sets(None, set.clone(), Settings::try_from(settings).unwrap())
        .database_url(ours.url())
        .jobs(4)
        .build()
        .unwrap();
    let started = Instant::now();
    let run = command_line::run(folder, ours.url(), &["migrate", "--jobs", "4"]);
    let took = started.elapsed();
    let by_psql = replay(&set, folder, theirs.url());
    match (run.code, by_psql) {
        (Some(0), Ok(())) => {}
        (Some(0), Err(psql)) => return Err(format!("psql alone fails: {psql}")),
        (code, psql) => return Err(format!("{code:?} {}{}\n  psql: {psql:?}", run.stdout, run.stderr)),
    }
    let expected = dump(theirs.url(), "replay")?;
    let mut wrong = Vec::new();
    for i in 0..tenants() {
        let schema = format!("tenant_{i}");
        if let Some(difference) = difference(&expected, &dump(ours.url(), &schema)?) {
            wrong.push(format!("{schema}: {difference}"));
        }
        let (a, b) = (rows(ours.url(), &schema).await, rows(theirs.url(), "replay").await);
        if a != b {
            wrong.push(format!("{schema}: rows {a:?} and {b:?}"));
        }
    }
    match migrator.create_tenant(NewTenant::new("new").unwrap()).await {
        Ok(_) => wrong.extend(
            difference(&expected, &dump(ours.url(), "tenant_new")?).map(|difference| format!("created: {difference}")),
        ),
        Err(error) => wrong.push(format!("create_tenant: {}", describe(&error))),
    }
    let snapshot = match migrator.make_snapshot().await {
        Ok(report) => report,
        Err(error) => return Err(format!("make_snapshot: {}", describe(&error))),
    };
    let copied = if snapshot.outcome == SnapshotOutcome::Made {
        match migrator.create_tenant(NewTenant::new("copied").unwrap()).await {
            Ok(_) => wrong.extend(
                difference(&expected, &dump(ours.url(), "tenant_copied")?).map(|lines| format!("copied: {lines}")),
            ),
            Err(error) => wrong.push(format!("create_tenant from the snapshot: {}", describe(&error))),
        }
        if rows(ours.url(), "tenant_copied").await != rows(theirs.url(), "replay").await {
            wrong.push("copied: other rows".to_owned());
        }
        let (replay, restore) = (snapshot.replay.unwrap_or_default(), snapshot.restore.unwrap_or_default());
        format!("; snapshot of {} statements, {restore:.0?} for {replay:.0?}", snapshot.statements.unwrap_or_default())
    } else {
        format!("; no snapshot: {}", snapshot.reason.unwrap_or_default())
    };
    if wrong.is_empty() {
        let outside = set.migrations().iter().filter(|migration| !migration.run_in_transaction()).count();
        let lines = expected.lines().count();
        Ok(format!(
            "equal: {} migrations, {outside} of them outside a transaction, {lines} lines of schema, {} tenants in {took:.1?}{copied}",
            set.migrations().len(),
            tenants(),
        ))
    } else {
        Err(wrong.join("\n  "))
    }
}

fn describe(error: &Error) -> String {
    let Error::Incomplete(report) = error else { return error.to_string() };
    let hints = report.incomplete().filter_map(|t| t.failure.as_ref()?.hint.as_deref()).take(1);
    format!("{error}\n  hint: {}", hints.collect::<String>())
}

/// The same files by `psql`, one process for each, in the order of their versions.
fn replay(set: &MigrationSet, folder: &Path, url: &str) -> Result<(), String> {
    for migration in set.migrations() {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]);
        if migration.run_in_transaction() {
            psql.arg("-1");
        }
        psql.arg("-f").arg(folder.join(migration.name()).join("up.sql"));
        run(psql.env("PGOPTIONS", "-csearch_path=replay,public -cclient_min_messages=warning"))?;
    }
    Ok(())
}

fn run(command: &mut Command) -> Result<String, String> {
    let Output { status, stdout, stderr } = command.output().map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    if status.success() { Ok(text(stdout)) } else { Err(text(stderr)) }
}

/// The schema as `pg_dump` writes it, its own name replaced.
fn dump(url: &str, schema: &str) -> Result<String, String> {
    let mut pg_dump = Command::new("pg_dump");
    pg_dump.args(["-s", "-d", url, "-n", schema, "-T", &format!("{schema}.{HISTORY}")]);
    let text = run(&mut pg_dump)?;
    let lines = text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    Ok(lines.map(|line| line.replace(schema, "SCHEMA")).collect::<Vec<_>>().join("\n"))
}

fn difference(expected: &str, got: &str) -> Option<String> {
    if expected == got {
        return None;
    }
    let count = |text: &str| {
        let mut lines = BTreeMap::<String, i32>::new();
        text.lines().for_each(|line| *lines.entry(line.to_owned()).or_default() += 1);
        lines
    };
    let (a, b) = (count(expected), count(got));
    let only = |a: &BTreeMap<String, i32>, b: &BTreeMap<String, i32>| {
        a.iter().filter(|(line, n)| b.get(*line) != Some(n)).map(|(line, _)| line.clone()).take(8).collect::<Vec<_>>()
    };
    Some(format!("only psql: {:#?}, only ours: {:#?}", only(&a, &b), only(&b, &a)))
}

/// How many rows each table has.
async fn rows(url: &str, schema: &str) -> Vec<(String, i64)> {
    let client = client(url).await;
    let tables = format!(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = '{schema}' AND tablename <> '{HISTORY}' ORDER BY 1"
    );
    let mut counts = Vec::new();
    for row in client.query(&tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let counted = client.query_one(&format!("SELECT count(*) FROM {schema}.\"{table}\""), &[]).await.unwrap();
        counts.push((table, counted.get(0)));
    }
    counts
}
