//! What can be seen of an application from outside, in axum: `cargo run --example observability`. It works in a database of
//! its own. `grafana/dashboard.json` shows the metrics.
#![expect(clippy::disallowed_macros, reason = "an example that tells what it does")]

mod notes;
mod place;
mod telemetry;

#[cfg(test)]
mod dashboard;
#[cfg(test)]
mod exposition;

use std::error::Error;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use multitenant_runtime::health::{Health, HealthReport};
use multitenant_runtime::route::Header;
use multitenant_runtime::web::TenantLayer;
use multitenant_runtime::{TenantConn, TenantPool};
use place::Place;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (subscriber, traces) = telemetry::subscriber(opentelemetry_stdout::SpanExporter::default());
    tracing::subscriber::set_global_default(subscriber)?;
    let metrics = telemetry::prometheus()?;
    let place = Place::new().await?;
    tokio::spawn(keep_small(metrics.clone()));

    let listener = TcpListener::bind(("127.0.0.1", 3000)).await?;
    println!("listening on http://{}; try:", listener.local_addr()?);
    println!("  curl -H 'x-tenant: acme' -d 'buy milk' localhost:3000/notes");
    println!("  curl localhost:3000/readyz");
    println!("  curl localhost:3000/metrics");
    let stopped = async { tokio::signal::ctrl_c().await.unwrap_or_default() };
    axum::serve(listener, routes(place.pool.clone(), metrics)).with_graceful_shutdown(stopped).await?;
    place.pool.close().await;
    traces.shutdown()?;
    Ok(())
}

/// Histograms keep what they have been told until somebody asks.
async fn keep_small(metrics: PrometheusHandle) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        metrics.run_upkeep();
    }
}

fn routes(pool: TenantPool, metrics: PrometheusHandle) -> Router {
    let health = pool.health();
    Router::new()
        .route("/notes", get(list).post(add))
        .layer(TenantLayer::new(pool.clone(), Header::new("x-tenant")))
        // What is added after the layer is outside of it: probes have no tenant.
        .route("/livez", get(livez).with_state(health.clone()))
        .route("/readyz", get(readyz).with_state(health))
        .route("/metrics", get(rendered).with_state((pool, metrics)))
}

async fn livez(State(health): State<Health>) -> HealthReport {
    health.liveness()
}

async fn readyz(State(health): State<Health>) -> HealthReport {
    health.readiness().await
}

async fn rendered(State((pool, metrics)): State<(TenantPool, PrometheusHandle)>) -> impl IntoResponse {
    pool.record_metrics();
    ([(CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render())
}

async fn list(mut connection: TenantConn) -> Result<String, StatusCode> {
    notes::list(&mut connection).await.map_err(|error| failed(&error))
}

async fn add(mut connection: TenantConn, text: String) -> Result<String, StatusCode> {
    notes::add(&mut connection, &text).await.map_err(|error| failed(&error))
}

fn failed(error: &diesel::result::Error) -> StatusCode {
    tracing::error!(%error, "a request failed");
    StatusCode::INTERNAL_SERVER_ERROR
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::{Arc, Mutex};

    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use multitenant_runtime::metrics::METRICS;
    use multitenant_runtime::{Extent, Operation, Scope};
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{SpanData, SpanExporter};
    use tower::ServiceExt;

    use super::*;

    async fn ask(routes: &Router, method: &str, path: &str, tenant: &str, body: &str) -> (u16, String) {
        let request = Request::builder().method(method).uri(path).header("x-tenant", tenant);
        let response = routes.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1_000_000).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    /// What the exporter really renders, against the dashboard and the table of metrics.
    #[tokio::test(flavor = "multi_thread")]
    async fn the_dashboard_shows_what_is_exported_and_all_of_it() {
        let metrics = telemetry::prometheus().unwrap();
        let place = Place::new().await.unwrap();
        let routes = routes(place.pool.clone(), metrics);
        for tenant in ["acme", "globex", "acme"] {
            assert_eq!(ask(&routes, "POST", "/notes", tenant, "of its own").await.0, 200);
        }
        assert_eq!(ask(&routes, "GET", "/notes", "initech", "").await.0, 404);
        // A text has no NUL: the query fails at the server.
        assert_eq!(ask(&routes, "POST", "/notes", "acme", "\0").await.0, 500);
        place.migrator.run(Operation::rollback(Scope::tenants(), Extent::default())).await.unwrap();
        place.migrator.migrate(Scope::all()).await.unwrap();
        let (status, health) = ask(&routes, "GET", "/readyz", "", "").await;
        assert_eq!(status, 200, "{health}");
        assert_eq!(ask(&routes, "GET", "/livez", "", "").await.0, 200);

        let (_, text) = ask(&routes, "GET", "/metrics", "", "").await;
        let exported = exposition::read(&text);
        for (line, value) in [
            ("multitenant_queries_total{pool=\"observability\"}", 4.0),
            ("multitenant_query_errors_total{pool=\"observability\",class=\"data\"}", 1.0),
            ("multitenant_pool_checkouts_total{pool=\"observability\"}", 4.0),
            ("multitenant_pool_checkout_failures_total{pool=\"observability\",reason=\"unknown-tenant\"}", 1.0),
            ("multitenant_tenant_checkouts_total{pool=\"observability\",tenant=\"acme\"}", 3.0),
            ("multitenant_migrations_reverted_total{tier=\"tenant\"}", 2.0),
            ("multitenant_migrations_applied_total{tier=\"tenant\"}", 2.0),
            ("multitenant_fleet_tenants{standing=\"up-to-date\"}", 2.0),
            ("multitenant_pool_checkout_wait_seconds_count{pool=\"observability\"}", 4.0),
        ] {
            assert_eq!(exported.samples.get(line), Some(&value), "{line} in\n{text}");
        }
        let shown = dashboard::metrics();
        let table: BTreeSet<String> = METRICS.iter().map(|metric| metric.name.to_owned()).collect();
        assert_eq!(shown.difference(&exported.families).collect::<Vec<_>>(), [] as [&String; 0], "shown, not exported");
        assert_eq!(table.difference(&shown).collect::<Vec<_>>(), [] as [&String; 0], "in the table, not shown");
        assert_eq!(exported.families.difference(&table).collect::<Vec<_>>(), [] as [&String; 0], "not in the table");
        for metric in METRICS {
            assert_eq!(exported.help[metric.name], metric.help);
            assert_eq!(exported.types[metric.name], format!("{:?}", metric.kind).to_lowercase());
        }
    }

    /// Keeps what is exported.
    #[derive(Debug, Clone, Default)]
    struct Kept(Arc<Mutex<Vec<SpanData>>>);

    impl SpanExporter for Kept {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            self.0.lock().unwrap().extend(batch);
            Ok(())
        }
    }

    #[tokio::test]
    async fn checkouts_and_migrations_are_traced_with_their_tenants() {
        // Where there was one subscriber only, `tracing` asks that of the thread that comes first, which may be another test's.
        let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
        // What happens here is not counted in the other test.
        let _uncounted = metrics::set_default_local_recorder(&metrics::NoopRecorder);
        let kept = Kept::default();
        let (subscriber, traces) = telemetry::subscriber(kept.clone());
        let _tracing = tracing::subscriber::set_default(subscriber);
        let place = Place::new().await.unwrap();
        place.migrator.run(Operation::rollback(Scope::tenants(), Extent::default())).await.unwrap();
        place.migrator.migrate(Scope::all()).await.unwrap();
        drop(place.pool.tenant("acme").await.unwrap());
        traces.shutdown().unwrap();
        let spans = kept.0.lock().unwrap();
        let of = |name: &str, key: &str| -> BTreeSet<String> {
            let spans = spans.iter().filter(|span| span.name == name);
            let values = spans.flat_map(|span| span.attributes.iter().filter(|pair| pair.key.as_str() == key));
            values.map(|pair| pair.value.to_string()).collect()
        };
        assert_eq!(of("checkout", "schema"), ["tenant_acme".to_owned()].into());
        assert_eq!(of("migrate", "tenant"), ["acme".to_owned(), "globex".to_owned()].into());
        assert_eq!(of("migration", "version"), ["20260105090000".to_owned(), "20260105100000".to_owned()].into());
        // Each migration is within its target.
        let targets: Vec<_> =
            spans.iter().filter(|span| span.name == "migrate").map(|span| span.span_context.span_id()).collect();
        let migrations = spans.iter().filter(|span| span.name == "migration");
        assert!(migrations.clone().count() >= 5);
        assert!(migrations.clone().all(|span| targets.contains(&span.parent_span_id)));
    }
}
