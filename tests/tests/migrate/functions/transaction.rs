//! The transaction that a function runs in, and what it may not do there.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::{AnsiTransactionManager, AsyncConnection, AsyncPgConnection, TransactionManager};
use multitenant_runtime::{FailureClass, FunctionResult, RustMigration, Scope};

use super::tenants::{NAME, Script, failed, failing, fill, history, incomplete, rows, sql, tenants, with};
use crate::project::outcomes;

#[tokio::test]
async fn it_runs_in_the_frame_of_the_others() {
    let project = tenants(1).await;
    let look = "CREATE TABLE seen AS SELECT current_schema()::text AS schema, \
                current_setting('search_path') AS path, current_setting('lock_timeout') AS lock, \
                current_setting('statement_timeout') AS statement, current_setting('transaction_isolation') AS level, \
                (SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) AS locks, \
                (SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() \
                AND application_name = 'cargo-multitenant') AS connections";
    let script = Script { calls: Arc::default(), statements: Vec::leak(vec![look]) };
    let migrator = with(&project, script)
        .jobs(1)
        .lock_timeout(Duration::from_millis(1234))
        .statement_timeout(Some(Duration::from_secs(77)));
    migrator.build().unwrap().migrate(Scope::all()).await.unwrap();
    let seen = "SELECT concat_ws('|', schema, path, lock, statement, level, locks, connections) FROM tenant_0.seen";
    assert_eq!(project.one(seen).await, "tenant_0|\"tenant_0\", \"public\"|1234ms|77s|read committed|1|1");
}

#[tokio::test]
async fn a_transaction_of_its_own_is_a_savepoint() {
    async fn parts(conn: &mut AsyncPgConnection) -> FunctionResult {
        sql(conn, "INSERT INTO a VALUES (1)").await?;
        conn.transaction::<_, diesel::result::Error, _>(async |conn| sql(conn, "INSERT INTO a VALUES (2)").await)
            .await?;
        let broken = conn
            .transaction::<_, diesel::result::Error, _>(async |conn| {
                sql(conn, "INSERT INTO a VALUES (3)").await?;
                sql(conn, "INSERT INTO nowhere VALUES (3)").await
            })
            .await;
        assert!(broken.is_err());
        Ok(())
    }

    async fn parts_and_an_end(conn: &mut AsyncPgConnection) -> FunctionResult {
        parts(conn).await?;
        Err("not this time".into())
    }

    let project = tenants(1).await;
    // What the inner ones have committed goes with the outer one.
    let failure = failed(with(&project, parts_and_an_end).build().unwrap().migrate(Scope::all()).await);
    assert_eq!((failure.class, failure.sqlstate.as_deref()), (FailureClass::Permanent, None));
    assert_eq!(failure.to_string(), "the function failed: not this time (2_fill)");
    assert_eq!(rows(&project, "tenant_0").await, "0");
    with(&project, parts).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(project.one("SELECT string_agg(n::text, ',' ORDER BY n) FROM tenant_0.a").await, "1,2");
}

#[tokio::test]
async fn one_that_ends_the_transaction_is_told_as_what_it_is() {
    // Committed, and then nothing can be written any more.
    let (project, calls, failure) =
        failing(&["INSERT INTO a VALUES (1)", "COMMIT", "INSERT INTO tenant_0.a VALUES (2)"]).await;
    assert_eq!((calls, failure.class), (1, FailureClass::Permanent));
    assert!(failure.message.starts_with("the function committed the transaction"), "{failure}");
    assert_eq!(failure.sqlstate.as_deref(), Some("25006"));
    assert_eq!(
        (rows(&project, "tenant_0").await, history(&project, "tenant_0").await),
        ("1".into(), "1:sha256".into())
    );

    for statements in [
        &["INSERT INTO a VALUES (1)", "COMMIT"] as &[_],
        &["INSERT INTO a VALUES (1)", "COMMIT", "BEGIN READ WRITE", "INSERT INTO tenant_0.a VALUES (2)"],
        &["INSERT INTO a VALUES (1)", "COMMIT AND CHAIN", "INSERT INTO tenant_0.a VALUES (2)"],
        &["INSERT INTO a VALUES (1)", "COMMIT; BEGIN READ WRITE; SELECT 1 / 0"],
    ] {
        let (project, calls, failure) = failing(statements).await;
        assert_eq!(calls, 1, "{statements:?}");
        assert!(failure.message.starts_with("the function committed the transaction"), "{statements:?}: {failure}");
        // What it committed stays; what it did in another transaction of its own does not.
        assert_eq!(rows(&project, "tenant_0").await, "1", "{statements:?}");
        assert_eq!(history(&project, "tenant_0").await, "1:sha256");
    }
    for statements in [
        &["INSERT INTO a VALUES (1)", "ROLLBACK"] as &[_],
        &["INSERT INTO a VALUES (1)", "ROLLBACK", "BEGIN READ WRITE", "INSERT INTO tenant_0.a VALUES (2)"],
    ] {
        let (project, calls, failure) = failing(statements).await;
        assert_eq!((calls, failure.class), (1, FailureClass::Permanent));
        assert!(failure.message.starts_with("the function ended the transaction"), "{failure}");
        assert_eq!(rows(&project, "tenant_0").await, "0");
    }
}

#[tokio::test]
async fn one_that_leaves_its_own_transaction_open_is_not_recorded() {
    async fn leaves_it_open(conn: &mut AsyncPgConnection) -> FunctionResult {
        AnsiTransactionManager::begin_transaction(conn).await?;
        fill(conn).await
    }

    async fn ends_ours(conn: &mut AsyncPgConnection) -> FunctionResult {
        fill(conn).await?;
        AnsiTransactionManager::rollback_transaction(conn).await?;
        Ok(())
    }

    let project = tenants(1).await;
    let failure = failed(with(&project, leaves_it_open).build().unwrap().migrate(Scope::all()).await);
    assert_eq!(failure.message, "the function left a transaction of its own open");
    let failure = failed(with(&project, ends_ours).build().unwrap().migrate(Scope::all()).await);
    assert!(failure.message.starts_with("the function ended the transaction"), "{failure}");
    assert_eq!(rows(&project, "tenant_0").await, "0");
}

#[tokio::test]
async fn settings_that_it_leaves_harm_nobody() {
    let project = tenants(2).await;
    let script = Script {
        calls: Arc::default(),
        statements: &[
            "INSERT INTO a VALUES (1)",
            "SET search_path = public",
            "SET LOCAL search_path = pg_catalog",
            "SET lock_timeout = '1ms'",
        ],
    };
    let report = with(&project, script).jobs(1).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 3", "tenant_1:applied 3"]);
    for schema in ["tenant_0", "tenant_1"] {
        assert_eq!(history(&project, schema).await, "1:sha256 2 3:sha256");
    }
}

#[tokio::test]
async fn the_wall_stands_before_functions_too() {
    async fn alters(conn: &mut AsyncPgConnection) -> FunctionResult {
        sql(conn, "ALTER TABLE plans ADD IF NOT EXISTS note text").await?;
        Ok(())
    }

    let project = tenants(1).await.shared("0_plans", "CREATE TABLE plans (id int PRIMARY KEY)");
    let migrate = async |migration: RustMigration| {
        project.builder().tenant_migration(migration).build().unwrap().migrate(Scope::all()).await
    };
    let report = incomplete(migrate(RustMigration::new(NAME, alters)).await);
    let failure = report.targets[1].failure.as_ref().unwrap();
    assert_eq!((failure.class, failure.file.as_deref()), (FailureClass::SharedSchemaTouched, Some(NAME)));
    assert_eq!(failure.message, "this tenant migration would change the shared schema: plans");
    let columns = "SELECT count(*)::text FROM pg_attribute WHERE attrelid = 'plans'::regclass AND attname = 'note'";
    assert_eq!(project.one(columns).await, "0");
    migrate(RustMigration::new(NAME, alters).allow_shared_locks()).await.unwrap();
    assert_eq!(project.one(columns).await, "1");
}
