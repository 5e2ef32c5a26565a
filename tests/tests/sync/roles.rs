//! Each tenant is served as a role of its own, by the synchronous pool too.

use diesel::PgConnection;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::{QueryDsl as _, QueryResult};
use diesel::sql_types::Text;
use multitenant_runtime::sync::{PoolHooks, RunQueryDsl as _, TenantConn, TenantPool};
use multitenant_runtime::{HookResult, PoolError, Target};
use tokio::runtime::Runtime;

use super::place::{Place, Who as _};
use super::shop::mark;

diesel::define_sql_function! {
    fn peek() -> Text;
}

/// Leaves a temporary table, which the next checkout throws away, and has it wait for no lock.
struct LeavesTable;

impl PoolHooks for LeavesTable {
    fn on_checkout(&self, connection: &mut PgConnection, _: &Target) -> HookResult {
        connection.batch_execute("CREATE TEMP TABLE left_behind (); SET lock_timeout = '50ms'")?;
        Ok(())
    }
}

/// A place whose tenants have roles, and an application that logs in as one that may not read them itself.
fn isolated(tenants: &[&str]) -> Place {
    let place = Place::prepared(tenants, |shop| Runtime::new().unwrap().block_on(shop.isolate()));
    place.wait_for(place.shop.grant());
    place
}

fn pool_of(place: &Place, connections: usize) -> TenantPool {
    let pool = place.shop.pool().database_url(place.shop.app_url());
    pool.max_connections(connections).build_sync().unwrap()
}

fn user(conn: &mut TenantConn) -> String {
    diesel::select(diesel::dsl::sql::<Text>("current_user::text")).get_result(conn).unwrap()
}

fn refused<T: std::fmt::Debug>(result: QueryResult<T>) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains("permission denied"), "{error}");
}

#[test]
fn what_gets_past_types_and_paths_is_refused() {
    let place = isolated(&["a", "b"]);
    place.sql(
        "CREATE FUNCTION peek() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT who FROM tenant_b.mark); END'",
    );
    let pool = pool_of(&place, 1);
    refused(mark::table.select(peek()).first::<String>(&mut pool.tenant("a").unwrap()));
    assert_eq!(mark::table.select(peek()).first::<String>(&mut pool.tenant("b").unwrap()).unwrap(), "tenant_b");
    let mut conn = pool.tenant("a").unwrap();
    refused(conn.unchecked_connection().batch_execute("SELECT * FROM tenant_b.mark"));
    refused(conn.unchecked_connection().batch_execute("DELETE FROM tenant_a.__diesel_schema_migrations"));
    drop(conn);
    assert_eq!(pool.tenant("b").unwrap().who().unwrap(), "tenant_b");
}

#[test]
fn tenants_by_turns_on_one_connection() {
    let place = isolated(&["a", "b"]);
    let pool = pool_of(&place, 1);
    for round in 0..60 {
        let id = ["a", "b"][round % 2];
        let mut conn = pool.tenant(id).unwrap();
        assert_eq!(conn.who().unwrap(), format!("tenant_{id}"));
        assert_eq!(user(&mut conn), place.wait_for(place.shop.role(id)));
        drop(conn);
        if round % 3 == 0 {
            let mut conn = pool.shared().unwrap();
            let user = diesel::dsl::sql::<Text>("current_user::text");
            let user: String =
                diesel::RunQueryDsl::get_result(diesel::select(user), conn.trusted_connection()).unwrap();
            assert_eq!(user, place.shop.settings.application_role);
            assert_eq!(conn.who().unwrap(), "public");
        }
    }
}

#[test]
fn a_role_that_is_missing_or_could_do_more_serves_nobody() {
    let place = isolated(&["a", "b"]);
    let role = place.wait_for(place.shop.role("a"));
    let pool = pool_of(&place, 1);
    assert_eq!(pool.tenant("a").unwrap().who().unwrap(), "tenant_a");
    drop(pool.tenant("b").unwrap());
    place.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""));
    let error = pool.tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Role { .. }) && error.to_string().contains("does not exist"), "{error}");
    place.sql(&format!("CREATE ROLE \"{role}\" SUPERUSER"));
    let error = pool.tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Role { .. }) && error.to_string().contains("superuser"), "{error}");
    place.sql(&format!("DROP ROLE \"{role}\""));
    place.shop.migrator().blocking().migrate(multitenant_runtime::Scope::all()).unwrap();
    // The history is read as the tenant, where the state table does not know.
    place.sql("DELETE FROM multitenant.targets WHERE tenant IS NOT NULL");
    assert_eq!(pool_of(&place, 1).tenant("a").unwrap().who().unwrap(), "tenant_a");
}

#[test]
fn another_failure_is_not_taken_for_the_roles() {
    let place = isolated(&["a"]);
    let pool = place.shop.pool().database_url(place.shop.app_url()).max_connections(1);
    let pool = pool.build_sync_with(LeavesTable).unwrap();
    drop(pool.tenant("a").unwrap());
    let other = place.client();
    let find = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE relname = 'left_behind'";
    let schema: String = place.wait_for(other.query_one(find, &[])).unwrap().get(0);
    place.wait_for(other.batch_execute(&format!("BEGIN; LOCK TABLE {schema}.left_behind"))).unwrap();
    let error = pool.tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Database(_)) && error.to_string().contains("lock timeout"), "{error:?}");
    place.wait_for(other.batch_execute("ROLLBACK")).unwrap();
    assert_eq!(pool.tenant("a").unwrap().who().unwrap(), "tenant_a");
}
