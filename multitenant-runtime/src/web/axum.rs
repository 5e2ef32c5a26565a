//! Extractors for axum, over what the layer has left in the request.

use axum_core::body::Body;
use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::pool::{SharedConn, TenantConn};
use crate::route::{Rejection, RequestTenant, Routed};

use super::tower::{AnswerRejection, PlainText};

impl<S: Sync> FromRequestParts<S> for RequestTenant {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Routed::required(parts.extensions.get())
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for RequestTenant {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Rejection> {
        match parts.extensions.get::<Routed>() {
            Some(routed) => Ok(routed.tenant()),
            None => Err(Rejection::NotRouted.told()),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for TenantConn {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let tenant = Routed::required(parts.extensions.get())?;
        tenant.connection().await
    }
}

impl<S: Sync> FromRequestParts<S> for SharedConn {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        match parts.extensions.get::<Routed>() {
            Some(routed) => routed.clone().shared().await,
            None => Err(Rejection::NotRouted.told()),
        }
    }
}

impl IntoResponse for Rejection {
    /// Plain text, which the layer replaces where it has an answer of its own.
    fn into_response(self) -> Response {
        let mut response: Response<Body> = PlainText.answer(&self);
        response.extensions_mut().insert(self);
        response
    }
}
