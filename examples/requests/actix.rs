//! One pool for all tenants, in actix-web: `cargo run --example actix`. It works in a database of its own.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod notes;
mod place;

use std::error::Error;

use actix_web::error::ErrorInternalServerError;
use actix_web::web::{ServiceConfig, get, post, scope};
use actix_web::{App, HttpServer};
use multitenant_runtime::route::PathSegment;
use multitenant_runtime::web::actix::TenantMiddleware;
use multitenant_runtime::{TenantConn, TenantPool};
use place::Place;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let place = Place::new().await?;
    // Made once: the closure below runs for each worker.
    let pool = place.pool.clone();
    let server = HttpServer::new(move || App::new().configure(|app| routes(app, pool.clone())));
    let server = server.bind(("127.0.0.1", 3001))?;
    println!("listening on http://127.0.0.1:3001; try:");
    println!("  curl -d 'buy milk' localhost:3001/t/acme/notes");
    println!("  curl localhost:3001/t/acme/notes");
    println!("  curl localhost:3001/t/globex/notes");
    server.run().await?;
    place.pool.close().await;
    Ok(())
}

fn routes(app: &mut ServiceConfig, pool: TenantPool) {
    let tenants = scope("/t/{tenant}")
        .wrap(TenantMiddleware::new(pool, PathSegment::after("/t/")))
        .route("/notes", get().to(list))
        .route("/notes", post().to(add));
    app.service(tenants).route("/health", get().to(async || "well"));
}

/// The connection is the tenant's. Where there is none to be had, the client has its answer already.
async fn list(mut connection: TenantConn) -> actix_web::Result<String> {
    notes::list(&mut connection).await.map_err(|error| failed(&error))
}

async fn add(mut connection: TenantConn, text: String) -> actix_web::Result<String> {
    notes::add(&mut connection, &text).await.map_err(|error| failed(&error))
}

fn failed(error: &diesel::result::Error) -> actix_web::Error {
    eprintln!("error: {error}");
    ErrorInternalServerError("something went wrong")
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service, read_body};

    use super::*;

    #[tokio::test]
    async fn each_tenant_has_its_own_notes() {
        let place = Place::new().await.unwrap();
        let app = init_service(App::new().configure(|app| routes(app, place.pool.clone()))).await;
        let ask = async |method: Method, path: &str, body: &str| {
            let request = TestRequest::with_uri(path).method(method).set_payload(body.to_owned()).to_request();
            let response = call_service(&app, request).await;
            let status = response.status().as_u16();
            (status, String::from_utf8(read_body(response).await.to_vec()).unwrap())
        };
        for tenant in ["acme", "globex"] {
            let (status, body) = ask(Method::POST, &format!("/t/{tenant}/notes"), &format!("of {tenant}")).await;
            assert_eq!((status, body), (200, format!("1: of {tenant}\n")));
        }
        for tenant in ["acme", "globex"] {
            let answer = ask(Method::GET, &format!("/t/{tenant}/notes"), "").await;
            assert_eq!(answer, (200, format!("1: of {tenant}\n")));
        }
        for (tenant, expected) in [("initech", 404), ("acme%2fglobex", 400), ("ACME", 404)] {
            assert_eq!(ask(Method::GET, &format!("/t/{tenant}/notes"), "").await.0, expected, "{tenant}");
        }
        assert_eq!(ask(Method::GET, "/health", "").await, (200, "well".to_owned()));
    }
}
