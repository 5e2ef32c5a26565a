//! Queries over many tenants.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use diesel::sql_types::Text;
use futures_util::{Stream, StreamExt};
use multitenant_runtime::prelude::*;
use multitenant_runtime::{AcrossError, PoolError, Selection, Tenant, TenantConn, TenantId, TenantPool};

use super::shop::{NAME, Shop, connections};

diesel::table! {
    tenants (id) {
        id -> Text,
    }
}

multitenant_runtime::shared_tables! { tenants }

diesel::table! {
    items (id) {
        id -> Integer,
        label -> Text,
        plan_id -> Integer,
    }
}

diesel::table! {
    plans (id) {
        id -> Integer,
        name -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(items, plans);
multitenant_runtime::tenant_tables! { items }
multitenant_runtime::shared_tables! { plans }

diesel::define_sql_function! {
    fn whose() -> Text;
}

/// Tenants whose rows say whose they are, and a table of the same name that is nobody's.
async fn shop(tenants: &[&str]) -> Shop {
    let shop = Shop::new().await;
    shop.shared(
        "2_plans",
        "CREATE TABLE plans (id int PRIMARY KEY, name text NOT NULL); INSERT INTO plans VALUES (1, 'small'), (2, 'large');
         CREATE TABLE items (id int, label text, plan_id int); INSERT INTO items VALUES (1, 'nobody''s', 1);",
    );
    shop.tenant(
        "2_items",
        "CREATE TABLE items (id int PRIMARY KEY, label text NOT NULL, plan_id int NOT NULL);
         INSERT INTO items SELECT i, current_schema() || ' ' || i, 1 + i % 2 FROM generate_series(1, 3) i;",
    );
    shop.add(tenants).await;
    shop
}

async fn by_tenant<T>(
    results: impl Stream<Item = (TenantId, Result<T, AcrossError>)>,
) -> BTreeMap<String, Result<T, String>> {
    let results = results.map(|(id, result)| (id.as_str().to_owned(), result.map_err(|error| error.to_string())));
    results.collect().await
}

async fn all(pool: &TenantPool) -> multitenant_runtime::Across {
    pool.across(Selection::All).await.unwrap()
}

fn ids(number: usize) -> Vec<String> {
    (0..number).map(|i| format!("t{i:03}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn by_turns_and_within_the_cap() {
    let names = ids(12);
    let shop = shop(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let pool = shop.pool_of(3);
    let work = async |mut conn: TenantConn| {
        items::table.select(items::label).order(items::id).first::<String>(&mut conn).await
    };
    let found = by_tenant(all(&pool).await.concurrency(20).run(work)).await;
    assert_eq!(found.len(), 12);
    for (id, label) in found {
        assert_eq!(label.unwrap(), format!("tenant_{id} 1"));
    }
    assert!(connections(&shop.client().await).await <= 3, "{NAME}");
    // What one fails with is nobody else's.
    let fails = async |mut conn: TenantConn| match conn.tenant().as_str() {
        "t003" => Err(diesel::result::Error::RollbackTransaction),
        _ => items::table.count().get_result::<i64>(&mut conn).await,
    };
    let found = by_tenant(all(&pool).await.run(fails)).await;
    assert_eq!(found.values().filter(|count| **count == Ok(3)).count(), 11);
    assert!(found["t003"].is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn selections() {
    let shop = shop(&["acme", "apex", "bolt"]).await;
    let pool = shop.pool_of(2);
    let select = async |selection| {
        let across = pool.across(selection).await?;
        Ok::<_, PoolError>(across.tenants().map(ToString::to_string).collect::<Vec<_>>())
    };
    let only = |id: &str| Selection::Only(vec![TenantId::new(id).unwrap()]);
    assert_eq!(select(Selection::All).await.unwrap(), ["acme", "apex", "bolt"]);
    assert_eq!(select(Selection::None).await.unwrap(), [""; 0]);
    assert_eq!(select(only("apex")).await.unwrap(), ["apex"]);
    assert_eq!(select(Selection::Matching(vec!["a*".to_owned()])).await.unwrap(), ["acme", "apex"]);
    let unknown = select(only("nosuch,tenant_acme")).await;
    assert!(matches!(unknown, Err(PoolError::UnknownTenant { .. })), "{unknown:?}");
    // A pattern that fits nobody is a mistake, as it is on the command line.
    let in_vain = select(Selection::Matching(vec!["a*".to_owned(), "A*".to_owned()])).await.unwrap_err();
    assert!(matches!(&in_vain, PoolError::NoTenantMatches { patterns } if patterns == &["A*"]), "{in_vain}");
    assert!(in_vain.to_string().contains("case-sensitive"), "{in_vain}");
}

/// The application's own registry may ask the pool itself: no connection is held for it.
#[tokio::test(flavor = "multi_thread")]
async fn an_own_registry_may_use_the_pool() {
    let shop = shop(&["a", "b"]).await;
    let own: Arc<OnceLock<TenantPool>> = Arc::default();
    let registry = {
        let own = Arc::clone(&own);
        move || {
            let pool = own.get().unwrap().clone();
            async move {
                let ids = tenants::table.select(tenants::id).order(tenants::id);
                let ids: Vec<String> = ids.load(&mut pool.shared().await?).await?;
                let tenants: Result<Vec<Tenant>, _> = ids.iter().map(Tenant::new).collect();
                Ok(tenants?)
            }
        }
    };
    let migrator = shop.builder().registry(registry).build().unwrap();
    let timeout = std::time::Duration::from_secs(5);
    let pool = migrator.pool().max_connections(1).checkout_timeout(timeout).build().unwrap();
    own.set(pool.clone()).unwrap();
    let across = all(&pool).await;
    assert_eq!(across.tenants().map(ToString::to_string).collect::<Vec<_>>(), ["a", "b"]);
    let found = by_tenant(across.union::<_, String>(items::table.select(items::label).order(items::id).limit(1))).await;
    assert_eq!(found["b"], Ok(vec!["tenant_b 1".to_owned()]));
}

/// More than two statements' worth, with values in the query, a join with a shared table and a subquery.
#[tokio::test(flavor = "multi_thread")]
async fn a_union_over_hundreds() {
    let names = ids(230);
    let shop = shop(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let pool = shop.pool_of(2);
    let query = || {
        let large = diesel::alias!(plans as large);
        let large = large.filter(large.field(plans::name).eq("large")).select(large.field(plans::id));
        items::table
            .inner_join(plans::table.on(plans::id.eq(items::plan_id)))
            .filter(items::id.lt(10).and(items::plan_id.eq_any(large)))
            .select((items::label, plans::name))
            .order(items::id.desc())
            .limit(1)
    };
    let found = by_tenant(all(&pool).await.union::<_, (String, String)>(query())).await;
    assert_eq!(found.len(), 230);
    for (id, rows) in &found {
        assert_eq!(rows, &Ok(vec![(format!("tenant_{id} 3"), "large".to_owned())]));
    }
    let distinct = items::table.select(items::label).distinct().filter(items::id.eq(2));
    for (id, rows) in by_tenant(all(&pool).await.union::<_, String>(distinct)).await {
        assert_eq!(rows, Ok(vec![format!("tenant_{id} 2")]));
    }
    // What is not read in full is asked one by one.
    let hidden = diesel::dsl::sql::<Text>("(/* don't */ SELECT min(label) FROM items)");
    let across = pool.across(Selection::Matching(vec!["t00?".to_owned()])).await.unwrap();
    for (id, rows) in by_tenant(across.union::<_, String>(items::table.select(hidden).limit(1))).await {
        assert!(rows.is_err() || rows == Ok(vec![format!("tenant_{id} 1")]), "{id}: {rows:?}");
    }
    // One whose table is another's name now, and one that is fenced: the others have their rows.
    shop.sql("ALTER TABLE tenant_t007.items RENAME TO gone; ALTER TABLE tenant_t150.items RENAME label TO other").await;
    let found = by_tenant(all(&pool).await.union::<_, (String, String)>(query())).await;
    let failed: Vec<&str> = found.iter().filter(|(_, rows)| rows.is_err()).map(|(id, _)| id.as_str()).collect();
    // By the path of t007 the shared table is found, as it would be at a checkout.
    assert_eq!(failed, ["t150"]);
    assert_eq!(found["t007"], Ok(vec![]));
    assert_eq!(found["t008"], Ok(vec![("tenant_t008 3".to_owned(), "large".to_owned())]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_union_leaves_out_who_is_not_served() {
    let shop = shop(&["a", "b", "c", "d"]).await;
    let pool = shop.pool_of(2);
    shop.sql("DROP SCHEMA tenant_b CASCADE").await;
    shop.sql("DELETE FROM tenant_c.__diesel_schema_migrations; DELETE FROM multitenant.targets WHERE tenant = 'c'")
        .await;
    shop.sql("INSERT INTO tenants (id) VALUES ('')").await;
    let labels = items::table.select(items::label).order(items::id).limit(1);
    let across = all(&pool).await;
    assert_eq!(across.unusable().len(), 1);
    let found = by_tenant(across.union::<_, String>(labels)).await;
    assert_eq!(found["a"], Ok(vec!["tenant_a 1".to_owned()]));
    assert_eq!(found["d"], Ok(vec!["tenant_d 1".to_owned()]));
    assert!(found["b"].as_ref().unwrap_err().contains("does not exist"), "{found:?}");
    assert!(found["c"].as_ref().unwrap_err().contains("older than this binary"), "{found:?}");
    assert_eq!(found.len(), 4);
}

/// A function is found by the path, and would read the first tenant's rows for all of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_union_does_not_lend_a_function() {
    let shop = shop(&[]).await;
    shop.tenant("3_whose", "CREATE FUNCTION whose() RETURNS text LANGUAGE sql AS $$ SELECT min(label) FROM items $$;");
    shop.add(&["a", "b", "c"]).await;
    let pool = shop.pool_of(2);
    let found = by_tenant(all(&pool).await.union::<_, String>(items::table.select(whose()).limit(1))).await;
    for id in ["a", "b", "c"] {
        assert_eq!(found[id], Ok(vec![format!("tenant_{id} 1")]));
    }
}

/// Ids and schemas that would be something else in SQL that does not quote them.
#[tokio::test(flavor = "multi_thread")]
async fn a_union_quotes_whatever_it_is_given() {
    let names = ["it's", "x\"y", "a, tenant_b", "$1", "Ünïcode", "'; DROP TABLE tenants; --", "b"];
    let shop = shop(&names).await;
    let pool = shop.pool_of(2);
    let labels = items::table.filter(items::label.like("%1")).select((items::label, diesel::dsl::sql::<Text>("'$2'")));
    let found = by_tenant(all(&pool).await.union::<_, (String, String)>(labels)).await;
    for name in names {
        assert_eq!(found[name], Ok(vec![(format!("tenant_{name} 1"), "$2".to_owned())]), "{name}");
    }
}
