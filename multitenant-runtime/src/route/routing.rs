//! What layer and middleware have in common.

use std::fmt;
use std::sync::Arc;

use tracing::Span;

use crate::ident::TenantId;
#[cfg(any(feature = "axum", feature = "actix"))]
use crate::pool::SharedConn;
use crate::pool::TenantPool;

use super::error::ResolveError;
use super::head::RequestHead;
use super::rejection::Rejection;
use super::resolve::Resolve;
use super::tenant::RequestTenant;

/// From a request's head to its tenant.
#[derive(Clone)]
pub(crate) struct Routing {
    pool: TenantPool,
    resolver: Arc<dyn Resolve>,
    is_optional: bool,
}

/// What stays with the request: it is in its extensions, whether it has a tenant or not.
#[derive(Debug, Clone)]
pub(crate) struct Routed {
    pool: TenantPool,
    tenant: Option<TenantId>,
}

impl Routing {
    pub(crate) fn new(pool: TenantPool, resolver: impl Resolve + 'static) -> Self {
        Self { pool, resolver: Arc::new(resolver), is_optional: false }
    }

    pub(crate) fn optional(mut self) -> Self {
        self.is_optional = true;
        self
    }

    /// A layer around this one may have resolved the tenant already. It is the same, or it is an error.
    pub(crate) fn route(&self, head: &RequestHead<'_>) -> Result<Routed, Rejection> {
        let outer = head.extension::<Routed>().and_then(|routed| routed.tenant.clone());
        let tenant = match (outer, self.resolver.resolve(head)) {
            (_, Err(error)) => return Err(Rejection::from(error).told()),
            (Some(outer), Ok(Some(tenant))) if outer != tenant => {
                return Err(Rejection::from(ResolveError::Disagreement { tenants: [outer, tenant] }).told());
            }
            (outer, Ok(tenant)) => tenant.or(outer),
        };
        if tenant.is_none() && !self.is_optional {
            return Err(Rejection::Missing.told());
        }
        Ok(Routed { pool: self.pool.clone(), tenant })
    }
}

impl Routed {
    /// The request's tenant, where the layer lets requests without one pass, too.
    pub(crate) fn tenant(&self) -> Option<RequestTenant> {
        let tenant = self.tenant.clone()?;
        Some(RequestTenant { tenant, pool: self.pool.clone() })
    }

    /// For an extractor: what a middleware has left.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) fn required(routed: Option<&Self>) -> Result<RequestTenant, Rejection> {
        let routed = routed.ok_or_else(|| Rejection::NotRouted.told())?;
        routed.tenant().ok_or_else(|| Rejection::Missing.told())
    }

    /// For an extractor, too.
    #[cfg(any(feature = "axum", feature = "actix"))]
    pub(crate) async fn shared(self) -> Result<SharedConn, Rejection> {
        Box::pin(self.pool.shared()).await.map_err(|error| Rejection::from(error).told())
    }

    /// A span for what follows, and the field of the one around it, where that has one.
    pub(crate) fn span(&self) -> Span {
        let Some(tenant) = &self.tenant else { return Span::none() };
        Span::current().record("tenant", tenant.as_str());
        tracing::info_span!("tenant_request", tenant = tenant.as_str())
    }
}

impl fmt::Debug for Routing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routing").field("is_optional", &self.is_optional).finish_non_exhaustive()
    }
}
