//! Synchronous functions as seeds and migrations: on the connection of their target, in its transaction.

use std::time::Duration;

use diesel::connection::{Connection, LoadConnection, SimpleConnection};
use diesel::dsl::sql;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use multitenant_runtime::{FunctionResult, RustMigration, Scope, SeedOptions, SeedSet, SyncConnection, synchronous};
use tokio_util::sync::CancellationToken;

use crate::project::outcomes;
use crate::seeds::{failed, files, shop, users};

/// Of an application's, for a `PgConnection` too.
fn how_many(conn: &mut impl LoadConnection<Backend = Pg>) -> QueryResult<i64> {
    diesel::select(sql::<BigInt>("(SELECT count(*) FROM users)")).get_result(conn)
}

fn two(conn: &mut SyncConnection<'_>) -> FunctionResult {
    assert_eq!(how_many(conn)?, 1);
    let inner = conn.transaction(|conn| {
        conn.batch_execute("INSERT INTO users VALUES (2)")?;
        conn.batch_execute("INSERT INTO nowhere VALUES (2)")
    });
    assert!(inner.is_err());
    conn.transaction(|conn| diesel::sql_query("INSERT INTO users VALUES (20)").execute(conn))?;
    assert_eq!(how_many(conn)?, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_function_has_its_place_among_the_files() {
    let project = shop(2).await;
    let seeds = files(&project).with_tenant("2_function", synchronous(two));
    let options = SeedOptions::new(Scope::all()).once();
    let report = project.migrator().seed(&seeds, options.clone()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 3", "tenant_1:applied 3"]);
    // From code that knows of no runtime.
    let migrator = project.migrator();
    let report = std::thread::spawn(move || migrator.blocking().seed(&seeds, options).unwrap()).join().unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:up to date", "tenant_1:up to date"]);
    for schema in ["tenant_0", "tenant_1"] {
        assert_eq!(users(&project, schema).await, "1,20,21");
    }
}

#[tokio::test]
async fn the_blocking_migrator_has_threads_for_it() {
    let project = shop(2).await;
    let seeds = files(&project).with_tenant("2_function", synchronous(two));
    let options = SeedOptions::new(Scope::all());
    let failure = failed(project.migrator().seed(&seeds, options.clone()).await);
    assert!(failure.message.contains("needs a runtime of several threads"), "{failure}");
    assert_eq!(users(&project, "tenant_0").await, "");
    // On this thread, as a program would that has no runtime but this test's.
    let report = project.migrator().blocking().seed(&seeds, options).unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 3", "tenant_1:applied 3"]);
    assert_eq!(users(&project, "tenant_0").await, "1,20,21");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_function_cannot_commit_what_is_not_its_own() {
    fn commits(conn: &mut SyncConnection<'_>) -> FunctionResult {
        conn.batch_execute("INSERT INTO users VALUES (2)")?;
        conn.batch_execute("COMMIT")?;
        Ok(conn.batch_execute("INSERT INTO tenant_0.users VALUES (9)")?)
    }
    fn rolls_back(conn: &mut SyncConnection<'_>) -> FunctionResult {
        Ok(conn.batch_execute("ROLLBACK")?)
    }
    fn panics(conn: &mut SyncConnection<'_>) -> FunctionResult {
        conn.batch_execute("INSERT INTO users VALUES (2)")?;
        panic!("not today")
    }
    let project = shop(1).await;
    let migrator = project.migrator();
    let seed = async |seeds: SeedSet| failed(migrator.seed(&seeds, SeedOptions::new(Scope::tenants()).once()).await);

    let failure = seed(files(&project).with_tenant("2_f", synchronous(panics))).await;
    assert_eq!(failure.to_string(), "the function failed: it panicked: not today (2_f)");
    let failure = seed(files(&project).with_tenant("2_f", synchronous(rolls_back))).await;
    assert!(failure.message.starts_with("the function ended the transaction"), "{failure}");
    assert_eq!(users(&project, "tenant_0").await, "");
    let failure = seed(files(&project).with_tenant("2_f", synchronous(commits))).await;
    assert!(failure.message.starts_with("the function committed the transaction"), "{failure}");
    assert_eq!(failure.sqlstate.as_deref(), Some("25006"));
    assert_eq!(project.one("SELECT count(*)::text FROM tenant_0.__multitenant_seeds").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_run_stops_what_a_synchronous_function_waits_for() {
    fn sleeps(conn: &mut SyncConnection<'_>) -> FunctionResult {
        conn.batch_execute("INSERT INTO users VALUES (2)")?;
        Ok(conn.batch_execute("SELECT pg_sleep(300)")?)
    }
    let project = shop(1).await;
    let token = CancellationToken::new();
    let migrator = project.builder().cancellation(token.clone()).build().unwrap();
    let seeds = files(&project).with_tenant("2_f", synchronous(sleeps));
    let run = tokio::spawn(async move { migrator.seed(&seeds, SeedOptions::new(Scope::tenants())).await });
    let sleeping = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(300)%' \
                    AND datname = current_database()";
    while project.one(sleeping).await == "0" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    token.cancel();
    let result = tokio::time::timeout(Duration::from_secs(60), run).await.unwrap().unwrap();
    assert!(result.is_err());
    assert_eq!(project.one(sleeping).await, "0");
    assert_eq!(users(&project, "tenant_0").await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_may_be_synchronous() {
    fn adds(conn: &mut SyncConnection<'_>) -> FunctionResult {
        Ok(conn.batch_execute("ALTER TABLE users ADD COLUMN age int")?)
    }
    let project = shop(1).await;
    let migration = RustMigration::new("2099-01-01-000000_age", synchronous(adds));
    let migrator = project.builder().tenant_migration(migration).build().unwrap();
    migrator.migrate(Scope::all()).await.unwrap();
    let columns = "SELECT count(*)::text FROM information_schema.columns WHERE table_schema = 'tenant_0' \
                   AND table_name = 'users' AND column_name = 'age'";
    assert_eq!(project.one(columns).await, "1");
}
