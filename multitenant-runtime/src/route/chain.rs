use std::fmt;
use std::sync::Arc;

use crate::ident::TenantId;

use super::error::ResolveError;
use super::head::RequestHead;
use super::resolve::Resolve;

/// Several resolvers; made by [`Resolve::or`].
///
/// All of them are asked, and those that answer must agree. A header that contradicts the token is how one tenant reads
/// another's rows, so this is the default; [`first_wins`](Self::first_wins) turns it off. An error of one is the error of
/// all.
///
/// One that does not answer leaves the word to the others: beside a claim, a header alone decides where there is no token.
/// Where every request must have a token, refuse those without before this layer, or use the claim alone.
///
/// ```
/// use multitenant_runtime::route::{Claim, Header, Resolve};
///
/// #[derive(Clone)]
/// struct Verified { tenant: String }
///
/// let from_token = Claim::by(|head| head.extension::<Verified>().map(|claims| claims.tenant.clone()));
/// let resolver = from_token.or(Header::new("x-tenant"));
/// ```
#[derive(Clone)]
pub struct Chain {
    resolvers: Vec<Arc<dyn Resolve>>,
    first_wins: bool,
}

impl Chain {
    /// A chain of one.
    #[must_use]
    pub fn new(first: impl Resolve + 'static) -> Self {
        Self { resolvers: vec![Arc::new(first)], first_wins: false }
    }

    /// One more at the end.
    #[must_use]
    pub fn or(mut self, other: impl Resolve + 'static) -> Self {
        self.resolvers.push(Arc::new(other));
        self
    }

    /// The first that answers, or fails, decides, and those after it are not asked.
    ///
    /// Only for an order in which a request may override what comes later: whoever can set the first decides for all.
    #[must_use]
    pub fn first_wins(mut self) -> Self {
        self.first_wins = true;
        self
    }
}

impl Resolve for Chain {
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
        let mut found: Option<TenantId> = None;
        for resolver in &self.resolvers {
            let Some(tenant) = resolver.resolve(head)? else { continue };
            match found {
                _ if self.first_wins => return Ok(Some(tenant)),
                Some(earlier) if earlier != tenant => {
                    return Err(ResolveError::Disagreement { tenants: [earlier, tenant] });
                }
                _ => found = Some(tenant),
            }
        }
        Ok(found)
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chain").field("resolvers", &self.resolvers.len()).field("first_wins", &self.first_wins).finish()
    }
}
