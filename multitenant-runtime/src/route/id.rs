//! From what a request says to an id.

use crate::ident::{IdentError, TenantId};

use super::error::ResolveError;

/// The longest id that a request may name, in bytes.
///
/// A [`TenantId`] has no limit of its own. What comes from outside has one, so that nobody fills logs and queries with
/// what cannot be a tenant.
pub const MAX_ID_BYTES: usize = 255;

/// The id, never trimmed, folded or cut.
pub(super) fn tenant_id(place: &str, text: &str) -> Result<TenantId, ResolveError> {
    let problem = if text.len() > MAX_ID_BYTES {
        "it is longer than any tenant's id may be in a request"
    } else if text.chars().any(char::is_control) {
        "it holds a control character"
    } else {
        match TenantId::new(text) {
            Ok(id) => return Ok(id),
            Err(IdentError::Empty) => "it is empty",
            Err(_) => "it cannot be an id",
        }
    };
    Err(ResolveError::malformed(place, problem))
}
