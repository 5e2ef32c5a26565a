//! What somebody leaves on a connection never reaches the next one.

use multitenant_runtime::ScopedConnection as _;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use diesel::prelude::*;
use diesel_async::{AnsiTransactionManager, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use futures_util::FutureExt;
use multitenant_runtime::{TenantConn, TenantPool};

use super::shop::{self, Shop, Who, mark, until};

/// One connection for two tenants: the first leaves something, the second must see its own. `closed` says whether the
/// connection is expected to be another one then.
async fn check(closed: bool, leave: impl AsyncFnOnce(TenantConn)) {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(1);
    let mut first = pool.tenant("a").await.unwrap();
    let pid = first.pid().await;
    leave(first).await;
    for id in ["a", "b", "a"] {
        let mut conn = pool.tenant(id).await.unwrap();
        assert_eq!(conn.who().await.unwrap(), format!("tenant_{id}"));
        assert_eq!(conn.pid().await != pid, closed, "whether it is another connection");
    }
    assert_eq!(pool.status().discarded, u64::from(closed));
    let mut shared = pool.shared().await.unwrap();
    assert_eq!(shared.who().await.unwrap(), "public");
    let setting = "SELECT current_setting('role') = 'none' AND current_setting('app.user', true) IS NULL \
                   AND (SELECT count(*) FROM pg_prepared_xacts) = 0 AND pg_my_temp_schema() = 0";
    let is_clean = diesel::dsl::sql::<diesel::sql_types::Bool>(&setting["SELECT ".len()..]);
    assert!(diesel::select(is_clean).get_result::<bool>(shared.raw()).await.unwrap());
}

/// The same with one statement of raw SQL.
async fn raw(sql: &str) {
    check(true, async |mut conn: TenantConn| {
        let _ = conn.unchecked_connection().unwrap().batch_execute(sql).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing() {
    check(false, async |mut conn: TenantConn| assert_eq!(conn.who().await.unwrap(), "tenant_a")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path() {
    raw("SET search_path = tenant_a, public").await;
    raw("SELECT set_config('search_path', 'tenant_b', false)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role() {
    raw("SET ROLE pg_monitor").await;
    raw("SET SESSION AUTHORIZATION pg_monitor").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_a_table_a_lock_and_a_cursor() {
    raw("SET app.user = 'a'; CREATE TEMP TABLE mark AS SELECT 'temporary'::text AS who; SELECT pg_advisory_lock(1); \
         DECLARE c CURSOR WITH HOLD FOR SELECT 1; LISTEN something")
    .await;
}

/// Nobody sees in a query what a function of the database does: it makes a table of the name of the tenants' own, which
/// would be found before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_temporary_table_by_a_function() {
    let shop = Shop::with(&["a", "b"]).await;
    shop.sql(shop::FUNCTION_THAT_NOTES).await;
    let pool = shop.pool_of(1);
    let noted = diesel::dsl::sql::<diesel::sql_types::Bool>("public.note()");
    let mut conn = pool.tenant("a").await.unwrap();
    assert!(multitenant_runtime::RunQueryDsl::get_result::<bool>(diesel::select(noted), &mut conn).await.unwrap());
    drop(conn);
    assert_eq!(pool.tenant("b").await.unwrap().who().await.unwrap(), "tenant_b");
    assert_eq!(pool.status().discarded, 0);
}

/// What belongs to a session and no setting holds: the next tenant must not have it.
#[tokio::test(flavor = "multi_thread")]
async fn sequences_of_the_session() {
    let shop = Shop::with(&["a", "b"]).await;
    shop.sql("CREATE SEQUENCE counted").await;
    let pool = shop.pool_of(1);
    let mut first = pool.tenant("a").await.unwrap();
    let pid = first.pid().await;
    first.raw().batch_execute("SELECT nextval('public.counted')").await.unwrap();
    drop(first);
    let mut second = pool.tenant("b").await.unwrap();
    assert_eq!(second.pid().await, pid);
    let last = diesel::dsl::sql::<diesel::sql_types::BigInt>("lastval()");
    let error = diesel::select(last).get_result::<i64>(second.raw()).await.unwrap_err();
    assert!(error.to_string().contains("lastval"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_transaction_by_raw_sql() {
    raw("BEGIN; SET search_path = tenant_b").await;
    // Not by the escape hatch: the wire tells.
    check(true, async |mut conn: TenantConn| conn.raw().batch_execute("BEGIN").await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction() {
    check(true, async |mut conn: TenantConn| {
        conn.raw().batch_execute("BEGIN").await.unwrap();
        conn.raw().batch_execute("SELECT 1 / 0").await.unwrap_err();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_transaction_of_diesels() {
    check(true, async |mut conn: TenantConn| {
        AnsiTransactionManager::begin_transaction(conn.raw()).await.unwrap();
        diesel::delete(mark::table).execute(conn.raw()).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_is_cancelled() {
    check(true, async |mut conn: TenantConn| {
        let work = conn.transaction::<(), diesel::result::Error, _>(async |conn| {
            diesel::delete(mark::table).execute(conn.raw()).await?;
            std::future::pending().await
        });
        tokio::time::timeout(Duration::from_millis(100), work).await.unwrap_err();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_is_no_doubt() {
    check(false, async |mut conn: TenantConn| {
        let twice = diesel::insert_into(mark::table).values(mark::who.eq("tenant_a")).execute(conn.raw()).await;
        assert!(twice.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_cancelled() {
    check(true, async |mut conn: TenantConn| {
        let sleep = diesel::dsl::sql::<diesel::sql_types::Text>("pg_sleep(60)::text");
        let query = diesel::select(sleep).get_result::<String>(conn.raw());
        tokio::time::timeout(Duration::from_millis(100), query).await.unwrap_err();
    })
    .await;
}

/// At every step of its way: before it is polled, before it is sent, before it is answered.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_cancelled_at_any_moment() {
    let shop = Shop::with(&["a", "b"]).await;
    for polls in 0..200 {
        let pool = shop.pool_of(1);
        let mut conn = pool.tenant("a").await.unwrap();
        let pid = conn.pid().await;
        let mut query = Box::pin(mark::table.select(mark::who).load::<String>(conn.raw()));
        let mut is_over = false;
        for _ in 0..polls {
            is_over = is_over || (&mut query).now_or_never().is_some();
            match polls < 100 {
                true => tokio::task::yield_now().await,
                // On a machine that is busy, its end is a long way off.
                false => tokio::time::sleep(Duration::from_millis(1)).await,
            }
            if is_over {
                break;
            }
        }
        drop(query);
        drop(conn);
        let mut conn = pool.tenant("b").await.unwrap();
        assert_eq!(conn.who().await.unwrap(), "tenant_b");
        assert_eq!(conn.pid().await == pid, is_over, "a query that did not end has its connection closed");
        drop(conn);
        pool.close().await;
        if is_over {
            return;
        }
    }
    panic!("no query ended");
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_nobody_reads() {
    // A stream that is dropped at its first row: what is left of it is waited for, and the connection stays.
    check(false, async |mut conn: TenantConn| {
        let many = diesel::dsl::sql::<diesel::sql_types::Integer>("generate_series(1, 20000)");
        let first: i32 = diesel::select(many).get_result(conn.raw()).await.unwrap();
        assert_eq!(first, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_panics() {
    check(true, async |conn: TenantConn| {
        let panicked = tokio::spawn(async move {
            let mut conn = conn;
            conn.who().await.unwrap();
            panic!("of the test's own");
        })
        .await;
        assert!(panicked.is_err());
    })
    .await;
    check(true, async |mut conn: TenantConn| {
        let panicked = AssertUnwindSafe(conn.transaction::<(), diesel::result::Error, _>(async |_| panic!("too")))
            .catch_unwind()
            .await;
        assert!(panicked.is_err());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_the_server_ends() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(2);
    let (mut one, mut other) = (pool.tenant("a").await.unwrap(), pool.tenant("b").await.unwrap());
    let (first, second) = (one.pid().await, other.pid().await);
    drop(other);
    shop.sql(&format!("SELECT pg_terminate_backend({first}), pg_terminate_backend({second})")).await;
    one.who().await.unwrap_err();
    drop(one);
    serves(&pool, &["a", "b", "a"]).await;
    until(&pool, |status| status.open == status.idle).await;
    assert!(shop.connections().await <= 2);
}

/// However the driver has learnt of the end, or not: what is lost before the user's first query is replaced.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_end_while_nobody_has_them() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(3);
    let client = shop.client().await;
    let end = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE application_name = '{}' AND datname = current_database()",
        shop::NAME
    );
    for round in 0..20 {
        pool.warm_up(3).await.unwrap();
        client.batch_execute(&end).await.unwrap();
        if round % 2 == 0 {
            tokio::task::yield_now().await;
        }
        // Each is asked for the other tenant, so that something must be said.
        serves(&pool, &["a", "b", "a"]).await;
    }
}

async fn serves(pool: &TenantPool, ids: &[&str]) {
    for id in ids {
        let mut conn = pool.tenant(id).await.unwrap();
        match conn.who().await {
            Ok(who) => assert_eq!(who, format!("tenant_{id}")),
            // The server had ended it, and nobody had said so yet.
            Err(error) => assert!(!error.to_string().contains("mark"), "{error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_goes_and_comes_again() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(1);
    for id in ["a", "b"] {
        pool.tenant(id).await.unwrap().who().await.unwrap();
    }
    // Missing: an error, and not the shared schema's table.
    shop.sql("ALTER SCHEMA tenant_a RENAME TO elsewhere").await;
    let error = pool.tenant("a").await.unwrap_err();
    assert!(matches!(error, multitenant_runtime::PoolError::MissingSchema { .. }), "{error}");
    assert_eq!(pool.tenant("b").await.unwrap().who().await.unwrap(), "tenant_b");
    // Made anew: it is another one, and is looked up as such.
    shop.migrator().migrate(multitenant_runtime::Scope::shared()).await.unwrap();
    shop.builder().create_schemas(true).build().unwrap().migrate(multitenant_runtime::Scope::all()).await.unwrap();
    let mut conn = pool.tenant("a").await.unwrap();
    assert_eq!(conn.who().await.unwrap(), "tenant_a");
    drop(conn);
    // Being created: nobody is served from it.
    pool.tenant("b").await.unwrap();
    shop.sql(
        "DROP SCHEMA tenant_a CASCADE; CREATE SCHEMA tenant_a; \
              COMMENT ON SCHEMA tenant_a IS 'multitenant: this tenant is being created'",
    )
    .await;
    let error = pool.tenant("a").await.unwrap_err();
    assert!(matches!(error, multitenant_runtime::PoolError::UnderConstruction { .. }), "{error}");
}

/// Whoever migrates a tenant has its history to himself for a moment: nobody's checkout waits for that.
#[tokio::test(flavor = "multi_thread")]
async fn a_history_that_is_locked() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(1);
    for id in ["a", "b"] {
        pool.tenant(id).await.unwrap();
    }
    let migrating = shop.client().await;
    migrating.batch_execute("BEGIN; LOCK TABLE tenant_a.__diesel_schema_migrations").await.unwrap();
    let served = tokio::time::timeout(Duration::from_secs(5), async {
        assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
        // What it has locked is free again with the message.
        let mut conn = pool.tenant("b").await.unwrap();
        shop.sql("BEGIN; LOCK TABLE tenant_b.__diesel_schema_migrations NOWAIT; COMMIT").await;
        conn.who().await.unwrap()
    });
    assert_eq!(served.await.unwrap(), "tenant_b");
    assert_eq!(pool.status().discarded, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_without_rights() {
    let shop = Shop::with(&["a", "b"]).await;
    let client = shop.client().await;
    let role: String = client.query_one("SELECT current_database() || '_app'", &[]).await.unwrap().get(0);
    shop.sql(&format!(
        "CREATE ROLE \"{role}\" LOGIN PASSWORD 'x'; GRANT USAGE ON SCHEMA tenant_a, public, multitenant TO \"{role}\"; \
         GRANT SELECT ON ALL TABLES IN SCHEMA public, tenant_a, multitenant TO \"{role}\""
    ))
    .await;
    let url = format!("{}&user={role}&password=x", with_query(shop.url()));
    let pool = shop.pool().database_url(url).max_connections(1).build().unwrap();
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    let error = pool.tenant("b").await.unwrap_err();
    assert!(error.to_string().contains("USAGE"), "{error}");
    pool.close().await;
    shop.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).await;
}

fn with_query(url: &str) -> String {
    if url.contains('?') { url.to_owned() } else { format!("{url}?") }
}
