use std::fmt;

use crate::ident::TenantId;

/// Why a request's tenant cannot be told, although the request says something about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolveError {
    /// A header is there more than once.
    Repeated {
        /// Its name.
        header: String,
    },
    /// What is said is no id, or can be read in two ways.
    Malformed {
        /// Where it is said: `the header "x-tenant"`.
        place: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Two places of one request name two tenants.
    Disagreement {
        /// The tenants, in the order of the resolvers.
        tenants: [TenantId; 2],
    },
    /// A resolver of the application's own refuses the request.
    Refused {
        /// Why.
        reason: String,
    },
    /// The resolver itself cannot work: the application's mistake, not the request's.
    Misconfigured {
        /// What is wrong, and what to do.
        problem: String,
    },
}

impl ResolveError {
    pub(super) fn malformed(place: impl fmt::Display, problem: &'static str) -> Self {
        Self::Malformed { place: place.to_string(), problem }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeated { header } => write!(f, "the header {header:?} is there more than once: send it once"),
            Self::Malformed { place, problem } => write!(f, "{place} names no tenant: {problem}"),
            Self::Disagreement { tenants: [one, other] } => write!(
                f,
                "the request names two tenants, {:?} and {:?}: name one, or take the first that answers \
                 (`Chain::first_wins`)",
                one.as_str(),
                other.as_str()
            ),
            Self::Refused { reason } => write!(f, "the request's tenant is refused: {reason}"),
            Self::Misconfigured { problem } => write!(f, "no tenant can be resolved: {problem}"),
        }
    }
}

impl std::error::Error for ResolveError {}
