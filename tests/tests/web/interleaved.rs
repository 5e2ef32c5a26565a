//! Two requests on one thread, each in the middle of the other.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use multitenant_runtime::route::{Header, Rejection, RequestTenant};
use multitenant_runtime::web::TenantLayer;
use multitenant_runtime::web::actix::TenantMiddleware;
use tokio::sync::Barrier;
use tower::ServiceExt;

use super::shop::{Shop, who};

/// Whose rows it sees, before and after everybody else has been at the same point.
async fn twice(tenant: RequestTenant, everybody: Arc<Barrier>) -> Result<String, Rejection> {
    let mut told = Vec::new();
    for _ in 0..2 {
        everybody.wait().await;
        let mut connection = tenant.connection().await?;
        everybody.wait().await;
        told.push(who(connection.trusted_connection()).await);
    }
    Ok(told.join(" "))
}

#[tokio::test(flavor = "current_thread")]
async fn axums_requests_keep_their_tenants() {
    let shop = Shop::with(&["acme", "globex"]).await;
    let pool = shop.pool().max_connections(2).build().unwrap();
    let everybody = Arc::new(Barrier::new(2));
    let router = Router::new()
        .route("/", get(move |tenant: RequestTenant| twice(tenant, Arc::clone(&everybody))))
        .layer(TenantLayer::new(pool, Header::new("x-tenant")));
    let ask = async |tenant: &str| {
        let request = http::Request::get("/").header("x-tenant", tenant).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        let body = to_bytes(response.into_body(), 1_000).await.unwrap();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let (one, other) = tokio::join!(ask("acme"), ask("globex"));
    assert_eq!((&*one, &*other), ("tenant_acme tenant_acme", "tenant_globex tenant_globex"));
}

#[tokio::test(flavor = "current_thread")]
async fn actixs_requests_keep_their_tenants() {
    use actix_web::{App, test, web};

    let shop = Shop::with(&["acme", "globex"]).await;
    let pool = shop.pool().max_connections(2).build().unwrap();
    let everybody = Arc::new(Barrier::new(2));
    let app = App::new()
        .route("/", web::get().to(move |tenant: RequestTenant| twice(tenant, Arc::clone(&everybody))))
        .wrap(TenantMiddleware::new(pool, Header::new("x-tenant")));
    let app = test::init_service(app).await;
    let ask = async |tenant: &str| {
        let request = test::TestRequest::get().uri("/").insert_header(("x-tenant", tenant)).to_request();
        String::from_utf8(test::call_and_read_body(&app, request).await.to_vec()).unwrap()
    };
    let (one, other) = tokio::join!(ask("acme"), ask("globex"));
    assert_eq!((&*one, &*other), ("tenant_acme tenant_acme", "tenant_globex tenant_globex"));
}
