//! What a call is about.

use crate::ident::TenantId;

/// What a call is about: the shared schema, tenants, or both.
///
/// ```
/// use multitenant_runtime::{Scope, Selection, TenantId};
///
/// let everything = Scope::all();
/// let one = Scope { shared: false, tenants: Selection::Only(vec![TenantId::new("acme")?]) };
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Whether the shared schema belongs to it.
    pub shared: bool,
    /// Which tenants belong to it.
    pub tenants: Selection,
}

/// Some of the registry's tenants.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// None of them.
    None,
    /// All of them.
    All,
    /// These; one that the registry does not have is an error.
    Only(Vec<TenantId>),
    /// Those whose ids fit one of these patterns, where `*` is any text and `?` any character; a pattern that none
    /// fits is an error.
    Matching(Vec<String>),
}

impl Selection {
    /// Whether a tenant of this id is one of them.
    #[cfg(feature = "pool")]
    pub(crate) fn matcher(&self) -> impl Fn(&str) -> bool {
        let only: std::collections::HashSet<&str> = match self {
            Self::Only(ids) => ids.iter().map(TenantId::as_str).collect(),
            _ => std::collections::HashSet::new(),
        };
        let patterns: Vec<wildmatch::WildMatch> = match self {
            Self::Matching(patterns) => patterns.iter().map(|pattern| wildmatch::WildMatch::new(pattern)).collect(),
            _ => Vec::new(),
        };
        move |id| match self {
            Self::None => false,
            Self::All => true,
            Self::Only(_) => only.contains(id),
            Self::Matching(_) => patterns.iter().any(|pattern| pattern.matches(id)),
        }
    }
}

impl Scope {
    /// The shared schema and all tenants.
    #[must_use]
    pub fn all() -> Self {
        Self { shared: true, tenants: Selection::All }
    }

    /// The shared schema alone.
    #[must_use]
    pub fn shared() -> Self {
        Self { shared: true, tenants: Selection::None }
    }

    /// All tenants, and not the shared schema.
    #[must_use]
    pub fn tenants() -> Self {
        Self { shared: false, tenants: Selection::All }
    }

    /// One tenant, and not the shared schema.
    #[must_use]
    pub fn tenant(id: TenantId) -> Self {
        Self { shared: false, tenants: Selection::Only(vec![id]) }
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::all()
    }
}
