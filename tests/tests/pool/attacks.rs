//! Ids that somebody makes up: an error or the right tenant, never another's rows.

use multitenant_runtime::{PoolError, TenantId};

use super::random::Random;
use super::shop::{Shop, Who};

/// Whatever PostgreSQL can quote may be a tenant.
const IDS: [&str; 14] = [
    "acme",
    "Acme",
    "a\"b",
    "A-b",
    "é",
    "a b",
    "a,b",
    "nosuch,tenant_victim",
    "x'; DROP SCHEMA public CASCADE; --",
    "x\"; DROP SCHEMA public CASCADE; --",
    "$user",
    "\\",
    "{id}",
    "\u{202e}abc\n",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_id_is_served_from_its_own_schema() {
    let shop = Shop::with(&IDS).await;
    // Two connections, so that each id follows upon others.
    let pool = shop.pool_of(2);
    for _ in 0..2 {
        for id in IDS {
            let mut conn = pool.tenant(id).await.unwrap_or_else(|error| panic!("{id:?}: {error}"));
            assert_eq!(conn.who().await.unwrap(), format!("tenant_{id}"));
            assert_eq!((conn.tenant().as_str(), conn.schema().as_str()), (id, &*format!("tenant_{id}")));
        }
    }
    let mut shared = pool.shared().await.unwrap();
    assert_eq!(shared.who().await.unwrap(), "public");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_registered_is_nobodys() {
    let shop = Shop::with(&["victim", "a"]).await;
    shop.sql("CREATE SCHEMA tenant_stray; CREATE TABLE tenant_stray.mark AS SELECT 'stray'::text AS who").await;
    let pool = shop.pool_of(1);
    let long = "x".repeat(64);
    for id in [
        "nosuch,tenant_victim",
        "victim, public",
        "victim\", \"public",
        "a\", \"tenant_victim",
        "VICTIM",
        " victim",
        "victim ",
        "victim'",
        "victim'--",
        "' OR 'x' = 'x",
        "%",
        "_",
        "$1",
        "ｖictim",
        "vict\u{200b}im",
        "stray",
        "public",
        "pg_catalog",
        &long,
        &long[..56],
    ] {
        match pool.tenant(id).await {
            Err(PoolError::UnknownTenant { tenant }) => assert_eq!(tenant.as_str(), id),
            other => panic!("{id:?}: {other:?}"),
        }
    }
    for id in ["", "\0", "victim\0", "\0victim"] {
        let error = pool.tenant(id).await.unwrap_err();
        assert!(matches!(error, PoolError::InvalidId { .. }), "{id:?}: {error}");
    }
    assert_eq!(pool.tenant("victim").await.unwrap().who().await.unwrap(), "tenant_victim");
    assert_eq!(pool.status().opened, 1, "a wrong id costs no connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_ids_find_nobody_else() {
    let pieces = ["victim", "tenant_", "\"", "'", ",", " ", ";", "--", "\\", "é", "$", "{id}", "\u{0}", "\n", "A", "%"];
    let shop = Shop::with(&["victim", "a", "A"]).await;
    let pool = shop.pool_of(3);
    let mut random = Random::new(7);
    for _ in 0..2_000 {
        let id: String = (0..1 + random.below(5)).map(|_| pieces[random.below(pieces.len())]).collect();
        match pool.tenant(&id).await {
            Ok(mut conn) => {
                assert!(["victim", "a", "A"].contains(&&*id), "{id:?}");
                assert_eq!(conn.who().await.unwrap(), format!("tenant_{id}"));
            }
            Err(PoolError::UnknownTenant { .. } | PoolError::InvalidId { .. }) => {}
            Err(error) => panic!("{id:?}: {error}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_that_gives_schemas_away_gives_none_twice() {
    let mut shop = Shop::new().await;
    shop.settings.registry = multitenant_runtime::RegistryText::Table {
        table: "tenants",
        id_column: "id",
        schema_column: Some("schema_name"),
        filter: Some("archived_at IS NULL"),
    };
    shop.add(&["one", "two", "three", "four"]).await;
    shop.sql(
        "UPDATE tenants SET schema_name = 'tenant_one' WHERE id = 'two';
         UPDATE tenants SET schema_name = 'public' WHERE id = 'three';
         INSERT INTO tenants VALUES ('five', NULL, '$user'), ('six', NULL, ''), ('seven', NULL, 'pg_catalog')",
    )
    .await;
    let pool = shop.pool_of(2);
    for id in ["one", "two", "three", "five", "six", "seven"] {
        let error = pool.tenant(id).await.unwrap_err();
        assert!(matches!(error, PoolError::UnusableTenant(_)), "{id}: {error}");
    }
    assert_eq!(pool.tenant("four").await.unwrap().who().await.unwrap(), "tenant_four");
    // The rows of a tenant that is out stay its own, once the other is gone.
    shop.sql("DELETE FROM tenants WHERE id = 'two'").await;
    assert_eq!(pool.tenant(TenantId::new("one").unwrap()).await.unwrap().who().await.unwrap(), "tenant_one");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registry_with_an_id_twice_serves_neither() {
    let mut shop = Shop::new().await;
    shop.settings.registry = multitenant_runtime::RegistryText::Query {
        sql: "SELECT id FROM tenants UNION ALL SELECT id FROM tenants WHERE id = 'two' -- twice",
    };
    shop.add(&["one"]).await;
    shop.sql("INSERT INTO tenants (id) VALUES ('two'); CREATE SCHEMA tenant_two").await;
    let pool = shop.pool_of(1);
    assert_eq!(pool.tenant("one").await.unwrap().who().await.unwrap(), "tenant_one");
    let error = pool.tenant("two").await.unwrap_err();
    assert!(
        matches!(&error, PoolError::UnusableTenant(unusable) if unusable.failure.message.contains("twice")),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registrys_query_is_not_read_under_a_tenants_path() {
    let mut shop = Shop::new().await;
    // Unqualified: it is the default path's, and no tenant's.
    shop.settings.registry = multitenant_runtime::RegistryText::Query { sql: "SELECT id FROM tenants" };
    shop.add(&["good", "evil"]).await;
    shop.sql("CREATE TABLE tenant_evil.tenants AS SELECT 'stray'::text AS id; CREATE SCHEMA tenant_stray").await;
    let pool = shop.pool_of(1);
    assert_eq!(pool.tenant("evil").await.unwrap().who().await.unwrap(), "tenant_evil");
    assert!(matches!(pool.tenant("stray").await, Err(PoolError::UnknownTenant { .. })));
    assert_eq!(pool.tenant("good").await.unwrap().who().await.unwrap(), "tenant_good");
}
