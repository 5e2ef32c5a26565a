//! What the registry says, for how long it is believed, and who is fenced.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use multitenant_runtime::{Fenced, PoolError, RegistryText, Tenant, TenantId};

use super::shop::{Shop, Who};

fn id(text: &str) -> TenantId {
    TenantId::new(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miss_is_not_remembered_and_a_hit_is_for_a_while() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool().max_connections(1).lookup_ttl(Duration::from_secs(3)).build().unwrap();
    assert!(matches!(pool.tenant("late").await, Err(PoolError::UnknownTenant { .. })));
    shop.add(&["late"]).await;
    assert_eq!(pool.tenant("late").await.unwrap().who().await.unwrap(), "tenant_late");
    // Archived: out of the filter.
    shop.sql("UPDATE tenants SET archived_at = now() WHERE id = 'late'").await;
    pool.tenant("late").await.unwrap();
    tokio::time::sleep(Duration::from_millis(3_100)).await;
    assert!(matches!(pool.tenant("late").await, Err(PoolError::UnknownTenant { .. })));
    shop.sql("UPDATE tenants SET archived_at = NULL").await;
    pool.tenant("late").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_asks_again_at_once() {
    let shop = Shop::with(&["a"]).await;
    let pool = shop.pool().max_connections(1).lookup_ttl(Duration::from_secs(3600)).build().unwrap();
    pool.tenant("a").await.unwrap();
    shop.sql("DELETE FROM tenants").await;
    pool.tenant("a").await.unwrap();
    pool.forget(&id("a"));
    assert!(matches!(pool.tenant("a").await, Err(PoolError::UnknownTenant { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fenced_are_not_served() {
    let shop = Shop::with(&["a", "b"]).await;
    let pool = shop.pool_of(1);
    let mut out = pool.tenant("a").await.unwrap();
    pool.fence([Fenced::new(id("a"))]);
    let error = pool.tenant("a").await.unwrap_err();
    assert!(matches!(&error, PoolError::Fenced { tenant, .. } if *tenant == id("a")), "{error}");
    assert_eq!(out.who().await.unwrap(), "tenant_a");
    drop(out);
    assert_eq!(pool.tenant("b").await.unwrap().who().await.unwrap(), "tenant_b");
    assert!(pool.unfence(&id("a")) && !pool.unfence(&id("a")));
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_registry() {
    for registry in [
        RegistryText::Schemas,
        RegistryText::List { ids: &["a", "b", "missing"] },
        RegistryText::Query { sql: "SELECT id FROM public.tenants; " },
        RegistryText::Query { sql: "SELECT id, 'tenant_' || id, 1 FROM public.tenants ORDER BY id -- all" },
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: Some("schema_name"), filter: None },
    ] {
        let mut shop = Shop::with(&["a", "b"]).await;
        shop.settings.registry = registry;
        let pool = shop.pool_of(1);
        for id in ["a", "b", "a"] {
            assert_eq!(pool.tenant(id).await.unwrap().who().await.unwrap(), format!("tenant_{id}"), "{registry:?}");
        }
        assert!(matches!(pool.tenant("nobody").await, Err(PoolError::UnknownTenant { .. })), "{registry:?}");
        for long in ["x".repeat(64), "x".repeat(57)] {
            let error = pool.tenant(&long).await.unwrap_err();
            assert!(
                matches!(error, PoolError::UnknownTenant { .. } | PoolError::InvalidId { .. }),
                "{registry:?}: {error}"
            );
        }
        if matches!(registry, RegistryText::List { .. }) {
            assert!(matches!(pool.tenant("missing").await, Err(PoolError::MissingSchema { .. })));
        }
    }
}

/// Where the registry gives the names, another schema may have come to the one that was looked up.
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_has_become_anothers() {
    let mut shop = Shop::with(&["a", "b"]).await;
    shop.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: Some("schema_name"), filter: None };
    let pool = shop.pool_of(1);
    for id in ["a", "b"] {
        pool.tenant(id).await.unwrap();
    }
    shop.sql(
        "ALTER SCHEMA tenant_a RENAME TO elsewhere; ALTER SCHEMA tenant_b RENAME TO tenant_a; \
         UPDATE tenants SET schema_name = CASE id WHEN 'a' THEN 'elsewhere' ELSE 'tenant_a' END",
    )
    .await;
    for id in ["a", "b"] {
        assert_eq!(pool.tenant(id).await.unwrap().who().await.unwrap(), format!("tenant_{id}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_of_other_types() {
    for (kind, one, other) in [
        ("bigint", "17", "017"),
        ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"),
        ("varchar(10)", "x", "x "),
        ("char(3)", "abc", "ab"),
    ] {
        let mut shop = Shop::with(&[]).await;
        shop.sql(&format!("CREATE TABLE accounts (id {kind} PRIMARY KEY); INSERT INTO accounts VALUES ('{one}')"))
            .await;
        shop.settings.registry =
            RegistryText::Table { table: "accounts", id_column: "id", schema_column: None, filter: None };
        let migrator = shop.builder().create_schemas(true).build().unwrap();
        migrator.migrate(multitenant_runtime::Scope::tenants()).await.unwrap();
        let pool = shop.pool_of(1);
        assert_eq!(pool.tenant(one).await.unwrap().who().await.unwrap(), format!("tenant_{one}"), "{kind}");
        for nobody in [other, "x'y", "99999999999999999999999999"] {
            let error = pool.tenant(nobody).await.unwrap_err();
            assert!(matches!(error, PoolError::UnknownTenant { .. }), "{kind} {nobody:?}: {error}");
        }
    }
}

/// A flood of unknown ids asks the application's function some few times, and everybody is told the truth.
#[tokio::test(flavor = "multi_thread")]
async fn an_own_registry_is_asked_once_for_all_who_wait() {
    let shop = Shop::with(&["a", "late"]).await;
    let (asked, known) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(vec!["a"])));
    let registry = {
        let (asked, known) = (Arc::clone(&asked), Arc::clone(&known));
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            let known = known.lock().unwrap().clone();
            async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                let tenants: Result<Vec<Tenant>, _> = known.into_iter().map(Tenant::new).collect();
                Ok(tenants?)
            }
        }
    };
    let migrator = shop.builder().registry(registry).build().unwrap();
    let pool = migrator.pool().max_connections(10).build().unwrap();
    let flood = (0..100).map(|i| {
        let pool = pool.clone();
        tokio::spawn(async move { pool.tenant(format!("nobody{i}")).await.map(drop) })
    });
    for result in futures_util::future::join_all(flood).await {
        assert!(matches!(result.unwrap(), Err(PoolError::UnknownTenant { .. })));
    }
    let times = asked.load(Ordering::Relaxed);
    assert!((1..=30).contains(&times), "asked {times} times");
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    known.lock().unwrap().push("late");
    assert_eq!(pool.tenant("late").await.unwrap().who().await.unwrap(), "tenant_late");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_fails_is_an_error_and_no_unknown_tenant() {
    let mut shop = Shop::with(&["a"]).await;
    shop.settings.registry =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: None, filter: Some("1 / 0 = 1") };
    let error = shop.pool_of(1).tenant("a").await.unwrap_err();
    assert!(matches!(error, PoolError::Registry(_)), "{error}");
    shop.settings.registry =
        RegistryText::Table { table: "nosuch", id_column: "id", schema_column: None, filter: None };
    let error = shop.pool_of(1).tenant("a").await.unwrap_err();
    assert!(matches!(error, PoolError::Registry(_)), "{error}");
}
