//! What a checkout asks: known, fenced, behind, archived.

use std::time::Duration;

use multitenant_runtime::{OnBehind, PoolError, Tenant, TenantId};

use super::place::{Place, Who as _};

#[test]
fn a_miss_is_not_remembered_and_a_hit_is() {
    let place = Place::with(&["a"]);
    let pool = place.pool_of(1);
    assert!(matches!(pool.tenant("late"), Err(PoolError::UnknownTenant { .. })));
    place.add(&["late"]);
    assert_eq!(pool.tenant("late").unwrap().who().unwrap(), "tenant_late");
    place.sql("UPDATE tenants SET archived_at = now() WHERE id = 'late'");
    assert_eq!(pool.tenant("late").unwrap().who().unwrap(), "tenant_late", "for a while");
    pool.forget(&TenantId::new("late").unwrap());
    assert!(matches!(pool.tenant("late"), Err(PoolError::UnknownTenant { .. })));
    let brief = place.shop.pool().lookup_ttl(Duration::ZERO).build_sync().unwrap();
    assert_eq!(brief.tenant("a").unwrap().who().unwrap(), "tenant_a");
    place.sql("UPDATE tenants SET archived_at = now() WHERE id = 'a'");
    assert!(matches!(brief.tenant("a"), Err(PoolError::UnknownTenant { .. })));
}

#[test]
fn a_tenant_that_is_behind_is_fenced_migrated_or_served() {
    let place = Place::with(&["a"]);
    place.shop.tenant("2_more", "CREATE TABLE more (id int PRIMARY KEY);");
    let with = |policy| place.shop.pool().on_behind(policy).build_sync().unwrap();
    let error = with(OnBehind::Fence).tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Behind { pending, .. } if pending.len() == 1), "{error}");
    assert_eq!(with(OnBehind::Serve).tenant("a").unwrap().who().unwrap(), "tenant_a");
    assert_eq!(with(OnBehind::Migrate).tenant("a").unwrap().who().unwrap(), "tenant_a");
    assert_eq!(with(OnBehind::Fence).tenant("a").unwrap().who().unwrap(), "tenant_a");
    // Without the state table, the history tells.
    place.sql("DROP SCHEMA multitenant CASCADE");
    assert_eq!(with(OnBehind::Fence).tenant("a").unwrap().who().unwrap(), "tenant_a");
    place.shop.tenant("3_bad", "SELECT 1 / 0;");
    let error = with(OnBehind::Fence).tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Behind { .. }), "{error}");
    let error = with(OnBehind::Migrate).tenant("a").unwrap_err();
    assert!(matches!(&error, PoolError::Migration { .. }), "{error}");
}

#[test]
fn the_applications_own_registry_is_asked() {
    let place = Place::with(&["a", "b"]);
    let migrator = place.shop.builder().registry(async || {
        // It needs a runtime.
        tokio::time::sleep(Duration::from_millis(1)).await;
        Ok(vec![Tenant::new("a")?])
    });
    let pool = migrator.build().unwrap().pool().build_sync().unwrap();
    assert_eq!(pool.tenant("a").unwrap().who().unwrap(), "tenant_a");
    assert!(matches!(pool.tenant("b"), Err(PoolError::UnknownTenant { .. })));
}
