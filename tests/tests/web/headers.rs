//! What layers further in have said stays in an answer, wherever the rejection comes from.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::{DefaultHeaders, Next, from_fn};
use actix_web::test::{TestRequest, init_service, read_body, try_call_service};
use actix_web::{App, HttpResponse, web};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::middleware::map_response;
use axum::routing::get;
use http::{Request, Response};
use multitenant_runtime::TenantConn;
use multitenant_runtime::route::{Header, Rejection, RequestTenant};
use multitenant_runtime::web::TenantLayer;
use multitenant_runtime::web::actix::TenantMiddleware;
use tower::ServiceExt;

use super::shop::{Shop, who};

async fn whose(mut connection: TenantConn) -> String {
    who(connection.trusted_connection()).await
}

/// With these a cache would keep what is said of one tenant at one time, or take it for damaged.
const OF_CACHES: [(&str, &str); 6] = [
    ("cache-control", "public, max-age=3600"),
    ("cdn-cache-control", "max-age=3600"),
    ("expires", "Fri, 31 Dec 2100 23:59:59 GMT"),
    ("age", "0"),
    ("content-md5", "Q2hlY2sgSW50ZWdyaXR5IQ=="),
    ("digest", "sha-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
];

/// As a layer within sets them: one twice, one about the body.
async fn with_headers(mut response: Response<Body>) -> Response<Body> {
    for (name, value) in [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("x-request", "7"), ("etag", "\"of the body\"")]
        .into_iter()
        .chain(OF_CACHES)
    {
        response.headers_mut().append(name, value.parse().unwrap());
    }
    response
}

#[tokio::test(flavor = "multi_thread")]
async fn a_towers_headers_stay() {
    let shop = Shop::with(&["acme"]).await;
    let pool = shop.pool().build().unwrap();
    let teapot = |rejection: &Rejection| {
        let body = Body::from(format!("teapot {}", rejection.status()));
        Response::builder().status(418).header("x-request", "answered").body(body).unwrap()
    };
    let layer = TenantLayer::new(pool, Header::new("x-tenant")).on_rejection(teapot);
    let routes = Router::new().route("/", get(whose)).layer(map_response(with_headers)).layer(layer);
    let ask = async |tenant: &str| {
        let request = Request::get("/").header("x-tenant", tenant).body(Body::empty()).unwrap();
        routes.clone().oneshot(request).await.unwrap()
    };
    let served = ask("acme").await;
    assert_eq!((served.status().as_u16(), served.headers()["x-request"].as_bytes()), (200, &b"7"[..]));
    let refused = ask("nosuch").await;
    let cookies: Vec<_> = refused.headers().get_all("set-cookie").iter().map(http::HeaderValue::as_bytes).collect();
    assert_eq!(cookies, [b"a=1", b"b=2"]);
    let texts = |name: &str| refused.headers().get_all(name).iter().map(|v| v.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(texts("x-request"), ["answered"], "what the answer itself says counts");
    for (name, value) in OF_CACHES {
        assert_eq!(served.headers()[name], value);
        assert_eq!(texts(name), Vec::<&str>::new(), "{name}");
    }
    assert_eq!((texts("etag"), texts("content-type")), (vec![], vec![]), "they were about another body");
    assert_eq!(to_bytes(refused.into_body(), 100).await.unwrap(), "teapot 404");
}

/// A middleware of the application's own, which is ended by its extractor.
async fn extracts<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    if request.path() == "/early" {
        let tenant = request.extract::<RequestTenant>().await?;
        drop(tenant.connection().await?);
    }
    next.call(request).await
}

#[tokio::test]
async fn actixs_headers_stay_and_a_middlewares_error_is_answered() {
    let shop = Shop::with(&["acme"]).await;
    let pool = shop.pool().build().unwrap();
    let teapot = |rejection: &Rejection| {
        let mut answer = HttpResponse::ImATeapot();
        answer.insert_header(("x-request", "answered")).body(format!("teapot {}", rejection.status()))
    };
    let layer = TenantMiddleware::new(pool, Header::new("x-tenant")).on_rejection(teapot);
    let headers = DefaultHeaders::new().add(("x-request", "7")).add(("x-kept", "8")).add(("etag", "\"of the body\""));
    let app = App::new().default_service(web::to(whose)).wrap(from_fn(extracts)).wrap(headers).wrap(layer);
    let app = init_service(app).await;
    for (path, tenant, status, body, kept) in [
        ("/", "acme", 200, "tenant_acme", Some("8")),
        ("/", "nosuch", 418, "teapot 404", Some("8")),
        ("/early", "acme", 200, "tenant_acme", Some("8")),
        // No response was there yet, for a header to be set on.
        ("/early", "nosuch", 418, "teapot 404", None),
    ] {
        let request = TestRequest::with_uri(path).insert_header(("x-tenant", tenant)).to_request();
        let response = match try_call_service(&app, request).await {
            Ok(response) => response.map_into_boxed_body(),
            // What actix-web makes of an error that reaches it.
            Err(error) => {
                let request = TestRequest::default().to_http_request();
                ServiceResponse::new(request, error.error_response())
            }
        };
        let text = |name: &str| -> Option<String> {
            let name = HeaderName::try_from(name).unwrap();
            response.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap().to_owned())
        };
        assert_eq!((response.status().as_u16(), text("x-kept").as_deref()), (status, kept), "{path} {tenant}");
        if status == 418 {
            assert_eq!((text("x-request").as_deref(), text("etag")), (Some("answered"), None), "{path} {tenant}");
        }
        assert_eq!(read_body(response).await, body, "{path} {tenant}");
    }
}
