//! Whether a tenant's role is one that may be taken on: asked with the tenant, and never done without.

use multitenant_runtime::{OnBehind, PoolError, Scope, TenantId, TenantPool};

use super::{builder, isolated, pool_of, user};
use crate::shop::{Shop, Who};

/// What is said where a tenant is not served for want of its role.
async fn refusal(pool: &TenantPool, id: &str) -> String {
    match pool.tenant(id).await {
        Err(error @ PoolError::Role { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_one_is_not_served() {
    let mut shop = Shop::with(&["a"]).await;
    shop.isolate().await;
    shop.grant().await;
    let pool = pool_of(&shop, 1);
    let said = refusal(&pool, "a").await;
    assert!(said.contains(&shop.role("a").await) && said.contains("cargo multitenant migrate"), "{said}");
    shop.migrator().migrate(Scope::all()).await.unwrap();
    let mut conn = pool.tenant("a").await.unwrap();
    assert_eq!((conn.who().await.unwrap(), user(&mut conn).await), ("tenant_a".to_owned(), shop.role("a").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_could_do_more_is_not_taken_on() {
    let shop = isolated(&["a", "b"]).await;
    let role = shop.role("a").await;
    for (harm, mend, word) in [
        ("ALTER ROLE {} SUPERUSER", "ALTER ROLE {} NOSUPERUSER", "superuser"),
        ("ALTER ROLE {} LOGIN", "ALTER ROLE {} NOLOGIN", "log in"),
        ("GRANT pg_read_all_data TO {}", "REVOKE pg_read_all_data FROM {}", "member of other roles"),
        ("ALTER TABLE public.mark OWNER TO {}", "ALTER TABLE public.mark OWNER TO {me}", "owns something"),
        ("GRANT CREATE ON DATABASE {db} TO {}", "REVOKE CREATE ON DATABASE {db} FROM {}", "on the server itself"),
    ] {
        let database = role.strip_suffix("_tenant_a").unwrap();
        let sql = |sql: &str| {
            sql.replace("{me}", "CURRENT_USER")
                .replace("{db}", &format!("\"{database}\""))
                .replace("{}", &format!("\"{role}\""))
        };
        shop.sql(&sql(harm)).await;
        // Not for the owner of everything either, who may take any role on.
        for pool in [pool_of(&shop, 1), shop.pool_of(1)] {
            let said = refusal(&pool, "a").await;
            assert!(said.contains(word), "{said}");
            assert_eq!(pool.tenant("b").await.unwrap().who().await.unwrap(), "tenant_b");
        }
        shop.sql(&sql(mend)).await;
        assert_eq!(pool_of(&shop, 1).tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    }
    // Nor where it is the group that could.
    let group = role.replace("_tenant_a", "_public_tenants");
    shop.sql(&format!("GRANT pg_read_all_data TO \"{group}\"")).await;
    assert!(refusal(&pool_of(&shop, 1), "a").await.contains("member of other roles"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_goes_behind_the_pools_back() {
    let shop = isolated(&["a", "b"]).await;
    let pool = pool_of(&shop, 1);
    let role = shop.role("a").await;
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    shop.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).await;
    // Handed out without a word, as it was: nothing is read as anybody else.
    pool.tenant("a").await.unwrap().who().await.unwrap_err();
    drop(pool.tenant("b").await.unwrap());
    // Set anew, it is missed.
    assert!(refusal(&pool, "a").await.contains("does not exist"));
    shop.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    drop(pool.tenant("b").await.unwrap());
    // So it is where it may not be taken on any more.
    shop.sql(&format!("REVOKE \"{role}\" FROM \"{}\"", shop.settings.application_role)).await;
    assert!(refusal(&pool, "a").await.contains("is not granted"));
    shop.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    // Without USAGE it cannot enter.
    drop(pool.tenant("b").await.unwrap());
    shop.sql(&format!("REVOKE USAGE ON SCHEMA tenant_a FROM \"{role}\"")).await;
    let error = pool.tenant("a").await.unwrap_err();
    assert!(matches!(error, PoolError::MissingSchema { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_the_same_name_that_is_made_anew_is_taken_on_anew() {
    let shop = isolated(&["a"]).await;
    let pool = pool_of(&shop, 2);
    let role = shop.role("a").await;
    for round in 0..2 {
        // Both have served it; the registry is asked over the one, and the other hears of it.
        let (mut one, mut other) = (pool.tenant("a").await.unwrap(), pool.tenant("a").await.unwrap());
        assert_eq!(one.who().await.unwrap(), "tenant_a", "{round}");
        assert_eq!(other.who().await.unwrap(), "tenant_a", "{round}");
        drop((one, other));
        shop.sql(&format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\"")).await;
        shop.migrator().migrate(Scope::all()).await.unwrap();
        pool.forget(&TenantId::new("a").unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_registry_is_asked_as_the_application_itself() {
    let shop = isolated(&["a", "b"]).await;
    // No tenant may read it.
    shop.sql(&format!(
        "REVOKE ALL ON tenants FROM \"{}\"",
        shop.role("a").await.replace("_tenant_a", "_public_tenants")
    ))
    .await;
    let pool = pool_of(&shop, 1);
    for id in ["a", "b", "a"] {
        assert_eq!(pool.tenant(id).await.unwrap().who().await.unwrap(), format!("tenant_{id}"));
        pool.forget(&TenantId::new(id).unwrap());
    }
    assert_eq!(pool.across(multitenant_runtime::Selection::All).await.unwrap().tenants().count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_as_the_tenant() {
    let shop = isolated(&["a", "b"]).await;
    shop.sql("DELETE FROM multitenant.targets WHERE tenant IS NOT NULL").await;
    let pool = pool_of(&shop, 1);
    // Whoever logs in may not read it.
    for id in ["a", "b", "a"] {
        assert_eq!(pool.tenant(id).await.unwrap().who().await.unwrap(), format!("tenant_{id}"));
    }
    shop.sql(&format!("REVOKE ALL ON multitenant.targets FROM \"{}\"", shop.settings.application_role)).await;
    assert_eq!(pool_of(&shop, 1).tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    shop.tenant("2_more", "CREATE TABLE more (id int);");
    let error = pool_of(&shop, 1).tenant("a").await.unwrap_err();
    assert!(matches!(error, PoolError::Behind { .. }), "{error}");
    let pool = builder(&shop).on_behind(OnBehind::Migrate).build().unwrap();
    assert_eq!(pool.tenant("a").await.unwrap().who().await.unwrap(), "tenant_a");
    pool.forget(&TenantId::new("a").unwrap());
}
