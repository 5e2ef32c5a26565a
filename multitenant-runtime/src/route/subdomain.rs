use crate::ident::TenantId;

use super::error::ResolveError;
use super::head::RequestHead;
use super::host::{host, is_of_a_host};
use super::id::tenant_id;
use super::resolve::Resolve;

/// The tenant that the host's first label names: `acme` in `acme.example.com`.
///
/// ```
/// use multitenant_runtime::route::Subdomain;
///
/// let resolver = Subdomain::of("example.com").reserved(["www", "api", "status"]);
/// ```
///
/// Hosts have no case, and ids have: the label is read in lower case, so `ACME.example.com` is `acme`, and a tenant
/// `Acme` cannot be named by a subdomain. A label of punycode (`xn--…`) is an id as it stands. The domain itself, a
/// reserved name, an address and any other domain name no tenant; `a.b.example.com` is an error.
#[derive(Debug, Clone)]
pub struct Subdomain {
    domain: String,
    reserved: Vec<String>,
    trust_forwarded: bool,
}

impl Subdomain {
    /// Of this domain. `www` is reserved.
    #[must_use]
    pub fn of(domain: impl AsRef<str>) -> Self {
        Self { domain: domain.as_ref().to_ascii_lowercase(), reserved: vec!["www".to_owned()], trust_forwarded: false }
    }

    /// These names are no tenants, instead of `www` alone.
    #[must_use]
    pub fn reserved<N: AsRef<str>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.reserved = names.into_iter().map(|name| name.as_ref().to_ascii_lowercase()).collect();
        self
    }

    /// Reads `X-Forwarded-Host`, where it is there, instead of the host.
    ///
    /// Only behind a proxy that sets this header in every request: otherwise whoever asks chooses the host.
    #[must_use]
    pub fn trust_forwarded_host(mut self) -> Self {
        self.trust_forwarded = true;
        self
    }
}

impl Resolve for Subdomain {
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
        let domain = self.domain.strip_suffix('.').unwrap_or(&self.domain);
        if domain.is_empty() || domain.starts_with('.') || !domain.bytes().all(is_of_a_host) {
            let problem = format!("{:?} is no domain: give `Subdomain::of` one, without port", self.domain);
            return Err(ResolveError::Misconfigured { problem });
        }
        let Some(host) = host(head, self.trust_forwarded)? else { return Ok(None) };
        let Some(label) = host.strip_suffix(domain).and_then(|front| front.strip_suffix('.')) else {
            return Ok(None);
        };
        if self.reserved.iter().any(|name| name == label) {
            return Ok(None);
        }
        let malformed = |problem| Err(ResolveError::malformed("the subdomain", problem));
        if label.contains('.') {
            return malformed("it has more than one label");
        }
        if label.len() > 63 || label.starts_with('-') || label.ends_with('-') {
            return malformed("it is no label of a host");
        }
        tenant_id("the subdomain", label).map(Some)
    }
}
