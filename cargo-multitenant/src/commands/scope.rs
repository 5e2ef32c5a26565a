//! Which targets a command is about: `[all|shared|tenants] [--tenant ID,…]`.

use clap::{Args, ValueEnum};
use multitenant_runtime::{IdentError, Scope, Selection, TenantId};

use crate::error::CliError;

/// Which targets a command is about.
#[derive(Debug, Args)]
pub(super) struct ScopeArgs {
    /// The shared schema, the tenants, or both [default: all; with --tenant: tenants]
    #[arg(value_enum)]
    targets: Option<Targets>,
    /// These tenants only; a comma within an id is written `\,`
    #[arg(long = "tenant", value_name = "ID,…", value_parser = ids)]
    tenants: Vec<Ids>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Targets {
    /// The shared schema, then the tenants
    All,
    /// The shared schema alone
    Shared,
    /// The tenants alone
    Tenants,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Ids(Vec<TenantId>);

impl ScopeArgs {
    pub(super) fn scope(&self) -> Result<Scope, CliError> {
        let mut only: Vec<TenantId> = Vec::new();
        for id in self.tenants.iter().flat_map(|ids| &ids.0) {
            if !only.contains(id) {
                only.push(id.clone());
            }
        }
        let tenants = if only.is_empty() { Selection::All } else { Selection::Only(only) };
        match (self.targets, tenants) {
            (Some(Targets::Shared), Selection::Only(_)) => {
                Err(CliError::Usage("`shared` is the shared schema alone: leave out --tenant, or say `all`".to_owned()))
            }
            (Some(Targets::Shared), _) => Ok(Scope::shared()),
            (Some(Targets::Tenants), tenants) | (None, tenants @ Selection::Only(_)) => {
                Ok(Scope { shared: false, tenants })
            }
            (Some(Targets::All) | None, tenants) => Ok(Scope { shared: true, tenants }),
        }
    }
}

/// Splits at commas; a backslash takes the meaning from the character after it, since ids may hold commas.
fn ids(text: &str) -> Result<Ids, IdentError> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, parts.last_mut()) {
            (',', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.push(chars.next().unwrap_or('\\')),
            (c, Some(part)) => part.push(c),
            (_, None) => {}
        }
    }
    parts.iter().map(TenantId::new).collect::<Result<_, _>>().map(Ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_may_hold_anything() {
        for (text, expected) in [
            ("acme", &["acme"][..]),
            ("a,b", &["a", "b"]),
            (r"a\,b,c", &["a,b", "c"]),
            (r"a\\b\", &[r"a\b\"]),
            ("é \"", &["é \""]),
        ] {
            let expected: Vec<_> = expected.iter().map(|id| TenantId::new(id).unwrap()).collect();
            assert_eq!(ids(text).unwrap(), Ids(expected), "{text}");
        }
        for text in ["", "a,,b", "a,"] {
            assert!(ids(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_tenant_alone_is_meant_where_one_is_named() {
        let only = || vec![ids("a,a").unwrap()];
        let scope = |targets, tenants| ScopeArgs { targets, tenants }.scope().map_err(|error| error.to_string());
        let a = Selection::Only(vec![TenantId::new("a").unwrap()]);
        assert_eq!(scope(None, vec![]).unwrap(), Scope::all());
        assert_eq!(scope(None, only()).unwrap(), Scope { shared: false, tenants: a.clone() });
        assert_eq!(scope(Some(Targets::All), only()).unwrap(), Scope { shared: true, tenants: a });
        assert_eq!(scope(Some(Targets::Shared), vec![]).unwrap(), Scope::shared());
        assert!(scope(Some(Targets::Shared), only()).is_err());
    }
}
