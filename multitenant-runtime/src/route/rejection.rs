use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::pool::PoolError;

use super::error::ResolveError;

/// Why a request is not served as a tenant's.
///
/// [`Display`](fmt::Display) says all of it, for the log. [`message`](Self::message) is what a client may be told: it
/// names no tenant, no schema and no SQL.
///
/// | | status |
/// | --- | --- |
/// | the request names no tenant, or what it names can be none | 400 |
/// | there is no such tenant | 404 |
/// | the tenant is fenced, behind, refused, or still being created; no connection in time; the database is away | 503, with `Retry-After` |
/// | everything else | 500 |
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Rejection {
    /// The request does not say which tenant it is about.
    Missing,
    /// What it says is not to be understood, or contradicts itself.
    Unresolved(ResolveError),
    /// There is no connection for the tenant.
    Pool(Arc<PoolError>),
    /// No layer or middleware has seen the request: the application's mistake.
    NotRouted,
}

impl Rejection {
    /// The status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::Unresolved(ResolveError::Misconfigured { .. }) | Self::NotRouted => 500,
            Self::Missing | Self::Unresolved(_) => 400,
            Self::Pool(error) => match &**error {
                PoolError::InvalidId { .. } => 400,
                PoolError::UnknownTenant { .. } => 404,
                error if retry_after(error).is_some() => 503,
                _ => 500,
            },
        }
    }

    /// When it is worth asking again, where it is.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Pool(error) => retry_after(error),
            _ => None,
        }
    }

    /// What the client may be told.
    #[must_use]
    pub fn message(&self) -> &'static str {
        match (self, self.status()) {
            (Self::Missing, _) => "the request does not say which tenant it is about",
            (Self::Unresolved(ResolveError::Disagreement { .. }), _) => "the request names more than one tenant",
            (_, 400) => "what the request names as its tenant cannot be one",
            (_, 404) => "there is no such tenant",
            (_, 503) => "the tenant cannot be served at the moment",
            _ => "something went wrong",
        }
    }

    /// Into the log, once, when it comes about.
    pub(crate) fn told(self) -> Self {
        match self.status() {
            500 => tracing::error!(rejection = %self, "a request is not served"),
            503 => tracing::warn!(rejection = %self, "a request is not served"),
            status => tracing::debug!(rejection = %self, status, "a request is not served"),
        }
        self
    }
}

/// A fence falls when somebody has mended the tenant; a connection is free again in a moment.
fn retry_after(error: &PoolError) -> Option<Duration> {
    match error {
        PoolError::Fenced { .. }
        | PoolError::Behind { .. }
        | PoolError::Refused { .. }
        | PoolError::Role { .. }
        | PoolError::Migration { .. } => Some(Duration::from_secs(30)),
        PoolError::UnderConstruction { .. } | PoolError::Closed => Some(Duration::from_secs(5)),
        error => error.is_retryable().then_some(Duration::from_secs(1)),
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("the request names no tenant: no resolver has found one"),
            Self::Unresolved(error) => error.fmt(f),
            Self::Pool(error) => error.fmt(f),
            Self::NotRouted => f.write_str(
                "the request has not passed the layer that resolves its tenant: put `TenantLayer`, or actix-web's \
                 `TenantMiddleware`, around the routes",
            ),
        }
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their text is this one's.
            Self::Unresolved(error) => error.source(),
            Self::Pool(error) => error.source(),
            Self::Missing | Self::NotRouted => None,
        }
    }
}

impl From<PoolError> for Rejection {
    fn from(error: PoolError) -> Self {
        Self::Pool(Arc::new(error))
    }
}

impl From<ResolveError> for Rejection {
    fn from(error: ResolveError) -> Self {
        Self::Unresolved(error)
    }
}
