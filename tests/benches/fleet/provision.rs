//! New tenants of a project of some age: three hundred migrations, replayed, and from the snapshot of what they make.

use std::path::Path;

use multitenant_runtime::{
    MigrationSet, Migrator, NewTenant, Scope, Settings, SettingsText, SnapshotOutcome, Snapshots, Tier,
};
use serde_json::json;

use super::measuring::clock::{Clock, median};
use super::measuring::server::{Server, connect};
use super::options::Options;
use super::report::Report;

pub(crate) const NAME: &str = "provision";

const MIGRATIONS: usize = 300;

/// With foreign keys to a shared table, which a replay is judged by the wall for after each migration, and without.
pub(crate) async fn measure(server: &Server, options: &Options, report: &Report) {
    for refers in [false, true] {
        measure_one(server, options, report, refers).await;
    }
}

/// Creates tenants by turns, one in each way, and compares each with its neighbour.
async fn measure_one(server: &Server, options: &Options, report: &Report, refers: bool) {
    let database = "base_provision";
    server.control(&format!("CREATE DATABASE {database}")).await;
    let url = server.url(database);
    let folder = std::env::temp_dir().join(format!("bench-provision-{}", std::process::id()));
    write(&folder, refers);
    let migrator = |snapshots| migrator(&folder, &url, snapshots);
    migrator(Snapshots::Never).migrate(Scope::all()).await.unwrap();
    let made = migrator(Snapshots::Use).make_snapshot().await.unwrap();
    assert_eq!(made.outcome, SnapshotOutcome::Made, "{made:?}");
    let (mut replayed, mut restored, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    let ways = [migrator(Snapshots::Never), migrator(Snapshots::Use)];
    for repetition in 0..options.arguments.repetitions {
        let mut took = [0.0; 2];
        for (way, migrator) in ways.iter().enumerate() {
            let clock = Clock::start();
            migrator.create_tenant(NewTenant::new(format!("t{way}_{repetition}")).unwrap()).await.unwrap();
            took[way] = clock.stop().wall.as_secs_f64() * 1e3;
        }
        replayed.push(took[0]);
        restored.push(took[1]);
        ratios.push(took[1] / took[0]);
    }
    let objects = "SELECT count(DISTINCT n)::text FROM (SELECT count(*) AS n FROM pg_class \
        WHERE relnamespace::regnamespace::text LIKE 'tenant%' GROUP BY relnamespace) AS each";
    let distinct: String = connect(&url).await.query_one(objects, &[]).await.unwrap().get(0);
    assert_eq!(distinct, "1", "every tenant has as many relations");
    report.figure(&json!({
        "workload": NAME,
        "migrations": MIGRATIONS,
        "foreign_keys_to_shared": refers,
        "statements": made.statements,
        "replay_ms": median(&mut replayed),
        "snapshot_ms": median(&mut restored),
        "snapshot_takes_of_replay": median(&mut ratios),
        "making_ms": made.duration.as_millis(),
    }));
    std::fs::remove_dir_all(&folder).unwrap();
    server.drop_database(database).await;
}

fn migrator(folder: &Path, url: &str, snapshots: Snapshots) -> Migrator {
    let set = |tier, name: &str| MigrationSet::from_folder(tier, &folder.join(name)).unwrap();
    let settings = Settings::try_from(SettingsText::DEFAULT).unwrap();
    Migrator::from_sets(Some(set(Tier::Shared, "shared")), set(Tier::Tenant, "tenant"), settings)
        .database_url(url)
        .snapshots(snapshots)
        .build()
        .unwrap()
}

/// What becomes of a project: thirty tables, each made, changed, indexed, filled and cleaned up again by ten migrations.
fn write(folder: &Path, refers: bool) {
    up(
        &folder.join("shared/1_shared"),
        "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE plans (id int PRIMARY KEY);",
    );
    let reference = if refers { " REFERENCES plans" } else { "" };
    for i in 0..MIGRATIONS {
        let t = i / 10;
        let sql = match i % 10 {
            0 => format!(
                "CREATE TABLE t{t} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, old int, \
                 plan_id int{reference}, created_at timestamptz NOT NULL DEFAULT now());"
            ),
            1 => format!("ALTER TABLE t{t} ADD COLUMN note text, ADD COLUMN amount numeric(12, 2) NOT NULL DEFAULT 0;"),
            2 => format!("CREATE INDEX t{t}_name ON t{t} (name); CREATE INDEX t{t}_old ON t{t} (old);"),
            3 => format!("INSERT INTO t{t} (name) VALUES ('one'), ('two');"),
            4 => format!("ALTER TABLE t{t} ADD COLUMN title varchar(80); UPDATE t{t} SET title = name;"),
            5 => format!(
                "ALTER TABLE t{t} ALTER COLUMN title SET NOT NULL; ALTER TABLE t{t} ALTER COLUMN title TYPE text;"
            ),
            6 => format!("DROP INDEX t{t}_old; ALTER TABLE t{t} DROP COLUMN old;"),
            7 => format!("ALTER TABLE t{t} ADD CHECK (amount >= 0);"),
            8 => format!("ALTER TABLE t{t} RENAME COLUMN note TO remark; CREATE INDEX t{t}_title ON t{t} (title);"),
            _ => format!("DROP INDEX t{t}_name; CREATE UNIQUE INDEX t{t}_names ON t{t} (name, title);"),
        };
        up(&folder.join(format!("tenant/{i:03}_m")), &sql);
    }
}

fn up(folder: &Path, sql: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("up.sql"), sql).unwrap();
}
