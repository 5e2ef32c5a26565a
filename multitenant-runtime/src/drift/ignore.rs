//! What does not count as drift.

use std::fmt;
use std::str::FromStr;

use wildmatch::WildMatch;

use super::ObjectKind;

/// Objects that do not count: `table:audit_*`, `column:orders.legacy`, `*:tmp_*`.
///
/// Before the colon stands a kind of object, or `*` for any; behind it a name, where `*` is any text and `?` any
/// character. What hangs on a table has the table's name and a dot in front. A table that does not count takes its
/// columns, indexes and all else that hangs on it along.
///
/// ```
/// use multitenant_runtime::Ignore;
///
/// assert!("index:*_tmp".parse::<Ignore>().is_ok());
/// assert!("tabel:x".parse::<Ignore>().is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    kind: Option<ObjectKind>,
    pattern: String,
}

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IgnoreError {
    /// There is no colon with a kind before it and a name behind.
    NoKind(String),
    /// There is no such kind.
    UnknownKind(String),
}

impl Ignore {
    /// Whether the object does not count. The name has the table's in front where it hangs on one.
    pub(super) fn fits(&self, kind: ObjectKind, parent: &str, name: &str) -> bool {
        let is = |asked: ObjectKind| self.kind.is_none_or(|kind| kind == asked);
        let pattern = WildMatch::new(&self.pattern);
        if !parent.is_empty() && is(ObjectKind::Table) && self.kind.is_some() && pattern.matches(parent) {
            return true;
        }
        let fits_name = pattern.matches(name) || (!parent.is_empty() && pattern.matches(&format!("{parent}.{name}")));
        is(kind) && fits_name
    }
}

impl FromStr for Ignore {
    type Err = IgnoreError;

    fn from_str(text: &str) -> Result<Self, IgnoreError> {
        match text.split_once(':') {
            Some((kind, name)) if !kind.trim().is_empty() && !name.trim().is_empty() => {
                let (kind, pattern) = (kind.trim(), name.trim().to_owned());
                if kind == "*" {
                    return Ok(Self { kind: None, pattern });
                }
                let known = ObjectKind::named(kind).ok_or_else(|| IgnoreError::UnknownKind(kind.to_owned()))?;
                Ok(Self { kind: Some(known), pattern })
            }
            _ => Err(IgnoreError::NoKind(text.to_owned())),
        }
    }
}

impl fmt::Display for IgnoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKind(text) => {
                write!(f, "{text:?} is no pattern: write a kind, a colon and a name, as in `table:audit_*`")
            }
            Self::UnknownKind(kind) => {
                let kinds: Vec<String> = ObjectKind::all().map(|kind| kind.name().replace(' ', "-")).collect();
                write!(f, "{kind:?} is no kind of object: write one of {}, or `*`", kinds.join(", "))
            }
        }
    }
}

impl std::error::Error for IgnoreError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, kind: ObjectKind, parent: &str, name: &str, fits: bool) {
        assert_eq!(pattern.parse::<Ignore>().unwrap().fits(kind, parent, name), fits, "{pattern} {parent}.{name}");
    }

    #[test]
    fn patterns_fit_by_kind_and_name() {
        use ObjectKind::{Column, Index, Table, View};
        check("table:audit_*", Table, "", "audit_log", true);
        check("table:audit_*", View, "", "audit_log", false);
        check("table:audit_*", Column, "audit_log", "id", true);
        check("column:orders.legacy", Column, "orders", "legacy", true);
        check("column:orders.legacy", Column, "users", "legacy", false);
        check("column:legacy", Column, "users", "legacy", true);
        check("index:*_tmp", Index, "orders", "a_tmp", true);
        check("*:tmp_?", View, "", "tmp_1", true);
        check("*:tmp_?", Table, "", "tmp_12", false);
        check("foreign-key:orders.*", ObjectKind::ForeignKey, "orders", "fk", true);
    }

    #[test]
    fn a_kind_that_does_not_exist_is_an_error() {
        assert_eq!("tabel:x".parse::<Ignore>(), Err(IgnoreError::UnknownKind("tabel".to_owned())));
        for text in ["x", ":x", "table:", ""] {
            assert_eq!(text.parse::<Ignore>(), Err(IgnoreError::NoKind(text.to_owned())));
        }
    }
}
