//! A history that the state table knows is not read before the work, but asked under the lock: what was done to it
//! behind the state table's back is noticed.

use multitenant_runtime::{Error, Report, Scope};

use super::project::{Project, outcomes};

const HISTORY: &str = "tenant_a.__diesel_schema_migrations";

/// What a run reports that has a third migration to apply, after something was done to the history of the first two.
async fn after(sql: &str) -> (Project, Report) {
    let project = Project::new()
        .await
        .tenant("1_users", "CREATE TABLE users (id int);")
        .tenant("2_orders", "CREATE TABLE orders (id int);");
    project.sql("CREATE SCHEMA tenant_a").await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    project.sql(&sql.replace("{}", HISTORY)).await;
    let project = project.tenant("3_more", "CREATE TABLE more (id int);");
    let report = match project.migrator().migrate(Scope::all()).await {
        Err(Error::Incomplete(report)) => *report,
        result => result.unwrap(),
    };
    (project, report)
}

async fn versions(project: &Project) -> String {
    project.one(&format!("SELECT string_agg(version, ' ' ORDER BY version) FROM {HISTORY}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_applied() {
    for (sql, outcome) in [
        ("", "tenant_a:applied 1"),
        ("DELETE FROM {} WHERE version = '2'; DROP TABLE tenant_a.orders", "tenant_a:applied 2"),
        ("DELETE FROM {} WHERE version = '1'; DROP TABLE tenant_a.users", "tenant_a:applied 2"),
        ("TRUNCATE {}; DROP TABLE tenant_a.users, tenant_a.orders", "tenant_a:applied 3"),
        ("DROP TABLE {}; DROP TABLE tenant_a.users, tenant_a.orders", "tenant_a:applied 3"),
        ("UPDATE {} SET multitenant_checksum = NULL", "tenant_a:applied 1"),
        (
            "UPDATE {} SET multitenant_checksum = NULL, multitenant_format = NULL WHERE version = '1'",
            "tenant_a:applied 1",
        ),
        ("ALTER TABLE {} DROP COLUMN multitenant_checksum", "tenant_a:applied 1"),
        ("DROP SCHEMA tenant_a CASCADE; CREATE SCHEMA tenant_a", "tenant_a:applied 3"),
    ] {
        let (project, report) = after(sql).await;
        assert_eq!(outcomes(&report), [outcome], "{sql}");
        assert_eq!(versions(&project).await, "1 2 3", "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_is_told() {
    let (project, report) = after("INSERT INTO {} (version) VALUES ('0')").await;
    assert_eq!(outcomes(&report), ["tenant_a:applied 1"]);
    assert_eq!(report.targets[0].unknown.iter().map(ToString::to_string).collect::<Vec<_>>(), ["0"]);
    assert_eq!(versions(&project).await, "0 1 2 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_edited_or_newer_is_refused() {
    for (sql, says) in [
        ("UPDATE {} SET multitenant_checksum = 'sha256:00' WHERE version = '1'", "differ"),
        ("UPDATE {} SET multitenant_format = 2 WHERE version = '2'", "format 2"),
    ] {
        let (project, report) = after(sql).await;
        let failure = report.targets[0].failure.as_ref().unwrap();
        assert!(failure.message.contains(says), "{failure}: {sql}");
        assert_eq!(versions(&project).await, "1 2", "{sql}");
    }
}

/// Without its key a table may hold a version twice, and then nobody knows what it means.
#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_there_twice_is_no_history() {
    let twice = "ALTER TABLE {} DROP CONSTRAINT __diesel_schema_migrations_pkey; UPDATE {} SET version = '1', multitenant_checksum = NULL";
    let (project, report) = after(twice).await;
    assert!(report.targets[0].failure.as_ref().unwrap().hint.as_ref().unwrap().contains("twice"));
    assert_eq!(versions(&project).await, "1 1");
}
