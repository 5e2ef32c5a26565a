use std::fmt;
use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use futures_util::future::{FutureExt, LocalBoxFuture};
use tracing::Instrument;

use crate::pool::TenantPool;
use crate::route::{Rejection, RequestHead, Resolve, Routing};

use super::super::headers::stays;

type Answer = Arc<dyn Fn(&Rejection) -> HttpResponse + Send + Sync>;

/// Resolves each request's tenant before the handler is called.
///
/// ```
/// use actix_web::{App, HttpResponse, Responder, web};
/// use multitenant_runtime::route::{Header, RequestTenant};
/// use multitenant_runtime::web::actix::TenantMiddleware;
///
/// async fn whose(tenant: RequestTenant) -> impl Responder {
///     HttpResponse::Ok().body(tenant.tenant().to_string())
/// }
///
/// # fn app(pool: multitenant_runtime::TenantPool) {
/// let app = App::new()
///     .route("/", web::get().to(whose))
///     .wrap(TenantMiddleware::new(pool, Header::new("x-tenant")));
/// # }
/// ```
///
/// It takes no connection. Around another one both must resolve the same tenant. The pool is made once, outside of
/// `HttpServer::new`'s closure, which runs for each worker.
#[derive(Clone)]
pub struct TenantMiddleware {
    routing: Routing,
    answer: Answer,
}

impl TenantMiddleware {
    /// Requests that name no tenant are answered with 400.
    #[must_use]
    pub fn new(pool: TenantPool, resolver: impl Resolve + 'static) -> Self {
        Self { routing: Routing::new(pool, resolver), answer: Arc::new(Rejection::error_response) }
    }

    /// Requests that name no tenant pass: a sign-up, a health check. An extractor that needs the tenant answers with 400
    /// then. What names a tenant and cannot be one is answered with 400 all the same.
    #[must_use]
    pub fn optional(self) -> Self {
        Self { routing: self.routing.optional(), answer: self.answer }
    }

    /// Makes the answers, those of extractors and of handlers that return a [`Rejection`] included.
    #[must_use]
    pub fn on_rejection(self, answer: impl Fn(&Rejection) -> HttpResponse + Send + Sync + 'static) -> Self {
        Self { routing: self.routing, answer: Arc::new(answer) }
    }
}

impl<S, B> Transform<S, ServiceRequest> for TenantMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = TenantMiddlewareService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, inner: S) -> Self::Future {
        ready(Ok(TenantMiddlewareService { inner, middleware: self.clone() }))
    }
}

/// A service whose requests have a tenant; made by [`TenantMiddleware`].
#[derive(Debug)]
pub struct TenantMiddlewareService<S> {
    inner: S,
    middleware: TenantMiddleware,
}

impl<S, B> Service<ServiceRequest> for TenantMiddlewareService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    fn poll_ready(&self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        // The extensions are not borrowed any more when this is known.
        let routed = self.middleware.routing.route(&RequestHead::of_actix(&request));
        let routed = match routed {
            Ok(routed) => routed,
            Err(rejection) => {
                let answer = (self.middleware.answer)(&rejection);
                return ready(Ok(request.into_response(answer).map_into_right_body())).boxed_local();
            }
        };
        let span = routed.span();
        if let Some(tenant) = routed.tenant() {
            request.extensions_mut().insert(tenant);
        }
        request.extensions_mut().insert(routed);
        let served = span.in_scope(|| self.inner.call(request));
        let answer = Arc::clone(&self.middleware.answer);
        async move {
            let response = served.await.map_err(|error| match error.as_error::<Rejection>() {
                Some(rejection) => Error::from(Answered { rejection: rejection.clone(), answer: Arc::clone(&answer) }),
                None => error,
            })?;
            let rejection = response.response().error().and_then(|error| error.as_error::<Rejection>()).cloned();
            Ok(match rejection {
                Some(rejection) => {
                    let answer = replaced(response.response(), answer(&rejection));
                    response.into_response(answer).map_into_right_body()
                }
                None => response.map_into_left_body(),
            })
        }
        .instrument(span)
        .boxed_local()
    }
}

/// The answer, with what else middlewares further in have said.
fn replaced<B>(response: &HttpResponse<B>, mut answer: HttpResponse) -> HttpResponse {
    let new: Vec<HeaderName> = answer.headers().keys().cloned().collect();
    let kept = response.headers().iter().filter(|(name, _)| stays(name.as_str()) && !new.contains(name));
    // One by one: a name may stand there several times, as that of cookies does.
    for (name, value) in kept {
        answer.headers_mut().append(name.clone(), value.clone());
    }
    answer
}

/// A rejection that a middleware further in has returned as its error. Whoever makes a response of it makes this one.
struct Answered {
    rejection: Rejection,
    answer: Answer,
}

impl ResponseError for Answered {
    fn status_code(&self) -> StatusCode {
        self.rejection.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        (self.answer)(&self.rejection)
    }
}

impl fmt::Display for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rejection.fmt(f)
    }
}

impl fmt::Debug for Answered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.rejection, f)
    }
}

impl fmt::Debug for TenantMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantMiddleware").field("routing", &self.routing).finish_non_exhaustive()
    }
}
