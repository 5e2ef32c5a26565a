use std::fmt;
use std::sync::Arc;

use crate::pool::PoolError;

/// Why a query over many tenants has nothing of this one.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum AcrossError<E = diesel::result::Error> {
    /// The tenant cannot be served, or there was no connection.
    Pool(Arc<PoolError>),
    /// The query, or the application's own code, failed.
    Work(E),
}

impl<E> From<PoolError> for AcrossError<E> {
    fn from(error: PoolError) -> Self {
        Self::Pool(Arc::new(error))
    }
}

impl<E: fmt::Display> fmt::Display for AcrossError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(error) => error.fmt(f),
            Self::Work(error) => error.fmt(f),
        }
    }
}

impl<E: std::error::Error + 'static> std::error::Error for AcrossError<E> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their text is this one's.
            Self::Pool(error) => error.source(),
            Self::Work(error) => error.source(),
        }
    }
}
