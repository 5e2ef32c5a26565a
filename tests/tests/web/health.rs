//! What a probe reads over HTTP.

use std::net::SocketAddr;

use actix_web::{App, HttpServer};
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use multitenant_runtime::health::{Health, HealthReport};
use tokio::net::TcpListener;

use super::client::{self, Answer};
use super::server::{BOTH, Framework};
use super::shop::Shop;

async fn serve(framework: Framework, health: Health) -> SocketAddr {
    match framework {
        Framework::Axum => {
            async fn readyz(State(health): State<Health>) -> HealthReport {
                health.readiness().await
            }
            async fn livez(State(health): State<Health>) -> HealthReport {
                health.liveness()
            }
            let routes = Router::new().route("/readyz", get(readyz)).route("/livez", get(livez)).with_state(health);
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(async move { axum::serve(listener, routes).await });
            address
        }
        Framework::Actix => {
            use actix_web::web::{Data, get};
            async fn readyz(health: Data<Health>) -> HealthReport {
                health.readiness().await
            }
            async fn livez(health: Data<Health>) -> HealthReport {
                health.liveness()
            }
            let server = HttpServer::new(move || {
                let app = App::new().app_data(Data::new(health.clone()));
                app.route("/readyz", get().to(readyz)).route("/livez", get().to(livez))
            });
            let server = server.workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
            let address = server.addrs()[0];
            tokio::spawn(server.run());
            address
        }
    }
}

fn json(answer: &Answer) -> serde_json::Value {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn well_is_200_degraded_is_200_and_unhealthy_is_503() {
    let shop = Shop::with(&["acme"]).await;
    let patient = |pool: multitenant_runtime::TenantPool| {
        let health = pool.health().time_limit(std::time::Duration::from_secs(20));
        health.fresh_for(std::time::Duration::ZERO)
    };
    let here = patient(shop.pool().build().unwrap());
    let away = patient(shop.pool().database_url("postgres://a:s3cret@127.0.0.1:1/app").build().unwrap());
    let mut servers = Vec::new();
    for framework in BOTH {
        servers.push((serve(framework, here.clone()).await, serve(framework, away.clone()).await));
    }
    for (here, away) in &servers {
        let answer = client::get(*here, "/readyz", &[]).await;
        let said = json(&answer);
        assert_eq!((answer.status, &said["status"]), (200, &"healthy".into()), "{said}");
        let answer = client::get(*away, "/readyz", &[]).await;
        let said = json(&answer);
        assert_eq!((answer.status, &said["status"]), (503, &"unhealthy".into()), "{said}");
        assert!(!answer.body.contains("s3cret") && !answer.body.contains("127.0.0.1"), "{said}");
        // The process lives, wherever its server is.
        assert_eq!(client::get(*away, "/livez", &[]).await.status, 200);
    }
    shop.sql("DROP SCHEMA tenant_acme CASCADE").await;
    for (here, _) in &servers {
        let answer = client::get(*here, "/readyz", &[]).await;
        let said = json(&answer);
        assert_eq!((answer.status, &said["status"]), (200, &"degraded".into()), "{said}");
    }
}
