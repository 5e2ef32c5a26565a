//! Migrations that are Rust functions: their place, their transaction, and what they may not do.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AnsiTransactionManager, AsyncConnection, AsyncPgConnection};
use diesel_async::{SimpleAsyncConnection, TransactionManager};
use multitenant_runtime::{
    CancellationToken, Error, Extent, Failure, FailureClass, FunctionResult, MigrationFunction, MigratorBuilder,
    NewTenant, OnOutOfOrder, Operation, Outcome, Report, RustMigration, Scope, StartUp, StartupMode, State,
    async_trait,
};
use tokio::sync::Barrier;

use crate::project::{Project, outcomes};
use crate::proxy::Proxy;

const NAME: &str = "2_fill";

async fn sql(conn: &mut AsyncPgConnection, text: &str) -> diesel::QueryResult<usize> {
    diesel_async::RunQueryDsl::execute(diesel::sql_query(text), conn).await
}

async fn fill(conn: &mut AsyncPgConnection) -> FunctionResult {
    sql(conn, "INSERT INTO a VALUES (1)").await?;
    Ok(())
}

async fn empty(conn: &mut AsyncPgConnection) -> FunctionResult {
    sql(conn, "DELETE FROM a").await?;
    Ok(())
}

/// Counts its calls, and sends each statement.
struct Script {
    calls: Arc<AtomicUsize>,
    statements: &'static [&'static str],
}

#[async_trait]
impl MigrationFunction for Script {
    async fn run(&self, conn: &mut AsyncPgConnection) -> FunctionResult {
        self.calls.fetch_add(1, Ordering::SeqCst);
        for statement in self.statements {
            conn.batch_execute(statement).await?;
        }
        Ok(())
    }
}

fn count(calls: &AtomicUsize) -> usize {
    AtomicUsize::load(calls, Ordering::SeqCst)
}

/// Tenants with a table `a`, before and after which the function has its turn.
async fn tenants(n: usize) -> Project {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a (n int)");
    let project = project.tenant("3_b", "ALTER TABLE a ADD done bool DEFAULT true");
    project.schemas(n).await;
    project
}

fn with(project: &Project, function: impl MigrationFunction + 'static) -> MigratorBuilder {
    project.builder().tenant_migration(RustMigration::new(NAME, function))
}

/// What a function that sends these leaves behind, how often it was called, and how its one tenant failed.
async fn failing(statements: &'static [&'static str]) -> (Project, usize, Failure) {
    let project = tenants(1).await;
    let calls = Arc::new(AtomicUsize::new(0));
    let migrator = with(&project, Script { calls: calls.clone(), statements }).build().unwrap();
    let failure = failed(migrator.migrate(Scope::all()).await);
    (project, count(&calls), failure)
}

fn incomplete(result: Result<Report, Error>) -> Report {
    let error = result.unwrap_err();
    let Error::Incomplete(report) = error else { unreachable!("{error:?}") };
    *report
}

/// How the first tenant failed, with the function not recorded.
fn failed(result: Result<Report, Error>) -> Failure {
    let report = incomplete(result);
    let target = &report.targets[0];
    assert_eq!(target.outcome, Outcome::Failed);
    assert!(target.applied.iter().all(|version| version.as_str() == "1"), "{target:?}");
    target.failure.clone().unwrap()
}

async fn rows(project: &Project, schema: &str) -> String {
    project.one(&format!("SELECT count(*)::text FROM {schema}.a")).await
}

async fn history(project: &Project, schema: &str) -> String {
    let sql = "SELECT coalesce(string_agg(version || coalesce(':' || left(multitenant_checksum, 6), ''), ' ' \
               ORDER BY version), '') FROM";
    project.one(&format!("{sql} {schema}.__diesel_schema_migrations")).await
}

#[tokio::test]
async fn a_function_has_its_place_among_the_others() {
    let project = tenants(2).await;
    let shared = RustMigration::new("1_plans", async |conn: &mut AsyncPgConnection| -> FunctionResult {
        sql(conn, "CREATE TABLE plans (id int)").await?;
        Ok(())
    });
    let migrator = || with(&project, fill).shared_migration(shared.clone()).build().unwrap();
    let report = migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["public:applied 1", "tenant_0:applied 3", "tenant_1:applied 3"]);
    // After the table, and before the column with its default.
    assert_eq!(project.one("SELECT string_agg(n || ' ' || done, ',') FROM tenant_1.a").await, "1 true");
    assert_eq!(project.one("SELECT to_regclass('public.plans')::text").await, "plans");
    assert_eq!(history(&project, "tenant_0").await, "1:sha256 2 3:sha256");
    assert_eq!(
        project
            .one(
                "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'tenant_0' AND tablename !~ '^__'"
            )
            .await,
        "a"
    );
    // Once; and the state table knows the set with the function in it.
    let started = migrator().start(StartUp::new(StartupMode::Check)).await.unwrap();
    assert_eq!(started.report.summary().up_to_date, 3);
    assert_eq!(migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 3);
    assert_eq!(rows(&project, "tenant_0").await, "1");
}

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

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_worked_on_in_parallel() {
    struct Meet(Barrier);

    #[async_trait]
    impl MigrationFunction for Meet {
        async fn run(&self, conn: &mut AsyncPgConnection) -> FunctionResult {
            fill(conn).await?;
            // Nobody goes on before all are here, each in its own transaction.
            tokio::time::timeout(Duration::from_secs(60), self.0.wait()).await?;
            Ok(())
        }
    }

    let project = tenants(4).await;
    let report = with(&project, Meet(Barrier::new(4))).jobs(4).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, 4);
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
        let proxy = Proxy::cutting_at(&project, b"C\0\0\0\x0bCOMMIT\0").await;
        let migrator = builder(proxy.url.clone()).build().unwrap();
        let operation =
            if back { Operation::rollback(Scope::all(), Extent::default()) } else { Operation::migrate(Scope::all()) };
        let report = migrator.run(operation).await.unwrap();
        assert_eq!(proxy.cuts(), 1);
        let target = &report.targets[0];
        assert_eq!((target.applied.len(), target.reverted.len()), if back { (0, 1) } else { (1, 0) });
        assert_eq!(rows(&project, "tenant_0").await, if back { "0" } else { "1" });
    }
}

#[tokio::test]
async fn it_is_reverted_by_a_function_or_not_at_all() {
    let project = tenants(1).await;
    std::fs::write(project.path("tenant/3_b/down.sql"), "ALTER TABLE a DROP done").unwrap();
    let two = || Operation::rollback(Scope::tenants(), Extent::Steps(2.try_into().unwrap()));
    let one_way = with(&project, fill).build().unwrap();
    one_way.migrate(Scope::all()).await.unwrap();
    let Err(Error::Irreversible(reasons)) = one_way.run(two()).await else { unreachable!("there is no way back") };
    assert_eq!(reasons, ["2_fill has no way back: give it one with `reverted_by`"]);
    assert_eq!(history(&project, "tenant_0").await, "1:sha256 2 3:sha256");

    let both = RustMigration::new(NAME, fill).reverted_by(empty);
    let both = project.builder().tenant_migration(both).build().unwrap();
    let report = both.run(two()).await.unwrap();
    assert_eq!((report.targets[0].outcome, report.targets[0].reverted.len()), (Outcome::Reverted, 2));
    assert_eq!(
        (rows(&project, "tenant_0").await, history(&project, "tenant_0").await),
        ("0".into(), "1:sha256".into())
    );
    both.migrate(Scope::all()).await.unwrap();
    let redone = Operation::redo(Scope::tenants(), Extent::Steps(2.try_into().unwrap()));
    both.run(redone).await.unwrap();
    assert_eq!(rows(&project, "tenant_0").await, "1");
}

#[tokio::test]
async fn a_tenant_is_created_with_it() {
    let project = tenants(0).await;
    let good = with(&project, fill).build().unwrap();
    let report = good.create_tenant(NewTenant::new("good").unwrap()).await.unwrap();
    assert_eq!(report.applied.len(), 3);
    assert_eq!(project.one("SELECT string_agg(n || ' ' || done, ',') FROM tenant_good.a").await, "1 true");
    assert_eq!(good.migrate(Scope::all()).await.unwrap().summary().up_to_date, 1);
    // All or nothing.
    let bad = with(&project, async |conn: &mut AsyncPgConnection| -> FunctionResult {
        fill(conn).await?;
        Err("no".into())
    });
    let created = bad.build().unwrap().create_tenant(NewTenant::new("bad").unwrap()).await;
    assert!(matches!(created, Err(Error::Incomplete(_))), "{created:?}");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'tenant_bad'").await, "0");
}

#[tokio::test]
async fn a_set_with_two_of_one_version_is_refused() {
    let project = tenants(0).await;
    for (names, says) in [
        (vec!["3_again"], "3_b/up.sql: has the version 3 of \"3_again\""),
        (vec!["2_x", "2_y"], "2_y: has the version 2 of \"2_x\""),
        (vec!["_x"], "_x: has no usable version"),
    ] {
        let builder = names
            .iter()
            .fold(project.builder(), |builder, name| builder.tenant_migration(RustMigration::new(*name, fill)));
        let error = builder.build().unwrap_err();
        assert!(matches!(&error, Error::Migrations(_)) && error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn it_is_edited_only_where_its_revision_says_so() {
    let project = tenants(1).await;
    let state = async |migration: RustMigration| {
        let migrator = project.builder().tenant_migration(migration).build().unwrap();
        migrator.plan(Scope::all()).await.unwrap().tenants[0].state
    };
    let first = RustMigration::new(NAME, fill).revision("one row");
    project.builder().tenant_migration(first.clone()).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(history(&project, "tenant_0").await, "1:sha256 2:sha256 3:sha256");
    assert_eq!(state(first.clone()).await, State::UpToDate);
    assert_eq!(state(RustMigration::new(NAME, empty)).await, State::UpToDate);
    assert_eq!(state(first.revision("two rows")).await, State::Edited);
}

#[tokio::test]
async fn diesels_own_harness_says_that_it_cannot() {
    let project = tenants(0).await;
    let shared =
        multitenant_runtime::MigrationSet::from_folder(multitenant_runtime::Tier::Tenant, &project.path("tenant"));
    let set = shared.unwrap().with_functions([RustMigration::new(NAME, fill)]).unwrap();
    let url = project.database.url().to_owned();
    let error = tokio::task::spawn_blocking(move || {
        let migrations = MigrationSource::<Pg>::migrations(&set).unwrap();
        let mut conn: AsyncConnectionWrapper<AsyncPgConnection> = diesel::Connection::establish(&url).unwrap();
        migrations[1].run(&mut conn).unwrap_err().to_string()
    });
    let error = error.await.unwrap();
    assert!(error.starts_with("2_fill is a Rust function, which Diesel's harness cannot run"), "{error}");
}

#[tokio::test]
async fn who_does_not_know_it_goes_on_without_it() {
    // The command line, on the same folders.
    let project = tenants(1).await;
    with(&project, fill).build().unwrap().migrate(Scope::all()).await.unwrap();
    let without = project.migrator();
    let plan = without.plan(Scope::all()).await.unwrap();
    assert_eq!(plan.tenants[0].state, State::Unknown);
    assert_eq!(plan.tenants[0].unknown[0].as_str(), "2");
    assert!(without.start(StartUp::new(StartupMode::Check)).await.is_ok());
    let project = project.tenant("4_c", "CREATE TABLE c (n int)");
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 1"]);
    // What it has gone past is out of order for the application, and applied all the same.
    let late = || with(&project, fill).tenant_migration(RustMigration::new("3-5_late", fill));
    let plan = late().build().unwrap().plan(Scope::all()).await.unwrap();
    assert_eq!(plan.tenants[0].out_of_order[0].as_str(), "35");
    let refused = late().on_out_of_order(OnOutOfOrder::Refuse).build().unwrap().migrate(Scope::all()).await;
    assert_eq!(outcomes(&incomplete(refused)), ["tenant_0:skipped"]);
    let report = late().build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 1"]);
    assert_eq!(rows(&project, "tenant_0").await, "2");
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
