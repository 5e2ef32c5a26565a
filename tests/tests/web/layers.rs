//! The layer on services that are no axum router, and layers around layers.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use multitenant_runtime::TenantConn;
use multitenant_runtime::route::{Header, PathSegment, Rejection, RequestTenant};
use multitenant_runtime::web::TenantLayer;
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use super::shop::{Shop, who};

/// A body that cannot be made of a text, as tonic's.
#[derive(Debug, Default, PartialEq)]
struct Frames(Vec<u8>);

async fn serve(request: Request<()>) -> Result<Response<Frames>, Infallible> {
    let tenant: Option<&RequestTenant> = request.extensions().get();
    let frames = match tenant {
        None => b"nobody".to_vec(),
        Some(tenant) => match tenant.connection().await {
            Ok(mut connection) => who(connection.trusted_connection()).await.into_bytes(),
            Err(rejection) => {
                let mut response = Response::new(Frames::default());
                response.extensions_mut().insert(rejection);
                return Ok(response);
            }
        },
    };
    Ok(Response::new(Frames(frames)))
}

/// As gRPC has it: the failure is in a header.
fn grpc(rejection: &Rejection) -> Response<Frames> {
    let status = if rejection.status() == 404 { "5" } else { "3" };
    Response::builder().header("grpc-status", status).body(Frames::default()).unwrap()
}

fn request(path: &str, tenant: &str) -> Request<()> {
    Request::get(path).header("x-tenant", tenant).body(()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn any_service_over_http_has_a_tenant() {
    let shop = Shop::with(&["acme"]).await;
    let pool = shop.pool().build().unwrap();
    let layer = TenantLayer::new(pool, Header::new("x-tenant"));
    let mut service = ServiceBuilder::new().layer(layer.clone().on_rejection(grpc)).service(service_fn(serve));
    let response = service.ready().await.unwrap().call(request("/", "acme")).await.unwrap();
    assert_eq!(response.body(), &Frames(b"tenant_acme".to_vec()));
    for (tenant, status) in [("nosuch", "5"), ("a,b", "3")] {
        let response = service.ready().await.unwrap().call(request("/", tenant)).await.unwrap();
        assert_eq!(
            (response.status(), response.headers()["grpc-status"].as_bytes()),
            (StatusCode::OK, status.as_bytes()),
            "{tenant}"
        );
    }
    // Without a body, whatever it is.
    let plain = layer.on_rejection(|rejection: &Rejection| rejection.to_response(Frames::default()));
    let response = ServiceBuilder::new().layer(plain).service(service_fn(serve)).oneshot(request("/", "nosuch")).await;
    assert_eq!(response.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_within_a_layer_must_agree() {
    let shop = Shop::with(&["acme", "globex"]).await;
    let pool = shop.pool().build().unwrap();
    let outer = TenantLayer::new(pool.clone(), Header::new("x-tenant")).on_rejection(grpc);
    let inner = TenantLayer::new(pool, PathSegment::after("/t/")).on_rejection(grpc);
    let service = ServiceBuilder::new().layer(outer).layer(inner).service(service_fn(serve));
    for (path, tenant, body, is_refused) in [
        ("/t/acme", "acme", "tenant_acme", false),
        ("/t/globex", "acme", "", true),
        ("/", "acme", "tenant_acme", false),
    ] {
        let response = service.clone().oneshot(request(path, tenant)).await.unwrap();
        assert_eq!(response.headers().contains_key("grpc-status"), is_refused, "{path} {tenant}");
        assert_eq!(response.body(), &Frames(body.as_bytes().to_vec()), "{path} {tenant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extractor_without_a_layer_is_our_own_mistake() {
    let handler = async |_: TenantConn| "never";
    let router = axum::Router::new().route("/", axum::routing::get(handler));
    let request = Request::get("/").header("x-tenant", "acme").body(axum::body::Body::empty()).unwrap();
    let response = router.oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(matches!(response.extensions().get::<Rejection>(), Some(Rejection::NotRouted)));
}
