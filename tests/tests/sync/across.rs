//! Code over many tenants.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use diesel::prelude::{QueryDsl as _, QueryResult};
use multitenant_runtime::sync::{Across, RunQueryDsl as _, TenantConn, TenantPool};
use multitenant_runtime::{AcrossError, PoolError, RegistryText, Selection, Tenant, TenantId};

use super::place::{Place, Who as _};
use super::shop::mark;

diesel::table! {
    tenants (id) {
        id -> Text,
    }
}

multitenant_runtime::shared_tables! { tenants }

fn names(across: &Across) -> Vec<String> {
    across.tenants().map(ToString::to_string).collect()
}

fn all(pool: &TenantPool) -> Across {
    pool.across(Selection::All).unwrap()
}

#[test]
fn each_answer_is_its_tenants_and_within_the_cap() {
    let ids: Vec<String> = (0..12).map(|i| format!("t{i:02}")).collect();
    let place = Place::with(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let pool = place.pool_of(3);
    for at_once in [1, 3, 20] {
        let found = all(&pool).concurrency(at_once).run(|conn| mark::table.select(mark::who).first::<String>(conn));
        let found: Vec<_> = found.into_iter().map(|(id, who)| (id.to_string(), who.unwrap())).collect();
        let expected: Vec<_> = ids.iter().map(|id| (id.clone(), format!("tenant_{id}"))).collect();
        assert_eq!(found, expected, "in the order of their ids");
    }
    assert!(place.connections() <= 3);
}

#[test]
fn a_failure_is_nobody_elses() {
    let place = Place::with(&["a", "b", "c", "d"]);
    let pool = place.pool_of(2);
    place.sql("INSERT INTO tenants (id) VALUES (''); DROP SCHEMA tenant_b CASCADE");
    let across = all(&pool);
    assert_eq!(across.unusable().len(), 1);
    let work = |conn: &mut TenantConn| -> QueryResult<String> {
        match conn.tenant().as_str() {
            "c" => Err(diesel::result::Error::RollbackTransaction),
            _ => conn.who(),
        }
    };
    let found: Vec<_> = across.run(work).into_iter().map(|(id, result)| (id.to_string(), result)).collect();
    let [(_, a), (_, b), (_, c), (d, last)] = &found[..] else { panic!("{found:?}") };
    assert_eq!((a.as_deref().unwrap(), d.as_str(), last.as_deref().unwrap()), ("tenant_a", "d", "tenant_d"));
    assert!(matches!(b, Err(AcrossError::Pool(error)) if matches!(**error, PoolError::MissingSchema { .. })), "{b:?}");
    assert!(matches!(c, Err(AcrossError::Work(diesel::result::Error::RollbackTransaction))), "{c:?}");
}

#[test]
fn selections_of_every_kind_of_registry() {
    let mut place = Place::with(&["acme", "apex", "bolt"]);
    for registry in [
        place.shop.settings.registry,
        RegistryText::Schemas,
        RegistryText::List { ids: &["acme", "apex", "bolt"] },
        RegistryText::Query { sql: "SELECT id FROM public.tenants -- all" },
    ] {
        place.shop.settings.registry = registry;
        let pool = place.pool_of(1);
        assert_eq!(names(&all(&pool)), ["acme", "apex", "bolt"], "{registry:?}");
        let matching = |pattern: &str| pool.across(Selection::Matching(vec![pattern.to_owned()]));
        assert_eq!(names(&matching("a*").unwrap()), ["acme", "apex"]);
        let in_vain = matching("A*").unwrap_err();
        assert!(matches!(&in_vain, PoolError::NoTenantMatches { patterns } if patterns == &["A*"]), "{in_vain}");
        let unknown = pool.across(Selection::Only(vec![TenantId::new("nosuch").unwrap()])).unwrap_err();
        assert!(matches!(unknown, PoolError::UnknownTenant { .. }), "{unknown}");
        assert!(pool.across(Selection::None).unwrap().run(TenantConn::who).is_empty());
    }
}

/// Without a state table, and with an own function that asks the pool itself: no connection is held for it.
#[test]
fn an_own_registry_may_use_the_pool() {
    let place = Place::with(&["a", "b"]);
    place.sql("DROP TABLE multitenant.targets");
    let own: Arc<OnceLock<TenantPool>> = Arc::default();
    let registry = {
        let own = Arc::clone(&own);
        move || {
            let pool = own.get().unwrap().clone();
            async move {
                let ids = tenants::table.select(tenants::id).order(tenants::id);
                let ids: Vec<String> = ids.load(&mut pool.shared()?)?;
                let tenants: Result<Vec<Tenant>, _> = ids.iter().map(Tenant::new).collect();
                Ok(tenants?)
            }
        }
    };
    let migrator = place.shop.builder().registry(registry).build().unwrap();
    let pool = migrator.pool().max_connections(1).checkout_timeout(Duration::from_secs(5)).build_sync().unwrap();
    own.set(pool.clone()).unwrap();
    let found = all(&pool).run(TenantConn::who);
    let found: Vec<_> = found.into_iter().map(|(id, who)| (id.to_string(), who.unwrap())).collect();
    assert_eq!(found, [("a".to_owned(), "tenant_a".to_owned()), ("b".to_owned(), "tenant_b".to_owned())]);
}
