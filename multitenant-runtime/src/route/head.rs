#[cfg(feature = "actix")]
use std::cell::Ref;
use std::fmt;

use super::error::ResolveError;

/// A request without its body, as resolvers see it: the same for every framework.
pub struct RequestHead<'a>(Source<'a>);

enum Source<'a> {
    #[cfg(feature = "tower")]
    Http { uri: &'a http::Uri, headers: &'a http::HeaderMap, extensions: &'a http::Extensions },
    #[cfg(feature = "actix")]
    Actix { request: &'a actix_web::dev::ServiceRequest, extensions: Ref<'a, actix_web::dev::Extensions> },
}

impl<'a> RequestHead<'a> {
    /// The head of a request as tower's services have it.
    #[cfg(feature = "tower")]
    #[must_use]
    pub fn of_http<B>(request: &'a http::Request<B>) -> Self {
        Self(Source::Http { uri: request.uri(), headers: request.headers(), extensions: request.extensions() })
    }

    /// The head of a request as actix-web's middleware has it. Its extensions are borrowed meanwhile.
    #[cfg(feature = "actix")]
    #[must_use]
    pub fn of_actix(request: &'a actix_web::dev::ServiceRequest) -> Self {
        use actix_web::HttpMessage;
        Self(Source::Actix { request, extensions: request.extensions() })
    }

    /// A header's value as it came; the name's case does not matter.
    ///
    /// # Errors
    ///
    /// [`ResolveError::Repeated`] where the header is there more than once: which of them counts would be a matter of
    /// taste, and a proxy's may not be ours.
    pub fn header(&self, name: &str) -> Result<Option<&[u8]>, ResolveError> {
        match &self.0 {
            #[cfg(feature = "tower")]
            Source::Http { headers, .. } => single(name, headers.get_all(name).iter().map(http::HeaderValue::as_bytes)),
            #[cfg(feature = "actix")]
            Source::Actix { request, .. } => {
                let values = request.headers().get_all(name);
                single(name, values.map(actix_web::http::header::HeaderValue::as_bytes))
            }
        }
    }

    /// The path, encoded as it came.
    ///
    /// Routers that are nested may have cut it: axum's `nest` does.
    #[must_use]
    pub fn path(&self) -> &str {
        match &self.0 {
            #[cfg(feature = "tower")]
            Source::Http { uri, .. } => uri.path(),
            #[cfg(feature = "actix")]
            Source::Actix { request, .. } => request.uri().path(),
        }
    }

    /// Host and port, where they are in the request's target: HTTP/2's `:authority`, or HTTP/1's absolute form.
    #[must_use]
    pub fn authority(&self) -> Option<&str> {
        match &self.0 {
            #[cfg(feature = "tower")]
            Source::Http { uri, .. } => uri.authority().map(http::uri::Authority::as_str),
            #[cfg(feature = "actix")]
            Source::Actix { request, .. } => request.uri().authority().map(actix_web::http::uri::Authority::as_str),
        }
    }

    /// What an earlier middleware has put into the request's extensions: verified claims, for instance.
    #[must_use]
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<&T> {
        match &self.0 {
            #[cfg(feature = "tower")]
            Source::Http { extensions, .. } => extensions.get::<T>(),
            #[cfg(feature = "actix")]
            Source::Actix { extensions, .. } => extensions.get::<T>(),
        }
    }
}

fn single<'v>(name: &str, mut values: impl Iterator<Item = &'v [u8]>) -> Result<Option<&'v [u8]>, ResolveError> {
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(ResolveError::Repeated { header: name.to_owned() }),
    }
}

impl fmt::Debug for RequestHead<'_> {
    /// No headers: they hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("path", &self.path())
            .field("authority", &self.authority())
            .finish_non_exhaustive()
    }
}
