use crate::ident::TenantId;

use super::error::ResolveError;
use super::head::RequestHead;
use super::id::tenant_id;
use super::resolve::Resolve;

const PLACE: &str = "the path";

/// The tenant that a segment of the path names: `acme` in `/t/acme/notes`.
///
/// ```
/// use multitenant_runtime::route::PathSegment;
///
/// let resolver = PathSegment::after("/t/");
/// let resolver = PathSegment::at(1); // the same, whatever the first segment is
/// ```
///
/// The segment is percent-decoded, once. An empty one, or one behind an empty one, one that holds a slash or a backslash, and a path with `.` or
/// `..` anywhere, written out or encoded, are errors: proxies and routers read them in different ways. Put the layer
/// outside of nested routers, which take off what they have matched.
#[derive(Debug, Clone)]
pub struct PathSegment(Which);

#[derive(Debug, Clone)]
enum Which {
    At(usize),
    After(String),
}

impl PathSegment {
    /// The segment with this number; the first is 0.
    #[must_use]
    pub fn at(index: usize) -> Self {
        Self(Which::At(index))
    }

    /// The one after this prefix, which begins and ends with a slash. Paths that begin otherwise name no tenant.
    #[must_use]
    pub fn after(prefix: impl Into<String>) -> Self {
        Self(Which::After(prefix.into()))
    }

    /// Whether a segment before the tenant's is empty: who merges slashes counts other segments than who does not.
    fn has_empty_before(&self, path: &str) -> bool {
        let before = match &self.0 {
            Which::At(index) => *index,
            Which::After(prefix) => prefix.matches('/').count().saturating_sub(1),
        };
        path.split('/').skip(1).take(before).any(str::is_empty)
    }

    fn segment<'p>(&self, path: &'p str) -> Result<Option<&'p str>, ResolveError> {
        match &self.0 {
            Which::At(index) => {
                let segments = path.strip_prefix('/').filter(|segments| !segments.is_empty());
                Ok(segments.and_then(|segments| segments.split('/').nth(*index)))
            }
            Which::After(prefix) if prefix.starts_with('/') && prefix.ends_with('/') => {
                Ok(path.strip_prefix(prefix.as_str()).and_then(|rest| rest.split('/').next()))
            }
            Which::After(prefix) => {
                let problem = format!("the prefix {prefix:?} must begin and end with a slash: give `after` such a one");
                Err(ResolveError::Misconfigured { problem })
            }
        }
    }
}

impl Resolve for PathSegment {
    fn resolve(&self, head: &RequestHead<'_>) -> Result<Option<TenantId>, ResolveError> {
        let path = head.path();
        let Some(segment) = self.segment(path)? else { return Ok(None) };
        if path.split(['/', '\\']).any(is_dots) {
            return Err(ResolveError::malformed(PLACE, "it has a segment of dots"));
        }
        if self.has_empty_before(path) {
            return Err(ResolveError::malformed(PLACE, "it has an empty segment before the tenant's"));
        }
        let text = decoded(segment)?;
        if text.contains(['/', '\\']) {
            return Err(ResolveError::malformed(PLACE, "the tenant's segment holds a slash"));
        }
        tenant_id(PLACE, &text).map(Some)
    }
}

/// `.` or `..`, with each dot as it is or encoded.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

fn decoded(segment: &str) -> Result<String, ResolveError> {
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(ResolveError::malformed(PLACE, "it has a percent sign without two digits")),
            },
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| ResolveError::malformed(PLACE, "it is not UTF-8"))
}

fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}
