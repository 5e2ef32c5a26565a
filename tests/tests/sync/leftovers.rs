//! What somebody leaves on a connection never reaches the next one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use diesel::connection::{AnsiTransactionManager, SimpleConnection as _, TransactionManager as _};
use diesel::prelude::{ExpressionMethods as _, QueryDsl as _, QueryResult};
use multitenant_runtime::sync::{RunQueryDsl as _, ScopedConnection as _, TenantConn, TenantPool};
use multitenant_runtime::{PoolError, Scope, TenantId};

use super::place::{Place, Who as _};
use super::shop::{self, mark};

/// One connection for two tenants: the first leaves something, the second must see its own. `closed` says whether the
/// connection is expected to be another one then.
fn check(closed: bool, leave: impl FnOnce(TenantConn)) {
    let place = Place::with(&["a", "b"]);
    let pool = place.pool_of(1);
    let mut first = pool.tenant("a").unwrap();
    let pid = first.pid();
    leave(first);
    for id in ["a", "b", "a"] {
        let mut conn = pool.tenant(id).unwrap();
        assert_eq!(conn.who().unwrap(), format!("tenant_{id}"));
        assert_eq!(conn.pid() != pid, closed, "whether it is another connection");
    }
    assert_eq!(pool.status().discarded, u64::from(closed));
    let mut shared = pool.shared().unwrap();
    assert_eq!(shared.who().unwrap(), "public");
    let is_clean = diesel::dsl::sql::<diesel::sql_types::Bool>(
        "current_setting('role') = 'none' AND current_setting('app.user', true) IS NULL AND pg_my_temp_schema() = 0",
    );
    assert!(diesel::select(is_clean).get_result::<bool>(&mut shared).unwrap());
}

/// The same with one statement of raw SQL.
fn raw(sql: &str) {
    check(true, |mut conn| {
        let _ = conn.unchecked_connection().batch_execute(sql);
    });
}

#[test]
fn nothing() {
    check(false, |mut conn| assert_eq!(conn.who().unwrap(), "tenant_a"));
}

#[test]
fn a_path_and_a_role() {
    raw("SET search_path = tenant_a, public");
    raw("SELECT set_config('search_path', 'tenant_b', false)");
    raw("SET ROLE pg_monitor");
}

#[test]
fn a_setting_a_table_a_lock_and_a_cursor() {
    raw("SET app.user = 'a'; CREATE TEMP TABLE mark AS SELECT 'temporary'::text AS who; SELECT pg_advisory_lock(1); \
         DECLARE c CURSOR WITH HOLD FOR SELECT 1; LISTEN something");
}

#[test]
fn an_open_transaction_by_raw_sql() {
    raw("BEGIN; SET search_path = tenant_b");
    // Not by the escape hatch: libpq tells, though Diesel has not noticed.
    check(true, |mut conn| conn.trusted_connection().batch_execute("BEGIN").unwrap());
}

#[test]
fn a_failed_transaction() {
    check(true, |mut conn| {
        conn.trusted_connection().batch_execute("BEGIN").unwrap();
        conn.trusted_connection().batch_execute("SELECT 1 / 0").unwrap_err();
    });
}

#[test]
fn an_open_transaction_of_diesels() {
    check(true, |mut conn| {
        AnsiTransactionManager::begin_transaction(conn.trusted_connection()).unwrap();
        diesel::delete(mark::table).execute(&mut conn).unwrap();
    });
}

#[test]
fn a_statement_that_fails_is_no_doubt() {
    check(false, |mut conn| {
        diesel::insert_into(mark::table).values(mark::who.eq("tenant_a")).execute(&mut conn).unwrap_err();
        let nonsense = diesel::dsl::sql::<diesel::sql_types::Integer>("1 / 0");
        diesel::select(nonsense).get_result::<i32>(&mut conn).unwrap_err();
    });
}

#[test]
fn a_statement_that_sets_something_is_refused() {
    check(false, |mut conn| {
        let sets = diesel::dsl::sql::<diesel::sql_types::Text>("set_config('search_path', 'tenant_b', false)");
        let error = diesel::select(sets).get_result::<String>(&mut conn).unwrap_err();
        assert!(error.to_string().contains("unchecked_connection"), "{error}");
    });
}

#[test]
fn a_transaction_that_panics() {
    check(true, |mut conn| {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            conn.transaction::<(), diesel::result::Error>(|conn| {
                diesel::delete(mark::table).execute(conn)?;
                std::panic::resume_unwind(Box::new("of the test's own"))
            })
        }));
        assert!(panicked.is_err());
    });
}

#[test]
fn a_thread_that_panics() {
    check(true, |conn| {
        let thread = std::thread::spawn(move || {
            let mut conn = conn;
            conn.who().unwrap();
            std::panic::resume_unwind(Box::new("of the test's own"))
        });
        let thread: std::thread::Result<()> = thread.join();
        assert!(thread.is_err());
    });
}

#[test]
fn connections_that_the_server_ends() {
    let place = Place::with(&["a", "b"]);
    let pool = place.pool_of(2);
    let (mut one, mut other) = (pool.tenant("a").unwrap(), pool.tenant("b").unwrap());
    let (first, second) = (one.pid(), other.pid());
    drop(other);
    place.sql(&format!("SELECT pg_terminate_backend({first}, 5000), pg_terminate_backend({second}, 5000)"));
    one.who().unwrap_err();
    drop(one);
    // Those that nobody has are asked for another tenant, so that something must be said.
    serves(&pool, &["a", "a", "b"]);
    assert!(place.connections() <= 2);
}

/// libpq does not see that a connection has ended which nobody uses; after a while it is asked.
#[test]
fn a_connection_that_ended_while_its_tenant_was_away() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    let pid = pool.tenant("a").unwrap().pid();
    place.sql(&format!("SELECT pg_terminate_backend({pid}, 5000)"));
    std::thread::sleep(std::time::Duration::from_secs(11));
    serves(&pool, &["a"]);
    assert_eq!((pool.status().opened, pool.status().discarded), (2, 1));
}

fn serves(pool: &TenantPool, ids: &[&str]) {
    for id in ids {
        assert_eq!(pool.tenant(id).unwrap().who().unwrap(), format!("tenant_{id}"));
    }
}

#[test]
fn a_schema_that_goes_and_comes_again() {
    let place = Place::with(&["a", "b"]);
    let pool = place.pool_of(1);
    serves(&pool, &["a", "b"]);
    // Missing: an error, and not the shared schema's table.
    place.sql("ALTER SCHEMA tenant_a RENAME TO elsewhere");
    let error = pool.tenant("a").unwrap_err();
    assert!(matches!(error, PoolError::MissingSchema { .. }), "{error}");
    serves(&pool, &["b"]);
    // Made anew: it is another one, and is looked up as such.
    place.wait_for(place.shop.builder().create_schemas(true).build().unwrap().migrate(Scope::all())).unwrap();
    serves(&pool, &["a", "b"]);
    // Being created: nobody is served from it.
    place.sql(
        "DROP SCHEMA tenant_a CASCADE; CREATE SCHEMA tenant_a; \
         COMMENT ON SCHEMA tenant_a IS 'multitenant: this tenant is being created'",
    );
    let error = pool.tenant("a").unwrap_err();
    assert!(matches!(error, PoolError::UnderConstruction { .. }), "{error}");
}

/// A column whose type changes under a statement that is prepared.
#[test]
fn a_plan_that_is_out_of_date() {
    let place = Place::with(&["a", "b"]);
    let pool = place.pool_of(1);
    let read = |conn: &mut TenantConn| -> QueryResult<Vec<String>> { mark::table.select(mark::who).load(conn) };
    let mut conn = pool.tenant("a").unwrap();
    read(&mut conn).unwrap();
    place.sql("ALTER TABLE tenant_a.mark ALTER who TYPE varchar(50)");
    let error = read(&mut conn).unwrap_err();
    assert!(error.to_string().contains("cached plan"), "{error}");
    // The next one is cured, on the same connection.
    assert_eq!(read(&mut conn).unwrap(), ["tenant_a"]);
    drop(conn);
    // And so is a switch to a tenant whose column is as it was.
    let mut conn = pool.tenant("b").unwrap();
    let first = read(&mut conn);
    drop(conn);
    assert!(first.is_err(), "the rows have another type");
    assert_eq!(read(&mut pool.tenant("b").unwrap()).unwrap(), ["tenant_b"]);
    assert_eq!(pool.status().opened, 1);
    pool.forget(&TenantId::new("a").unwrap());
}

/// What belongs to a session and no setting holds: the next tenant must not have it.
#[test]
fn sequences_and_temporary_tables_of_the_session() {
    let place = Place::with(&["a", "b"]);
    place.sql("CREATE SEQUENCE counted");
    place.sql(shop::FUNCTION_THAT_NOTES);
    let pool = place.pool_of(1);
    let mut first = pool.tenant("a").unwrap();
    let pid = first.pid();
    first.trusted_connection().batch_execute("SELECT public.note(), nextval('public.counted')").unwrap();
    drop(first);
    let mut second = pool.tenant("b").unwrap();
    assert_eq!((second.pid(), second.who().unwrap()), (pid, "tenant_b".to_owned()));
    let last = diesel::dsl::sql::<diesel::sql_types::BigInt>("lastval()");
    let error = diesel::select(last).get_result::<i64>(&mut second).unwrap_err();
    assert!(error.to_string().contains("lastval"), "{error}");
}
