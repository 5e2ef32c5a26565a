use std::task::{Context, Poll};

use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;
use tracing::Instrument;

use crate::pool::TenantPool;
use crate::route::{Rejection, RequestHead, Resolve, Routing};

use super::answer::{AnswerRejection, PlainText};
use super::response::TenantResponse;

/// Resolves each request's tenant before the service is called.
///
/// ```
/// use multitenant_runtime::TenantPool;
/// use multitenant_runtime::route::{Header, Rejection};
/// use multitenant_runtime::web::TenantLayer;
///
/// # fn layers(pool: TenantPool) {
/// let layer = TenantLayer::new(pool.clone(), Header::new("x-tenant"));
///
/// // Whatever is wrong, the answer is made in one place.
/// let with_json = TenantLayer::new(pool, Header::new("x-tenant")).on_rejection(|rejection: &Rejection| {
///     rejection.to_response(format!(r#"{{"error":"{}"}}"#, rejection.message()))
/// });
/// # }
/// ```
///
/// It takes no connection. Around another `TenantLayer` both must resolve the same tenant.
#[derive(Debug, Clone)]
pub struct TenantLayer<A = PlainText> {
    routing: Routing,
    answer: A,
}

impl TenantLayer {
    /// Requests that name no tenant are answered with 400.
    #[must_use]
    pub fn new(pool: TenantPool, resolver: impl Resolve + 'static) -> Self {
        Self { routing: Routing::new(pool, resolver), answer: PlainText }
    }
}

impl<A> TenantLayer<A> {
    /// Requests that name no tenant pass: a sign-up, a health check. An extractor that needs the tenant answers with 400
    /// then. What names a tenant and cannot be one is answered with 400 all the same.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { routing: self.routing.optional(), answer: self.answer }
    }

    /// Makes the answers, those of extractors and of handlers that return a [`Rejection`] included.
    #[must_use]
    pub fn on_rejection<F, B>(self, answer: F) -> TenantLayer<F>
    where
        F: Fn(&Rejection) -> Response<B> + Clone,
    {
        TenantLayer { routing: self.routing, answer }
    }
}

impl<S, A: Clone> Layer<S> for TenantLayer<A> {
    type Service = TenantService<S, A>;

    fn layer(&self, inner: S) -> Self::Service {
        TenantService { inner, routing: self.routing.clone(), answer: self.answer.clone() }
    }
}

/// A service whose requests have a tenant; made by [`TenantLayer`].
#[derive(Debug, Clone)]
pub struct TenantService<S, A = PlainText> {
    inner: S,
    routing: Routing,
    answer: A,
}

impl<S, A, B, C> Service<Request<B>> for TenantService<S, A>
where
    S: Service<Request<B>, Response = Response<C>>,
    A: AnswerRejection<C> + Clone,
{
    type Response = Response<C>;
    type Error = S::Error;
    type Future = TenantResponse<S::Future, A, C>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let routed = match self.routing.route(&RequestHead::of_http(&request)) {
            Ok(routed) => routed,
            Err(rejection) => return TenantResponse::answered(self.answer.answer(&rejection)),
        };
        let span = routed.span();
        if let Some(tenant) = routed.tenant() {
            request.extensions_mut().insert(tenant);
        }
        request.extensions_mut().insert(routed);
        let future = span.in_scope(|| self.inner.call(request));
        TenantResponse::served(future.instrument(span), self.answer.clone())
    }
}
