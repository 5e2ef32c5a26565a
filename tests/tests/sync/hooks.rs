//! The application's own code, on Diesel's synchronous connection.

use std::sync::atomic::{AtomicBool, Ordering};

use diesel::PgConnection;
use diesel::connection::SimpleConnection as _;
use multitenant_runtime::sync::{PoolHooks, RunQueryDsl as _};
use multitenant_runtime::{HookResult, PoolError, Target, TenantId};

use super::place::{Place, Who as _};

struct Sets;

impl PoolHooks for Sets {
    fn after_connect(&self, connection: &mut PgConnection) -> HookResult {
        connection.batch_execute("SET app.after = 'connect'")?;
        Ok(())
    }

    fn on_checkout(&self, connection: &mut PgConnection, target: &Target) -> HookResult {
        match target.tenant().map(TenantId::as_str) {
            Some("begins") => connection.batch_execute("BEGIN")?,
            Some("fails") => return Err("no".into()),
            _ => {}
        }
        Ok(())
    }
}

#[test]
fn they_are_called_and_may_leave_no_mess() {
    let place = Place::with(&["a", "begins", "fails"]);
    let pool = place.shop.pool().max_connections(1).build_sync_with(Sets).unwrap();
    let setting = diesel::dsl::sql::<diesel::sql_types::Text>("current_setting('app.after')");
    assert_eq!(diesel::select(setting).get_result::<String>(&mut pool.tenant("a").unwrap()).unwrap(), "connect");
    for id in ["begins", "fails"] {
        let error = pool.tenant(id).unwrap_err();
        assert!(matches!(&error, PoolError::Hook { hook: "on_checkout", .. }), "{error}");
        assert_eq!(pool.tenant("a").unwrap().who().unwrap(), "tenant_a");
    }
    assert_eq!(pool.status().discarded, 2);
}

/// Moves the first checkout to another tenant.
struct MovesOnce(AtomicBool);

impl PoolHooks for MovesOnce {
    fn on_checkout(&self, connection: &mut PgConnection, _: &Target) -> HookResult {
        if !self.0.swap(true, Ordering::SeqCst) {
            connection.batch_execute("SET search_path = tenant_b")?;
        }
        Ok(())
    }
}

#[test]
fn what_one_has_set_is_not_there_for_whoever_comes_next() {
    let place = Place::with(&["a", "b"]);
    let hooks = MovesOnce(AtomicBool::new(false));
    let pool = place.shop.pool().max_connections(1).build_sync_with(hooks).unwrap();
    assert_eq!(pool.tenant("a").unwrap().who().unwrap(), "tenant_b");
    assert_eq!(pool.tenant("a").unwrap().who().unwrap(), "tenant_a");
    assert_eq!(pool.status().discarded, 0);
}
