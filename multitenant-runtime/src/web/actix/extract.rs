//! Extractors, over what the middleware has left in the request.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::RETRY_AFTER;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use futures_util::future::{FutureExt, LocalBoxFuture};

use crate::pool::{SharedConn, TenantConn};
use crate::route::{Rejection, RequestTenant, Routed};

impl FromRequest for RequestTenant {
    type Error = Rejection;
    type Future = Ready<Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Routed::required(request.extensions().get()))
    }
}

impl FromRequest for TenantConn {
    type Error = Rejection;
    type Future = LocalBoxFuture<'static, Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let tenant = Routed::required(request.extensions().get());
        async move { tenant?.connection().await }.boxed_local()
    }
}

impl FromRequest for SharedConn {
    type Error = Rejection;
    type Future = LocalBoxFuture<'static, Result<Self, Rejection>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let routed = request.extensions().get::<Routed>().cloned();
        async move { routed.ok_or_else(|| Rejection::NotRouted.told())?.shared().await }.boxed_local()
    }
}

impl ResponseError for Rejection {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Plain text, which the middleware replaces where it has an answer of its own.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        response.content_type("text/plain; charset=utf-8");
        if let Some(after) = self.retry_after() {
            response.insert_header((RETRY_AFTER, after.as_secs()));
        }
        response.body(self.message())
    }
}
