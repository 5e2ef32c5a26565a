//! What does not count as drift.

use std::fmt;
use std::str::FromStr;

use wildmatch::WildMatch;

use super::ObjectKind;
use super::object::Facets;

/// Objects that do not count: `table:audit_*`, `column:orders.legacy`, `*:tmp_*`.
///
/// Before the colon stands a kind of object, or `*` for any; behind it a name, where `*` is any text and `?` any
/// character. What hangs on a table has the table's name and a dot in front. A table that does not count takes its
/// columns, indexes and all else that hangs on it along, and its columns' sequences and its statistics.
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
        if !parent.is_empty() && self.fits_table(parent) {
            return true;
        }
        let fits_name = pattern.matches(name) || (!parent.is_empty() && pattern.matches(&format!("{parent}.{name}")));
        is(kind) && fits_name
    }

    /// The same, of an object that has a name of its own and yet belongs to a table, as this text of it says.
    pub(super) fn fits_with_table(&self, kind: ObjectKind, facets: &Facets) -> bool {
        let said = |at: usize| facets.get(at)?.as_deref();
        let table = match kind {
            ObjectKind::Sequence => said(1),
            ObjectKind::Statistics => said(0).and_then(|definition| Some(definition.rsplit_once(" FROM ")?.1)),
            _ => None,
        };
        table.is_some_and(|text| self.fits_table(&first_name(text)))
    }

    fn fits_table(&self, table: &str) -> bool {
        self.kind == Some(ObjectKind::Table) && WildMatch::new(&self.pattern).matches(table)
    }
}

/// The name with which a text begins, as PostgreSQL writes names: in quotes where it must.
fn first_name(text: &str) -> String {
    let Some(quoted) = text.strip_prefix('"') else {
        return text.split('.').next().unwrap_or_default().to_owned();
    };
    let mut name = String::new();
    let mut chars = quoted.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '"' && chars.next_if_eq(&'"').is_none() {
            break;
        }
        name.push(c);
    }
    name
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
    fn a_table_takes_its_sequences_and_statistics_along() {
        let check = |pattern: &str, kind: ObjectKind, facets: [Option<&str>; 2], fits: bool| {
            let facets: Facets = facets.into_iter().map(|text| text.map(str::to_owned)).collect();
            let found = pattern.parse::<Ignore>().unwrap().fits_with_table(kind, &facets);
            assert_eq!(found, fits, "{pattern} {facets:?}");
        };
        use ObjectKind::{Sequence, Statistics, View};
        check("table:audit_*", Sequence, [Some("AS bigint"), Some("audit_1.id")], true);
        check("table:audit_*", Sequence, [Some("AS bigint"), None], false);
        check("table:audit_*", View, [Some("AS bigint"), Some("audit_1.id")], false);
        check("table:a\"b.c", Sequence, [None, Some("\"a\"\"b.c\".\"Id\"")], true);
        check("index:audit_*", Sequence, [None, Some("audit_1.id")], false);
        check("table:audit_*", Statistics, [Some("(ndistinct) ON a, b FROM audit_1"), None], true);
    }

    #[test]
    fn a_kind_that_does_not_exist_is_an_error() {
        assert_eq!("tabel:x".parse::<Ignore>(), Err(IgnoreError::UnknownKind("tabel".to_owned())));
        for text in ["x", ":x", "table:", ""] {
            assert_eq!(text.parse::<Ignore>(), Err(IgnoreError::NoKind(text.to_owned())));
        }
    }
}
