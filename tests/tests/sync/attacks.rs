//! Ids that somebody makes up: an error or the right tenant, never another's rows.

use multitenant_runtime::{PoolError, TenantId};

use super::place::{Place, Who};
use super::random::Random;

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

#[test]
fn every_id_is_served_from_its_own_schema() {
    let place = Place::with(&IDS);
    // Two connections, so that each id follows upon others.
    let pool = place.pool_of(2);
    for _ in 0..2 {
        for id in IDS {
            let mut conn = pool.tenant(id).unwrap_or_else(|error| panic!("{id:?}: {error}"));
            assert_eq!(conn.who().unwrap(), format!("tenant_{id}"));
            assert_eq!((conn.tenant().as_str(), conn.schema().as_str()), (id, &*format!("tenant_{id}")));
        }
    }
    let mut shared = pool.shared().unwrap();
    assert_eq!(shared.who().unwrap(), "public");
}

#[test]
fn what_is_not_registered_is_nobodys() {
    let place = Place::with(&["victim", "a"]);
    place.sql("CREATE SCHEMA tenant_stray; CREATE TABLE tenant_stray.mark AS SELECT 'stray'::text AS who");
    let pool = place.pool_of(1);
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
        match pool.tenant(id) {
            Err(PoolError::UnknownTenant { tenant }) => assert_eq!(tenant.as_str(), id),
            other => panic!("{id:?}: {other:?}"),
        }
    }
    for id in ["", "\0", "victim\0", "\0victim"] {
        let error = pool.tenant(id).unwrap_err();
        assert!(matches!(error, PoolError::InvalidId { .. }), "{id:?}: {error}");
    }
    assert_eq!(pool.tenant("victim").unwrap().who().unwrap(), "tenant_victim");
    assert_eq!(pool.status().opened, 1, "a wrong id costs no connection");
}

#[test]
fn generated_ids_find_nobody_else() {
    let pieces = ["victim", "tenant_", "\"", "'", ",", " ", ";", "--", "\\", "é", "$", "{id}", "\u{0}", "\n", "A", "%"];
    let place = Place::with(&["victim", "a", "A"]);
    let pool = place.pool_of(3);
    let mut random = Random::new(7);
    for _ in 0..2_000 {
        let id: String = (0..1 + random.below(5)).map(|_| pieces[random.below(pieces.len())]).collect();
        match pool.tenant(&id) {
            Ok(mut conn) => {
                assert!(["victim", "a", "A"].contains(&&*id), "{id:?}");
                assert_eq!(conn.who().unwrap(), format!("tenant_{id}"));
            }
            Err(PoolError::UnknownTenant { .. } | PoolError::InvalidId { .. }) => {}
            Err(error) => panic!("{id:?}: {error}"),
        }
    }
}

#[test]
fn a_registry_that_gives_schemas_away_gives_none_twice() {
    let place = Place::prepared(&["one", "two", "three", "four"], |shop| {
        shop.settings.registry = multitenant_runtime::RegistryText::Table {
            table: "tenants",
            id_column: "id",
            schema_column: Some("schema_name"),
            filter: Some("archived_at IS NULL"),
        };
    });
    place.sql(
        "UPDATE tenants SET schema_name = 'tenant_one' WHERE id = 'two';
         UPDATE tenants SET schema_name = 'public' WHERE id = 'three';
         INSERT INTO tenants VALUES ('five', NULL, '$user'), ('six', NULL, ''), ('seven', NULL, 'pg_catalog')",
    );
    let pool = place.pool_of(2);
    for id in ["one", "two", "three", "five", "six", "seven"] {
        let error = pool.tenant(id).unwrap_err();
        assert!(matches!(error, PoolError::UnusableTenant(_)), "{id}: {error}");
    }
    assert_eq!(pool.tenant("four").unwrap().who().unwrap(), "tenant_four");
    // The rows of a tenant that is out stay its own, once the other is gone.
    place.sql("DELETE FROM tenants WHERE id = 'two'");
    assert_eq!(pool.tenant(TenantId::new("one").unwrap()).unwrap().who().unwrap(), "tenant_one");
}

#[test]
fn a_registry_with_an_id_twice_serves_neither() {
    let place = Place::prepared(&["one"], |shop| {
        let sql = "SELECT id FROM tenants UNION ALL SELECT id FROM tenants WHERE id = 'two' -- twice";
        shop.settings.registry = multitenant_runtime::RegistryText::Query { sql };
    });
    place.sql("INSERT INTO tenants (id) VALUES ('two'); CREATE SCHEMA tenant_two");
    let pool = place.pool_of(1);
    assert_eq!(pool.tenant("one").unwrap().who().unwrap(), "tenant_one");
    let error = pool.tenant("two").unwrap_err();
    assert!(
        matches!(&error, PoolError::UnusableTenant(unusable) if unusable.failure.message.contains("twice")),
        "{error}"
    );
}

#[test]
fn the_registrys_query_is_not_read_under_a_tenants_path() {
    let place = Place::prepared(&["good", "evil"], |shop| {
        // Unqualified: it is the default path's, and no tenant's.
        shop.settings.registry = multitenant_runtime::RegistryText::Query { sql: "SELECT id FROM tenants" };
    });
    place.sql("CREATE TABLE tenant_evil.tenants AS SELECT 'stray'::text AS id; CREATE SCHEMA tenant_stray");
    let pool = place.pool_of(1);
    assert_eq!(pool.tenant("evil").unwrap().who().unwrap(), "tenant_evil");
    assert!(matches!(pool.tenant("stray"), Err(PoolError::UnknownTenant { .. })));
    assert_eq!(pool.tenant("good").unwrap().who().unwrap(), "tenant_good");
}
