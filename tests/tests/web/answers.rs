//! What the client is told, and what it is not.

use std::time::Duration;

use multitenant_runtime::route::Header;
use multitenant_runtime::{Fenced, OnBehind, TenantId, TenantPool};

use super::client::{Answer, get};
use super::server::{Application, BOTH, Framework};
use super::shop::Shop;

/// Tenants in each state that the pool refuses.
async fn shop() -> Shop {
    let shop = Shop::with(&["acme", "gone", "typed"]).await;
    shop.sql(
        "DROP SCHEMA tenant_gone CASCADE;
         CREATE TYPE tenant_typed.mood AS ENUM ('secret');
         INSERT INTO tenants VALUES ('behind'); CREATE SCHEMA tenant_behind",
    )
    .await;
    shop
}

fn application(pool: &TenantPool) -> Application {
    Application::new(pool.clone(), Header::new("x-tenant"))
}

async fn ask(application: &Application, framework: Framework, path: &str, tenant: &str) -> Answer {
    let address = application.serve(framework).await;
    let headers = [("x-tenant", tenant.as_bytes())];
    get(address, path, if tenant.is_empty() { &[] } else { &headers }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refusal_has_its_status_and_leaks_nothing() {
    let shop = shop().await;
    let pool = shop.pool().on_behind(OnBehind::Fence).build().unwrap();
    for framework in BOTH {
        for (tenant, status, after, body) in [
            ("acme", 200, None, "tenant_acme"),
            ("", 400, None, "the request does not say which tenant it is about"),
            ("a,b", 400, None, "what the request names as its tenant cannot be one"),
            ("nosuch", 404, None, "there is no such tenant"),
            ("behind", 503, Some("30"), "the tenant cannot be served at the moment"),
            ("gone", 500, None, "something went wrong"),
            ("typed", 500, None, "something went wrong"),
        ] {
            // As an extractor's error, and as a handler's.
            for path in ["/who", "/later"] {
                let answer = ask(&application(&pool), framework, path, tenant).await;
                assert_eq!((answer.status, &*answer.body), (status, body), "{framework:?} {tenant}: {answer:?}");
                assert_eq!(answer.header("retry-after"), after, "{framework:?} {tenant}: {answer:?}");
                assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"), "{framework:?} {tenant}");
                let whole = format!("{answer:?}");
                let leaks = ["mood", "SELECT", "pg_", "schema", "migrat", "nosuch", "gone", "typed", "behind"];
                assert!(leaks.iter().all(|leak| !whole.contains(leak)), "{framework:?} {tenant}: {whole}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fence_a_full_pool_and_a_closed_one_are_for_the_moment() {
    let shop = shop().await;
    let pool = shop.pool().max_connections(1).checkout_timeout(Duration::from_millis(300)).build().unwrap();
    for framework in BOTH {
        let held = pool.tenant("acme").await.unwrap();
        let answer = ask(&application(&pool), framework, "/who", "acme").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{framework:?}: {answer:?}");
        // Who needs no connection needs none.
        let answer = ask(&application(&pool), framework, "/id", "acme").await;
        assert_eq!((answer.status, &*answer.body), (200, "acme"), "{framework:?}: {answer:?}");
        drop(held);
        pool.fence([Fenced::new(TenantId::new("acme").unwrap())]);
        let answer = ask(&application(&pool), framework, "/who", "acme").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("30")), "{framework:?}: {answer:?}");
        pool.unfence(&TenantId::new("acme").unwrap());
        let answer = ask(&application(&pool), framework, "/who", "acme").await;
        assert_eq!((answer.status, &*answer.body), (200, "tenant_acme"), "{framework:?}: {answer:?}");
    }
    pool.close().await;
    for framework in BOTH {
        let answer = ask(&application(&pool), framework, "/who", "acme").await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{framework:?}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_can_have_no_schema_is_the_clients_mistake() {
    let shop = shop().await;
    let pool = shop.pool_without_registry().build().unwrap();
    let long = "a".repeat(100);
    for framework in BOTH {
        for (tenant, status) in [("acme", 200), ("nosuch", 404), (&*long, 400)] {
            let answer = ask(&application(&pool), framework, "/who", tenant).await;
            assert_eq!(answer.status, status, "{framework:?} {tenant}: {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_function_makes_all_answers() {
    let shop = shop().await;
    let pool = shop.pool().build().unwrap();
    for framework in BOTH {
        let application = Application { answers_teapot: true, ..application(&pool) };
        for (path, tenant, was) in [
            ("/who", "", 400),
            ("/who", "a,b", 400),
            ("/who", "nosuch", 404),
            ("/who", "behind", 503),
            ("/who", "gone", 500),
            ("/later", "nosuch", 404),
        ] {
            let answer = ask(&application, framework, path, tenant).await;
            let told = (answer.status, answer.body);
            assert_eq!(told, (418, format!("teapot {was}")), "{framework:?} {path} {tenant}");
        }
        let answer = ask(&application, framework, "/who", "acme").await;
        assert_eq!((answer.status, &*answer.body), (200, "tenant_acme"), "{framework:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_without_a_tenant_are_let_through() {
    let shop = shop().await;
    let pool = shop.pool().build().unwrap();
    for framework in BOTH {
        let application = Application { is_optional: true, ..application(&pool) };
        for (path, tenant, status, body) in [
            ("/health", "", 200, "well"),
            ("/if", "", 200, "nobody"),
            ("/if", "acme", 200, "acme"),
            ("/shared", "", 200, "public"),
            ("/shared", "acme", 200, "public"),
            ("/id", "", 400, "the request does not say which tenant it is about"),
            ("/who", "", 400, "the request does not say which tenant it is about"),
            ("/health", "a,b", 400, "what the request names as its tenant cannot be one"),
            ("/who", "acme", 200, "tenant_acme"),
        ] {
            let answer = ask(&application, framework, path, tenant).await;
            assert_eq!((answer.status, &*answer.body), (status, body), "{framework:?} {path} {tenant}: {answer:?}");
        }
    }
    let strict = application(&pool);
    for framework in BOTH {
        assert_eq!(ask(&strict, framework, "/health", "").await.status, 400, "{framework:?}");
    }
}
