//! Which tenant a request is about.
//!
//! A resolver ([`Resolve`]) reads it out of the request's head: a header, a subdomain, a segment of the path, a claim that
//! an earlier middleware has verified, or several of them ([`Chain`]). `Ok(None)` means that this request does not say;
//! whatever is said and cannot be an id, or can be read in two ways, is an error and never the next resolver's business.
//!
//! Deliberately absent: the database. Whether the tenant exists is asked when a connection is taken, so that a request
//! that needs none takes none. Absent as well: anything global or of the thread. The tenant is in the request.

mod chain;
mod claim;
mod error;
mod head;
mod header;
mod host;
mod id;
mod path;
mod rejection;
mod resolve;
mod routing;
mod subdomain;
mod tenant;

pub use chain::Chain;
pub use claim::Claim;
pub use error::ResolveError;
pub use head::RequestHead;
pub use header::Header;
pub use id::MAX_ID_BYTES;
pub use path::PathSegment;
pub use rejection::Rejection;
pub use resolve::Resolve;
#[cfg(any(feature = "axum", feature = "actix"))]
pub(crate) use routing::Routed;
pub(crate) use routing::Routing;
pub use subdomain::Subdomain;
pub use tenant::RequestTenant;
