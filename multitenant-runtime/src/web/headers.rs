//! Which headers stay where a response's answer is replaced.

/// What is about the body that goes, how long it may be kept, or is our own answer's.
const ABOUT_THE_BODY: [&str; 21] = [
    "accept-ranges",
    "age",
    "cache-control",
    "cdn-cache-control",
    "content-digest",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "digest",
    "etag",
    "expires",
    "last-modified",
    "repr-digest",
    "retry-after",
    "trailer",
    "transfer-encoding",
];

/// Whether a header stays, of which the new answer says nothing: a cookie or a request's number that a layer further in
/// has set.
pub(super) fn stays(name: &str) -> bool {
    !ABOUT_THE_BODY.contains(&name)
}
