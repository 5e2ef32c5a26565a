//! The tenant in the tracing span.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use multitenant_runtime::TenantId;
use multitenant_runtime::TenantJob;
use multitenant_runtime::route::{Header, RequestTenant};
use multitenant_runtime::web::TenantLayer;
use multitenant_runtime::web::actix::TenantMiddleware;
use tokio::sync::Barrier;
use tower::ServiceExt;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Instrument, Metadata, Subscriber};
use tracing_core::span::Current;

use super::shop::Shop;

/// The fields `tenant` of the spans around each event of these tests, the outermost first.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Watched>>);

#[derive(Default)]
struct Watched {
    spans: HashMap<u64, (&'static Metadata<'static>, String)>,
    entered: Vec<u64>,
    events: Vec<(String, Vec<String>)>,
}

#[derive(Default)]
struct Fields(HashMap<&'static str, String>);

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name(), value.to_owned());
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

impl Subscriber for Watch {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let mut watched = self.0.lock().unwrap();
        let id = watched.spans.len() as u64 + 1;
        let tenant = fields.0.remove("tenant").unwrap_or_default();
        watched.spans.insert(id, (attributes.metadata(), tenant));
        Id::from_u64(id)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(tenant) = fields.0.remove("tenant") {
            self.0.lock().unwrap().spans.get_mut(&span.into_u64()).unwrap().1 = tenant;
        }
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Some(of) = fields.0.remove("of") else { return };
        let mut watched = self.0.lock().unwrap();
        let around = watched.entered.iter().map(|id| watched.spans[id].1.clone()).collect();
        watched.events.push((of, around));
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, span: &Id) {
        let left = self.0.lock().unwrap().entered.pop();
        assert_eq!(left, Some(span.into_u64()));
    }

    fn current_span(&self) -> Current {
        let watched = self.0.lock().unwrap();
        watched.entered.last().map_or_else(Current::none, |id| Current::new(Id::from_u64(*id), watched.spans[id].0))
    }
}

impl Watch {
    fn events(&self) -> Vec<(String, Vec<String>)> {
        let mut events = std::mem::take(&mut self.0.lock().unwrap().events);
        events.sort();
        events
    }
}

/// Tells its tenant when everybody is here.
async fn tell(tenant: RequestTenant, everybody: Arc<Barrier>) {
    everybody.wait().await;
    tracing::info!(of = tenant.tenant().as_str());
}

fn both_in_both() -> Vec<(String, Vec<String>)> {
    ["acme", "globex"].map(|tenant| (tenant.to_owned(), vec![tenant.to_owned(); 2])).to_vec()
}

/// The span around everything, as a server makes it for each request: the tenant is not known yet.
fn server_span() -> tracing::Span {
    tracing::info_span!("request", tenant = tracing::field::Empty)
}

#[tokio::test(flavor = "current_thread")]
async fn axums_handlers_are_in_their_tenants_span() {
    let shop = Shop::with(&[]).await;
    let watch = Watch::default();
    let _watching = tracing::subscriber::set_default(watch.clone());
    let everybody = Arc::new(Barrier::new(2));
    let router = Router::new()
        .route("/", get(move |tenant: RequestTenant| tell(tenant, Arc::clone(&everybody))))
        .layer(TenantLayer::new(shop.pool().build().unwrap(), Header::new("x-tenant")));
    let ask = async |tenant: &str| {
        let request = http::Request::get("/").header("x-tenant", tenant).body(Body::empty()).unwrap();
        router.clone().oneshot(request).instrument(server_span()).await.unwrap()
    };
    tokio::join!(ask("acme"), ask("globex"));
    assert_eq!(watch.events(), both_in_both());
}

#[tokio::test(flavor = "current_thread")]
async fn actixs_handlers_are_in_their_tenants_span() {
    use actix_web::{App, test, web};

    let shop = Shop::with(&[]).await;
    let watch = Watch::default();
    let _watching = tracing::subscriber::set_default(watch.clone());
    let everybody = Arc::new(Barrier::new(2));
    let handler = async move |tenant: RequestTenant, everybody: web::Data<Barrier>| {
        tell(tenant, everybody.into_inner()).await;
        "told"
    };
    let app = App::new()
        .app_data(web::Data::from(everybody))
        .route("/", web::get().to(handler))
        .wrap(TenantMiddleware::new(shop.pool().build().unwrap(), Header::new("x-tenant")));
    let app = test::init_service(app).await;
    let ask = async |tenant: &str| {
        let request = test::TestRequest::get().uri("/").insert_header(("x-tenant", tenant)).to_request();
        test::call_service(&app, request).instrument(server_span()).await
    };
    tokio::join!(ask("acme"), ask("globex"));
    assert_eq!(watch.events(), both_in_both());
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_is_in_its_tenants_span() {
    let shop = Shop::with(&["acme"]).await;
    let pool = shop.pool().build().unwrap();
    let watch = Watch::default();
    let _watching = tracing::subscriber::set_default(watch.clone());
    let work = async {
        let job = TenantJob::new(TenantId::new("acme").unwrap(), ());
        let (_connection, ()) = job.enter(&pool).await.unwrap();
        tracing::info!(of = "acme");
    };
    work.instrument(server_span()).await;
    assert_eq!(watch.events(), [("acme".to_owned(), vec!["acme".to_owned()])]);
}
