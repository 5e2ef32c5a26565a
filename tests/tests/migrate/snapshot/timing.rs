//! How long three hundred migrations take, and how long their snapshot. Printed, and not asserted.

use std::time::{Duration, Instant};

use multitenant_runtime::{NewTenant, Scope, SnapshotOutcome, Snapshots};

use super::compared::assert_same;
use crate::project::Project;

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::disallowed_macros, reason = "it is there to be read")]
async fn three_hundred_migrations() {
    let mut project =
        Project::new().await.tenants_in_table().shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);");
    for i in 0..300 {
        let (t, c) = (i / 5, i % 5);
        let up = match c {
            0 => format!(
                "CREATE TABLE t{t} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, at timestamptz \
                 NOT NULL DEFAULT now());"
            ),
            1 => format!("ALTER TABLE t{t} ADD COLUMN note text, ADD COLUMN old int;"),
            2 => format!("CREATE INDEX t{t}_name ON t{t} (name);"),
            3 => format!("ALTER TABLE t{t} DROP COLUMN old; ALTER TABLE t{t} ADD CHECK (name <> '');"),
            _ => format!("INSERT INTO t{t} (name) VALUES ('one'); UPDATE t{t} SET note = name;"),
        };
        project = project.tenant(&format!("{i:03}_m"), &up);
    }
    project.migrator().migrate(Scope::all()).await.unwrap();
    let report = project.migrator().make_snapshot().await.unwrap();
    assert_eq!((report.outcome, report.reason), (SnapshotOutcome::Made, None));
    let mut took = [Duration::MAX; 2];
    for i in 0..3 {
        for (place, snapshots) in [Snapshots::Never, Snapshots::Use].into_iter().enumerate() {
            let migrator = project.builder().snapshots(snapshots).build().unwrap();
            let started = Instant::now();
            migrator.create_tenant(NewTenant::new(format!("t{place}{i}")).unwrap()).await.unwrap();
            took[place] = took[place].min(started.elapsed());
        }
    }
    let (replay, restore) = (report.replay.unwrap(), report.restore.unwrap());
    let looked = Instant::now();
    project.migrator().snapshot().await.unwrap();
    println!("to look whether there is one: {:.0?}", looked.elapsed());
    println!("statements alone: {replay:.0?} replayed, {restore:.0?} from a snapshot");
    println!(
        "300 migrations: {:.0?} replayed, {:.0?} from a snapshot of {:?} statements",
        took[0], took[1], report.statements
    );
    assert_same(&project, "t00", "t10").await;
}
