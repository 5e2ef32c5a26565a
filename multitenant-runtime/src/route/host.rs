//! The host that a request is for.

use super::error::ResolveError;
use super::head::RequestHead;

const FORWARDED: &str = "x-forwarded-host";

/// The host in lower case, without port and final dot; `None` where there is none, or an IPv6 address.
///
/// The target's authority and the header `Host` must agree: of two, a proxy may have looked at the other.
pub(super) fn host(head: &RequestHead<'_>, trust_forwarded: bool) -> Result<Option<String>, ResolveError> {
    if trust_forwarded && let Some(value) = head.header(FORWARDED)? {
        return normalized(FORWARDED, value);
    }
    let header = head.header("host")?.map(|value| normalized("host", value)).transpose()?;
    let target = head.authority().map(|value| normalized("authority", value.as_bytes())).transpose()?;
    match (header, target) {
        (Some(header), Some(target)) if header != target => {
            Err(ResolveError::malformed("the host", "the request's target and the header `Host` have different ones"))
        }
        (header, target) => Ok(target.or(header).flatten()),
    }
}

fn normalized(place: &str, value: &[u8]) -> Result<Option<String>, ResolveError> {
    let malformed = |problem| Err(ResolveError::malformed(format!("the host ({place:?})"), problem));
    let Ok(text) = str::from_utf8(value) else { return malformed("it is not UTF-8") };
    if text.starts_with('[') {
        return Ok(None);
    }
    let (name, port) = text.split_once(':').unwrap_or((text, ""));
    if port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return malformed("what follows the colon is no port");
    }
    let name = name.strip_suffix('.').unwrap_or(name);
    // Commas, blanks, `@` and `%` among the rest.
    if !name.bytes().all(is_of_a_host) {
        return malformed("it holds a character that no host has");
    }
    Ok(Some(name.to_ascii_lowercase()).filter(|name| !name.is_empty()))
}

/// With the underscore, which DNS allows and browsers send.
pub(super) fn is_of_a_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".-_".contains(&byte)
}
