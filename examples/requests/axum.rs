//! One pool for all tenants, in axum: `cargo run --example axum`. It works in a database of its own.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod notes;
mod place;

use std::error::Error;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use multitenant_runtime::route::Header;
use multitenant_runtime::web::TenantLayer;
use multitenant_runtime::{TenantConn, TenantPool};
use place::Place;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let place = Place::new().await?;
    let listener = TcpListener::bind(("127.0.0.1", 3000)).await?;
    println!("listening on http://{}; try:", listener.local_addr()?);
    println!("  curl -H 'x-tenant: acme' -d 'buy milk' localhost:3000/notes");
    println!("  curl -H 'x-tenant: acme' localhost:3000/notes");
    println!("  curl -H 'x-tenant: globex' localhost:3000/notes");
    let stopped = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, routes(place.pool.clone())).with_graceful_shutdown(stopped).await?;
    place.pool.close().await;
    Ok(())
}

fn routes(pool: TenantPool) -> Router {
    Router::new()
        .route("/notes", get(list).post(add))
        .layer(TenantLayer::new(pool, Header::new("x-tenant")))
        // What is added after the layer is outside of it.
        .route("/health", get(async || "well"))
}

/// The connection is the tenant's. Where there is none to be had, the client has its answer already.
async fn list(mut connection: TenantConn) -> Result<String, StatusCode> {
    notes::list(&mut connection).await.map_err(|error| failed(&error))
}

async fn add(mut connection: TenantConn, text: String) -> Result<String, StatusCode> {
    notes::add(&mut connection, &text).await.map_err(|error| failed(&error))
}

fn failed(error: &diesel::result::Error) -> StatusCode {
    eprintln!("error: {error}");
    StatusCode::INTERNAL_SERVER_ERROR
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    async fn ask(routes: &Router, method: &str, path: &str, tenant: &str, body: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).header("x-tenant", tenant);
        let response = routes.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn each_tenant_has_its_own_notes() {
        let place = Place::new().await.unwrap();
        let routes = routes(place.pool.clone());
        for tenant in ["acme", "globex"] {
            let (status, body) = ask(&routes, "POST", "/notes", tenant, &format!("of {tenant}")).await;
            assert_eq!((status, body), (200, format!("1: of {tenant}\n")));
        }
        for tenant in ["acme", "globex"] {
            assert_eq!(ask(&routes, "GET", "/notes", tenant, "").await, (200, format!("1: of {tenant}\n")));
        }
        for (tenant, expected) in [("initech", 404), ("acme,globex", 400), ("ACME", 404)] {
            assert_eq!(ask(&routes, "GET", "/notes", tenant, "").await.0, expected, "{tenant}");
        }
        assert_eq!(ask(&routes, "GET", "/health", "initech", "").await, (200, "well".to_owned()));
    }
}
