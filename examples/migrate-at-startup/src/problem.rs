//! What a client is told when a request cannot be answered.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a request cannot be answered.
#[derive(Debug)]
pub enum Problem {
    /// It does not say which tenant it is about.
    NoTenant,
    /// There is no such tenant.
    NoSuchTenant,
    /// The tenant exists already, or one of its migrations failed.
    NotCreated(multitenant_runtime::Error),
    /// Something is wrong on our side.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Problem {
    fn from(error: E) -> Self {
        Self::Internal(Box::new(error))
    }
}

impl Problem {
    /// What a failed creation means for the client; nothing of the tenant is left.
    pub fn of_creation(error: multitenant_runtime::Error) -> Self {
        match error {
            multitenant_runtime::Error::Registry(_) => Self::NoSuchTenant,
            multitenant_runtime::Error::Incomplete(_) => Self::NotCreated(error),
            error => Self::Internal(Box::new(error)),
        }
    }
}

impl IntoResponse for Problem {
    #[expect(clippy::disallowed_macros, reason = "an example without a log")]
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::NoTenant => (StatusCode::BAD_REQUEST, "say which tenant in the header x-tenant"),
            Self::NoSuchTenant => (StatusCode::NOT_FOUND, "there is no such tenant"),
            Self::NotCreated(error) => {
                eprintln!("error: {error}");
                (StatusCode::CONFLICT, "the tenant was not created: does it exist already?")
            }
            Self::Internal(error) => {
                eprintln!("error: {error}");
                (StatusCode::INTERNAL_SERVER_ERROR, "something went wrong")
            }
        };
        (status, text).into_response()
    }
}
