use std::sync::Arc;

use crate::ident::TenantId;

use super::chain::Chain;
use super::error::ResolveError;
use super::head::RequestHead;

/// Says which tenant a request is about.
///
/// ```
/// use multitenant_runtime::TenantId;
/// use multitenant_runtime::route::{RequestHead, Resolve, ResolveError};
///
/// /// The part of an API key before its dot.
/// struct ApiKey;
///
/// impl Resolve for ApiKey {
///     fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
///         let Some(key) = head.header("x-api-key")? else { return Ok(None) };
///         let tenant = std::str::from_utf8(key).ok().and_then(|key| key.split_once('.'));
///         let refused = || ResolveError::Refused { reason: "this is no key".to_owned() };
///         let (tenant, _secret) = tenant.ok_or_else(refused)?;
///         TenantId::new(tenant).map(Some).map_err(|_| refused())
///     }
/// }
/// ```
pub trait Resolve: Send + Sync {
    /// The tenant; `None` where this request does not say.
    ///
    /// # Errors
    ///
    /// [`ResolveError`], where it says something that is not to be understood. It must not be `None`: then somebody else
    /// would be asked, and another tenant served.
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError>;

    /// Both: the tenant that either names. Where both name one, it must be the same: see [`Chain`].
    fn or(self, other: impl Resolve + 'static) -> Chain
    where
        Self: Sized + 'static,
    {
        Chain::new(self).or(other)
    }
}

impl<R: Resolve + ?Sized> Resolve for Arc<R> {
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
        (**self).resolve(head)
    }
}

impl<R: Resolve + ?Sized> Resolve for Box<R> {
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
        (**self).resolve(head)
    }
}
