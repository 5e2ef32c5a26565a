//! What a call is about.

use std::collections::HashSet;

use wildmatch::WildMatch;

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

/// What a selection asks for and a registry does not have.
#[derive(Debug)]
pub(crate) enum InVain {
    Ids(Vec<TenantId>),
    Patterns(Vec<String>),
}

impl Selection {
    /// Whether a tenant of this id is one of them.
    pub(crate) fn matcher(&self) -> impl Fn(&str) -> bool {
        let only: HashSet<&str> = match self {
            Self::Only(ids) => ids.iter().map(TenantId::as_str).collect(),
            _ => HashSet::new(),
        };
        let patterns: Vec<WildMatch> = match self {
            Self::Matching(patterns) => patterns.iter().map(|pattern| WildMatch::new(pattern)).collect(),
            _ => Vec::new(),
        };
        move |id| match self {
            Self::None => false,
            Self::All => true,
            Self::Only(_) => only.contains(id),
            Self::Matching(_) => patterns.iter().any(|pattern| pattern.matches(id)),
        }
    }

    /// What is asked for, and none of these ids is.
    pub(crate) fn in_vain(&self, ids: &HashSet<&str>) -> Option<InVain> {
        match self {
            Self::None | Self::All => None,
            Self::Only(wanted) => {
                let unknown: Vec<_> = wanted.iter().filter(|id| !ids.contains(id.as_str())).cloned().collect();
                (!unknown.is_empty()).then_some(InVain::Ids(unknown))
            }
            Self::Matching(patterns) => {
                let fits = |pattern: &String| {
                    let glob = WildMatch::new(pattern);
                    ids.iter().any(|id| glob.matches(id))
                };
                let unmatched: Vec<_> = patterns.iter().filter(|pattern| !fits(pattern)).cloned().collect();
                (!unmatched.is_empty()).then_some(InVain::Patterns(unmatched))
            }
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
