use std::fmt;
use std::marker::PhantomData;

use crate::ident::TenantId;

use super::error::ResolveError;
use super::head::RequestHead;
use super::id::tenant_id;
use super::resolve::Resolve;

/// The tenant that a function finds: in the claims of a token, that an earlier middleware has verified and put into the
/// request's extensions.
///
/// The function returns the text, or `None` where there is no claim. A text that cannot be an id is an error, not `None`:
/// a broken claim does not make way for a header.
///
/// ```
/// use multitenant_runtime::route::Claim;
///
/// #[derive(Clone)]
/// struct Verified { tenant: String }
///
/// let resolver = Claim::by(|head| head.extension::<Verified>().map(|claims| claims.tenant.clone()));
/// ```
pub struct Claim<F, T> {
    function: F,
    text: PhantomData<fn() -> T>,
}

impl<F, T> Claim<F, T>
where
    F: Fn(&RequestHead<'_>) -> Option<T> + Send + Sync,
    T: AsRef<str>,
{
    /// By this function.
    pub fn by(function: F) -> Self {
        Self { function, text: PhantomData }
    }
}

impl<F, T> Resolve for Claim<F, T>
where
    F: Fn(&RequestHead<'_>) -> Option<T> + Send + Sync,
    T: AsRef<str>,
{
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
        (self.function)(head).map(|claim| tenant_id("the claim", claim.as_ref())).transpose()
    }
}

impl<F: Clone, T> Clone for Claim<F, T> {
    fn clone(&self) -> Self {
        Self { function: self.function.clone(), text: PhantomData }
    }
}

impl<F, T> fmt::Debug for Claim<F, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim").finish_non_exhaustive()
    }
}
