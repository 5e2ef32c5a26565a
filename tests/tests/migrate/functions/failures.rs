//! What fails in a function, or around it: how it is told, and when it is tried again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection};
use multitenant_runtime::{
    CancellationToken, Extent, FailureClass, FunctionResult, MigrationFunction, Operation, RustMigration, Scope,
    async_trait,
};
use multitenant_tests::proxy::{Proxy, Way};

use super::tenants::{NAME, Script, count, empty, failed, fill, history, incomplete, rows, sql, tenants, with};
use crate::project::outcomes;

#[tokio::test]
async fn a_failing_tenant_fails_alone_and_by_its_sqlstate() {
    let project = tenants(3).await;
    project.sql("CREATE TABLE tenant_1.only_here (n int)").await;
    let script =
        Script { calls: Arc::default(), statements: &["INSERT INTO a VALUES (1)", "CREATE TABLE only_here (n int)"] };
    let report = incomplete(with(&project, script).build().unwrap().migrate(Scope::all()).await);
    assert_eq!(outcomes(&report), ["tenant_0:applied 3", "tenant_1:failed after 1", "tenant_2:applied 3"]);
    let failure = report.targets[1].failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::Permanent);
    assert_eq!(failure.sqlstate.as_deref(), Some("42P07"));
    assert_eq!((failure.migration.as_deref(), failure.file.as_deref()), (Some("2"), Some(NAME)));
    assert_eq!(
        (rows(&project, "tenant_1").await, history(&project, "tenant_1").await),
        ("0".into(), "1:sha256".into())
    );
}

#[tokio::test]
async fn the_servers_error_is_found_in_what_is_made_of_it() {
    #[derive(Debug)]
    struct Own(diesel::result::Error);

    impl std::fmt::Display for Own {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("no luck")
        }
    }

    impl std::error::Error for Own {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }

    async fn as_a_source(conn: &mut AsyncPgConnection) -> FunctionResult {
        sql(conn, "SELECT 1 / 0").await.map_err(Own)?;
        Ok(())
    }

    async fn as_a_text(conn: &mut AsyncPgConnection) -> FunctionResult {
        sql(conn, "SELECT 1 / 0").await.map_err(|error| format!("no luck: {error}"))?;
        Ok(())
    }

    async fn not_at_all(conn: &mut AsyncPgConnection) -> FunctionResult {
        let _ = sql(conn, "SELECT 1 / 0").await;
        sql(conn, "INSERT INTO a VALUES (1)").await?;
        Ok(())
    }

    async fn and_all_is_well(conn: &mut AsyncPgConnection) -> FunctionResult {
        let _ = sql(conn, "SELECT 1 / 0").await;
        Ok(())
    }

    async fn another_one(conn: &mut AsyncPgConnection) -> FunctionResult {
        let _ = conn.transaction::<_, diesel::result::Error, _>(async |conn| sql(conn, "SELECT 1 / 0").await).await;
        Err("of my own".into())
    }

    let project = tenants(1).await;
    for (builder, sqlstate) in [
        (with(&project, as_a_source), Some("22012")),
        (with(&project, as_a_text), Some("22012")),
        (with(&project, not_at_all), Some("22012")),
        (with(&project, and_all_is_well), Some("22012")),
        // The server's failure was seen to: it is not what ended the function.
        (with(&project, another_one), None),
    ] {
        let failure = failed(builder.build().unwrap().migrate(Scope::all()).await);
        assert_eq!(failure.sqlstate.as_deref(), sqlstate, "{failure:?}");
        assert_eq!(failure.class, FailureClass::Permanent);
    }
    assert_eq!(
        (rows(&project, "tenant_0").await, history(&project, "tenant_0").await),
        ("0".into(), "1:sha256".into())
    );
}

#[tokio::test]
async fn a_panic_costs_its_tenant_only() {
    async fn panics(conn: &mut AsyncPgConnection) -> FunctionResult {
        let schema: String = diesel_async::RunQueryDsl::get_result(
            diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("current_schema()::text")),
            conn,
        )
        .await?;
        sql(conn, "INSERT INTO a VALUES (1)").await?;
        assert_ne!(schema, "tenant_0", "boom");
        Ok(())
    }

    let project = tenants(2).await;
    let report = incomplete(with(&project, panics).jobs(1).build().unwrap().migrate(Scope::all()).await);
    assert_eq!(outcomes(&report), ["tenant_0:failed after 1", "tenant_1:applied 3"]);
    let failure = report.targets[0].failure.as_ref().unwrap();
    assert!(failure.message.starts_with("the function failed: it panicked: assertion"), "{failure}");
    assert_eq!(rows(&project, "tenant_0").await, "0");
}

#[tokio::test]
async fn what_may_pass_is_tried_again_from_the_beginning() {
    struct Until {
        calls: Arc<AtomicUsize>,
        works: usize,
        before: &'static str,
    }

    #[async_trait]
    impl MigrationFunction for Until {
        async fn run(&self, conn: &mut AsyncPgConnection) -> FunctionResult {
            fill(conn).await?;
            if self.calls.fetch_add(1, Ordering::SeqCst) + 1 < self.works {
                // Inside a savepoint, whose own end then fails as well.
                conn.transaction::<_, diesel::result::Error, _>(async |conn| sql(conn, self.before).await).await?;
            }
            Ok(())
        }
    }

    for (before, works) in [
        ("DO $$ BEGIN RAISE 'again' USING ERRCODE = '40001'; END $$", 3),
        ("DO $$ BEGIN RAISE 'again' USING ERRCODE = '40P01'; END $$", 3),
        ("DO $$ BEGIN RAISE 'again' USING ERRCODE = '55P03'; END $$", 2),
        ("SELECT pg_terminate_backend(pg_backend_pid())", 3),
    ] {
        let project = tenants(1).await;
        let calls = Arc::new(AtomicUsize::new(0));
        let until = Until { calls: calls.clone(), works, before };
        let report = with(&project, until).build().unwrap().migrate(Scope::all()).await;
        assert_eq!(outcomes(&report.unwrap()), ["tenant_0:applied 3"], "{before}");
        assert_eq!(count(&calls), works, "{before}");
        assert_eq!(rows(&project, "tenant_0").await, "1", "{before}");
    }
}

#[tokio::test]
async fn a_lock_that_does_not_come_is_given_up_and_tried_again() {
    let project = tenants(1).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let holder = project.client().await;
    holder.batch_execute("BEGIN; LOCK TABLE tenant_0.a").await.unwrap();
    let calls = Arc::new(AtomicUsize::new(0));
    let script = Script { calls: calls.clone(), statements: &["INSERT INTO a VALUES (1)"] };
    let migrator = with(&project, script).lock_timeout(Duration::from_millis(50)).build().unwrap();
    let release = async {
        while count(&calls) < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        holder.batch_execute("COMMIT").await.unwrap();
    };
    let (report, ()) = tokio::join!(migrator.migrate(Scope::all()), release);
    assert_eq!(outcomes(&report.unwrap()), ["tenant_0:applied 1"]);
    assert_eq!(rows(&project, "tenant_0").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_the_commit_is_found_out() {
    for back in [false, true] {
        let project = tenants(1).await;
        let builder = |url: String| {
            let migration = RustMigration::new("4_last", fill).reverted_by(empty);
            project.builder().database_url(url).tenant_migration(migration)
        };
        if back {
            builder(project.database.url().to_owned()).build().unwrap().migrate(Scope::all()).await.unwrap();
        } else {
            project.migrator().migrate(Scope::all()).await.unwrap();
        }
        // The COMMIT of a function has a trip of its own.
        let proxy = Proxy::before(project.database.url()).await.cutting(Way::ToClient, b"C\0\0\0\x0bCOMMIT\0", 1);
        let migrator = builder(proxy.url().to_owned()).build().unwrap();
        let operation =
            if back { Operation::rollback(Scope::all(), Extent::default()) } else { Operation::migrate(Scope::all()) };
        let report = migrator.run(operation).await.unwrap();
        assert_eq!(proxy.happened(), 1);
        let target = &report.targets[0];
        assert_eq!((target.applied.len(), target.reverted.len()), if back { (0, 1) } else { (1, 0) });
        assert_eq!(rows(&project, "tenant_0").await, if back { "0" } else { "1" });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_stops_it_wherever_it_is() {
    async fn in_the_server(conn: &mut AsyncPgConnection) -> FunctionResult {
        fill(conn).await?;
        sql(conn, "SELECT pg_sleep(300)").await?;
        Ok(())
    }

    async fn in_the_process(conn: &mut AsyncPgConnection) -> FunctionResult {
        fill(conn).await?;
        tokio::time::sleep(Duration::from_secs(300)).await;
        Ok(())
    }

    let project = tenants(1).await;
    for builder in [with(&project, in_the_server), with(&project, in_the_process)] {
        let token = CancellationToken::new();
        let migrator = builder.cancellation(token.clone()).build().unwrap();
        let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
        let open = "SELECT count(*)::text FROM pg_stat_activity WHERE datname = current_database() \
                    AND query ~ '^(SELECT pg_sleep|INSERT INTO a)' AND application_name = 'cargo-multitenant'";
        while project.one(open).await == "0" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        token.cancel();
        let report = incomplete(tokio::time::timeout(Duration::from_secs(60), run).await.unwrap().unwrap());
        assert!(report.cancelled);
        assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::Cancelled);
        assert_eq!(rows(&project, "tenant_0").await, "0");
    }
}
