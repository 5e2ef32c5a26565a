//! The report as an answer of axum's.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue};

use super::HealthReport;

impl IntoResponse for HealthReport {
    /// JSON, with 200 or 503. A handler is one line:
    ///
    /// ```
    /// use axum::{Router, extract::State, routing::get};
    /// use multitenant_runtime::health::{Health, HealthReport};
    ///
    /// async fn readyz(State(health): State<Health>) -> HealthReport {
    ///     health.readiness().await
    /// }
    ///
    /// fn routes(health: Health) -> Router {
    ///     Router::new().route("/readyz", get(readyz)).with_state(health)
    /// }
    /// ```
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(serde_json::to_vec(&self).unwrap_or_default()));
        *response.status_mut() = StatusCode::from_u16(self.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}
