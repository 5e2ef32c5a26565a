//! The server in process: two tenants over HTTP, and a start that fails.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use migrate_at_startup::MIGRATIONS;
use multitenant_runtime::NewTenant;
use multitenant_runtime::testing::TestDatabase;
use tower::ServiceExt;

struct Answer {
    status: StatusCode,
    body: String,
}

async fn ask(router: &Router, method: &str, path: &str, tenant: Option<&str>, body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(tenant) = tenant {
        request = request.header("x-tenant", tenant);
    }
    let response = router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    Answer { status, body: String::from_utf8(body.to_vec()).unwrap() }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_tenant_has_its_own_notes() {
    let database = TestDatabase::empty().await.unwrap();
    let (router, started) = migrate_at_startup::start(database.url()).await.unwrap();
    assert_eq!(started.report.summary().applied, 1);
    for tenant in ["acme", "globex"] {
        let created = ask(&router, "POST", &format!("/tenants/{tenant}"), None, "").await;
        assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
        let added = ask(&router, "POST", "/notes", Some(tenant), &format!("of {tenant}")).await;
        assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    }
    for tenant in ["acme", "globex"] {
        let notes = ask(&router, "GET", "/notes", Some(tenant), "").await;
        let notes: serde_json::Value = serde_json::from_str(&notes.body).unwrap();
        assert_eq!(notes, serde_json::json!([{ "id": 1, "text": format!("of {tenant}") }]));
    }
    assert_eq!(ask(&router, "GET", "/healthz", None, "").await.body, "2 tenants, nothing pending");
}

/// The shortest way to a database with tenants: copied from a template that all such tests share.
#[tokio::test(flavor = "multi_thread")]
async fn starts_on_a_database_that_is_migrated() {
    let tenants = ["acme", "globex"].map(|id| NewTenant::new(id).unwrap());
    let database = TestDatabase::migrated(MIGRATIONS, tenants).await.unwrap();
    let (router, started) = migrate_at_startup::start(database.url()).await.unwrap();
    assert_eq!(started.report.summary().up_to_date, 3);
    assert_eq!(ask(&router, "GET", "/notes", Some("globex"), "").await.body, "[]");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_falls_through_to_another_schema() {
    let database = TestDatabase::empty().await.unwrap();
    let (router, _) = migrate_at_startup::start(database.url()).await.unwrap();
    ask(&router, "POST", "/tenants/acme", None, "").await;
    assert_eq!(ask(&router, "POST", "/tenants/acme", None, "").await.status, StatusCode::CONFLICT);
    for (tenant, status) in [
        (None, StatusCode::BAD_REQUEST),
        (Some(""), StatusCode::BAD_REQUEST),
        (Some("nosuch"), StatusCode::NOT_FOUND),
        (Some("Acme"), StatusCode::NOT_FOUND),
        (Some("nosuch\", \"tenant_acme"), StatusCode::NOT_FOUND),
        (Some("acme"), StatusCode::OK),
    ] {
        assert_eq!(ask(&router, "GET", "/notes", tenant, "").await.status, status, "{tenant:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_cannot_be_migrated_fails_the_start() {
    let database = TestDatabase::empty().await.unwrap();
    let (_router, _) = migrate_at_startup::start(database.url()).await.unwrap();
    let half_done = "CREATE SCHEMA tenant_acme; CREATE TABLE tenant_acme.notes (); INSERT INTO tenants VALUES ('acme')";
    database.connect().await.unwrap().batch_execute(half_done).await.unwrap();
    let error = migrate_at_startup::start(database.url()).await.map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("1 failed"), "{error}");
    assert!(error.contains("tenant_acme: 42P07 relation \"notes\" already exists"), "{error}");
    assert!(error.contains("migrations/tenant/2026-01-05-100000_notes/up.sql:1"), "{error}");
}
