use std::str;

use crate::ident::TenantId;

use super::error::ResolveError;
use super::head::RequestHead;
use super::id::tenant_id;
use super::resolve::Resolve;

/// The tenant that a header names, as UTF-8 and exactly as it stands there: neither decoded nor trimmed.
///
/// A header is what the client says. Where clients are not to choose their tenant, something in front has to set it, or
/// a [`Claim`](super::Claim) has to agree with it.
///
/// ```
/// use multitenant_runtime::route::Header;
///
/// let resolver = Header::new("x-tenant");
/// ```
///
/// A header that is there twice is an error, and so is a comma in it, since proxies join the two to one: ids with commas
/// cannot be named in a header. Nor can those that begin or end with a blank, which HTTP/1 takes off.
#[derive(Debug, Clone)]
pub struct Header {
    name: String,
}

impl Header {
    /// The header's name; its case does not matter.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    fn checked<'v>(&self, place: &str, value: &'v [u8]) -> Result<&'v str, ResolveError> {
        let Ok(text) = str::from_utf8(value) else {
            return Err(ResolveError::malformed(place, "it is not UTF-8"));
        };
        if text.contains(',') {
            return Err(ResolveError::malformed(place, "it holds a comma, as if there were two of it"));
        }
        if text.trim() != text {
            return Err(ResolveError::malformed(place, "it begins or ends with a blank"));
        }
        Ok(text)
    }
}

impl Resolve for Header {
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
        if !is_token(&self.name) {
            let problem = format!("{:?} cannot be a header's name: give `Header::new` another", self.name);
            return Err(ResolveError::Misconfigured { problem });
        }
        let Some(value) = head.header(&self.name)? else { return Ok(None) };
        let place = format!("the header {:?}", self.name);
        tenant_id(&place, self.checked(&place, value)?).map(Some)
    }
}

/// RFC 9110, 5.6.2.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}
