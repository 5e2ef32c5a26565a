//! For actix-web.

mod extract;
mod middleware;

pub use middleware::{TenantMiddleware, TenantMiddlewareService};
