//! A run leaves no session and no lock behind, however it ends.

use multitenant_runtime::{Error, Scope};
use tokio_util::sync::CancellationToken;

use super::fleet::Fleet;

/// Ours, in this database.
pub(crate) const SESSIONS: &str =
    "FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'cargo-multitenant%'";

/// No session and no advisory lock of ours is in the fleet's database, as soon as the server has noticed.
pub(crate) async fn assert_none(fleet: &Fleet) {
    fleet.until(&format!("SELECT NOT EXISTS (SELECT {SESSIONS})")).await;
    fleet
        .until(
            "SELECT NOT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
             WHERE l.locktype = 'advisory' AND d.datname = current_database())",
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_success_and_after_failure() {
    for last in ["CREATE TABLE c (id int);", "SELECT 1/0;"] {
        let fleet = Fleet::new()
            .await
            .tenant("1_a", "CREATE TABLE a (id int);")
            .tenant_outside("2_b", "CREATE INDEX CONCURRENTLY a_id ON a (id);")
            .tenant("3_c", last);
        fleet.schemas(6, "").await;
        let _ = fleet.migrator().migrate(Scope::all()).await;
        assert_none(&fleet).await;
        let _ = fleet.migrator().plan(Scope::all()).await;
        assert_none(&fleet).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_cancelled_run() {
    let fleet = Fleet::new().await.tenant("1_slow", "CREATE TABLE a (); SELECT pg_sleep(60);");
    fleet.schemas(5, "").await;
    let token = CancellationToken::new();
    let migrator = fleet.builder().jobs(3).cancellation(token.clone()).build().unwrap();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    fleet.until(&format!("SELECT count(*) = 3 {SESSIONS} AND wait_event = 'PgSleep'")).await;
    token.cancel();
    let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("cancelled") };
    assert!(report.cancelled);
    assert_none(&fleet).await;
    assert_eq!(fleet.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'a'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_run_whose_future_was_dropped() {
    let fleet = Fleet::new().await.tenant("1_slow", "CREATE TABLE a (); SELECT pg_sleep(1);");
    fleet.schemas(5, "").await;
    let migrator = fleet.builder().jobs(3).build().unwrap();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    fleet.until(&format!("SELECT count(*) = 3 {SESSIONS} AND wait_event = 'PgSleep'")).await;
    run.abort();
    assert!(run.await.unwrap_err().is_cancelled());
    assert_none(&fleet).await;
    // Each was in one transaction: with its history or not at all.
    let torn = "SELECT count(*)::text FROM pg_tables a WHERE tablename = 'a' AND NOT EXISTS (SELECT FROM pg_tables h \
                WHERE h.schemaname = a.schemaname AND h.tablename = '__diesel_schema_migrations')";
    assert_eq!(fleet.one(torn).await, "0");
    assert!(fleet.migrator().migrate(Scope::all()).await.is_ok());
}
