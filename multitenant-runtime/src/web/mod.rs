//! The tenant of a request, in the frameworks.
//!
//! For axum, tonic and everything else of tower there is [`TenantLayer`] (feature `tower`), for actix-web
//! [`TenantMiddleware`](crate::web::actix::TenantMiddleware) (feature `actix`). Either resolves the tenant, answers where
//! there is none, and puts the span's field `tenant` around the rest. Handlers of axum (feature `axum`) and of actix-web
//! take [`TenantConn`](crate::TenantConn), [`SharedConn`](crate::SharedConn) or
//! [`RequestTenant`](crate::route::RequestTenant) as arguments.
//!
//! What cannot be served leaves a [`Rejection`](crate::route::Rejection) in the response; on its way out the layer makes
//! the answer of it. So there is one place to change all of them. Headers that layers further in have set stay, but for
//! those that are about the body.
//!
//! Deliberately absent: statics, thread-locals and task-locals. A span is entered while its future is polled, and left
//! in between.

#[cfg(feature = "actix")]
pub mod actix;
#[cfg(feature = "axum")]
mod axum;
#[cfg(any(feature = "tower", feature = "actix"))]
mod headers;
#[cfg(feature = "tower")]
mod tower;

#[cfg(feature = "tower")]
pub use tower::{AnswerRejection, PlainText, TenantLayer, TenantResponse, TenantService};
