//! The report as an answer of actix-web's.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpRequest, HttpResponse, Responder};

use super::HealthReport;

impl Responder for HealthReport {
    type Body = BoxBody;

    /// JSON, with 200 or 503. A handler is one line:
    ///
    /// ```
    /// use actix_web::web::{Data, ServiceConfig, get};
    /// use multitenant_runtime::health::{Health, HealthReport};
    ///
    /// async fn readyz(health: Data<Health>) -> HealthReport {
    ///     health.readiness().await
    /// }
    ///
    /// fn routes(app: &mut ServiceConfig, health: Health) {
    ///     app.app_data(Data::new(health)).route("/readyz", get().to(readyz));
    /// }
    /// ```
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let status = StatusCode::from_u16(self.http_status()).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        HttpResponse::build(status).insert_header((CACHE_CONTROL, "no-store")).json(self)
    }
}
