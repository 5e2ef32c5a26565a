//! Two schemas compared by `pg_dump`, which knows nothing of our own comparison.

use std::process::Command;

use multitenant_runtime::{Event, MigratorBuilder, NewTenant, Snapshots};

use crate::project::Project;

const HISTORY: &str = "__diesel_schema_migrations";

/// Creates a tenant; says whether from a snapshot.
pub(crate) async fn create(project: &Project, id: &str, snapshots: Snapshots) -> bool {
    created_from_snapshot(project.builder().snapshots(snapshots), NewTenant::new(id).unwrap()).await
}

/// Creates a tenant; says whether from a snapshot.
pub(crate) async fn created_from_snapshot(builder: MigratorBuilder, tenant: NewTenant) -> bool {
    let (sender, receiver) = std::sync::mpsc::channel();
    let migrator = builder
        .observer(move |event: &Event| {
            if matches!(event, Event::CreatedFromSnapshot { .. }) {
                sender.send(()).unwrap();
            }
        })
        .build()
        .unwrap();
    let report = migrator.create_tenant(tenant).await.unwrap();
    assert!(!report.applied.is_empty());
    receiver.try_recv().is_ok()
}

/// All that `pg_dump` says of a tenant, its rows and its history with it; its name and the moment of its making are
/// marks.
pub(crate) async fn all_of(project: &Project, id: &str) -> String {
    let schema = format!("tenant_{id}");
    let mut dump = Command::new("pg_dump");
    dump.args(["-d", project.database.url(), "--inserts", "-n", &schema, "-T", &format!("{schema}.{HISTORY}")]);
    let output = dump.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict"));
    let now = project.one(&format!("SELECT min(run_on)::timestamptz::text FROM {schema}.{HISTORY}")).await;
    let history = project
        .one(&format!(
            "SELECT string_agg(concat_ws(' ', version, multitenant_checksum, multitenant_format, length(multitenant_run), \
             run_on = (SELECT min(run_on) FROM {schema}.{HISTORY})), E'\\n' ORDER BY version) FROM {schema}.{HISTORY}"
        ))
        .await;
    let dumped: Vec<String> = lines.map(|line| line.replace(&schema, "SCHEMA").replace(&now, "NOW")).collect();
    format!("{}\n{history}", dumped.join("\n"))
}

/// Asserts that two tenants are the same but for their names.
pub(crate) async fn assert_same(project: &Project, one: &str, other: &str) {
    let (one, other) = (all_of(project, one).await, all_of(project, other).await);
    let only = |one: &str, other: &str| {
        let others: Vec<&str> = other.lines().collect();
        one.lines().filter(|line| !others.contains(line)).map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(one.lines().count() > 20, "{one}");
    assert_eq!(only(&one, &other), only(&other, &one), "lines that only one of them has");
    assert_eq!(one, other, "the order");
}
