//! Which targets a command is about: `[all|shared|tenants] [--tenant ID,…] [--match GLOB,…]`.

use clap::{Args, ValueEnum};
use multitenant_runtime::{IdentError, Scope, Selection, TenantId};

use crate::error::CliError;

/// Which targets a command is about, where that is everything unless said otherwise.
#[derive(Debug, Args)]
pub(super) struct ScopeArgs {
    /// The shared schema, the tenants, or both [default: all; with --tenant or --match: tenants]
    #[arg(value_enum)]
    targets: Option<Targets>,
    #[command(flatten)]
    tenants: TenantArgs,
}

/// Which tenants a command is about.
#[derive(Debug, Args)]
pub(super) struct TenantArgs {
    /// These tenants only; a comma within an id is written `\,` [default: all]
    #[arg(long = "tenant", value_name = "ID,…", value_parser = ids)]
    ids: Vec<Ids>,
    /// Only tenants whose ids fit one of these patterns: `*` is any text, `?` any character [default: all]
    #[arg(long = "match", value_name = "GLOB,…", value_parser = patterns, conflicts_with = "ids")]
    patterns: Vec<Patterns>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Targets {
    /// The shared schema and the tenants
    All,
    /// The shared schema alone
    Shared,
    /// The tenants alone
    Tenants,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Ids(Vec<TenantId>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Patterns(Vec<String>);

impl ScopeArgs {
    pub(super) fn scope(&self) -> Result<Scope, CliError> {
        self.tenants.scope(self.targets, Targets::All)
    }
}

impl TenantArgs {
    /// The scope of these targets; where none are named, of the tenants that are, or else of the default.
    pub(super) fn scope(&self, targets: Option<Targets>, default: Targets) -> Result<Scope, CliError> {
        let tenants = self.selection();
        let chosen = tenants != Selection::All;
        match targets.unwrap_or(if chosen { Targets::Tenants } else { default }) {
            Targets::Shared if chosen => Err(CliError::Usage(
                "`shared` is the shared schema alone: leave out --tenant and --match, or say `all`".to_owned(),
            )),
            Targets::Shared => Ok(Scope::shared()),
            Targets::Tenants => Ok(Scope { shared: false, tenants }),
            Targets::All => Ok(Scope { shared: true, tenants }),
        }
    }

    pub(super) fn selection(&self) -> Selection {
        let ids = self.ids.iter().flat_map(|ids| &ids.0);
        let patterns = self.patterns.iter().flat_map(|patterns| &patterns.0);
        match (once(ids), once(patterns)) {
            (ids, _) if !ids.is_empty() => Selection::Only(ids),
            (_, patterns) if !patterns.is_empty() => Selection::Matching(patterns),
            _ => Selection::All,
        }
    }
}

/// Each of them once.
fn once<'a, T: PartialEq + Clone + 'a>(all: impl Iterator<Item = &'a T>) -> Vec<T> {
    let mut found: Vec<T> = Vec::new();
    for one in all {
        if !found.contains(one) {
            found.push(one.clone());
        }
    }
    found
}

/// Tenants' ids, separated by commas.
pub(super) fn tenant_ids(text: &str) -> Result<Vec<TenantId>, IdentError> {
    parts(text).iter().map(TenantId::new).collect()
}

fn ids(text: &str) -> Result<Ids, IdentError> {
    tenant_ids(text).map(Ids)
}

fn patterns(text: &str) -> Result<Patterns, String> {
    let patterns = parts(text);
    if patterns.iter().any(String::is_empty) {
        return Err("a pattern is empty, and fits no tenant: write `*` for all of them".to_owned());
    }
    Ok(Patterns(patterns))
}

/// Splits at commas; a backslash takes the meaning from the character after it, since ids may hold commas.
fn parts(text: &str) -> Vec<String> {
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
    parts
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
            assert!(ids(text).is_err() && patterns(text).is_err(), "{text}");
        }
    }

    #[test]
    fn tenants_alone_are_meant_where_some_are_named() {
        let scope =
            |targets, tenants: &TenantArgs, default| tenants.scope(targets, default).map_err(|error| error.to_string());
        let none = || TenantArgs { ids: vec![], patterns: vec![] };
        let only = TenantArgs { ids: vec![ids("a,a").unwrap()], patterns: vec![] };
        let a = Selection::Only(vec![TenantId::new("a").unwrap()]);
        assert_eq!(scope(None, &none(), Targets::All).unwrap(), Scope::all());
        assert_eq!(scope(None, &none(), Targets::Tenants).unwrap(), Scope::tenants());
        assert_eq!(scope(None, &only, Targets::All).unwrap(), Scope { shared: false, tenants: a.clone() });
        assert_eq!(scope(Some(Targets::All), &only, Targets::All).unwrap(), Scope { shared: true, tenants: a });
        assert_eq!(scope(Some(Targets::Shared), &none(), Targets::All).unwrap(), Scope::shared());
        assert!(scope(Some(Targets::Shared), &only, Targets::All).is_err());
        let some = TenantArgs { ids: vec![], patterns: vec![patterns("eu-*,*a").unwrap()] };
        let tenants = Selection::Matching(vec!["eu-*".to_owned(), "*a".to_owned()]);
        assert_eq!(scope(None, &some, Targets::All).unwrap(), Scope { shared: false, tenants });
        assert!(scope(Some(Targets::Shared), &some, Targets::All).is_err());
    }
}
