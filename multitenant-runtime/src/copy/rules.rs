//! What stands in a column of a copy instead of what stands in the tenant's.

use std::collections::BTreeMap;
use std::fmt;

/// What stands in a column instead.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anonymise {
    /// This text, read as the column's type, in each row.
    Constant(String),
    /// NULL in each row.
    Null,
    /// A hash of the value, salted anew for each copy: equal values stay equal, and NULL stays NULL.
    Hash,
    /// This text, with the row's number for `{row}`; NULL stays NULL.
    Template(String),
}

/// Rules for the columns of a tenant's tables, by `table.column`.
///
/// ```
/// use multitenant_runtime::{Anonymise, AnonymiseRules};
///
/// let rules = AnonymiseRules::new()
///     .column("users.email", Anonymise::Template("user{row}@example.com".to_owned()))?
///     .column("users.phone", Anonymise::Null)?;
/// assert_eq!(rules.len(), 2);
/// # Ok::<(), multitenant_runtime::RuleError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use]
pub struct AnonymiseRules {
    rules: BTreeMap<(String, String), Anonymise>,
}

/// Why a rule is none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleError {
    /// The column is not `table.column`.
    NoColumn(String),
    /// The column has a rule already.
    Twice(String),
    /// A brace in the template stands for nothing: what is between the two.
    Placeholder(String),
    /// A text holds a NUL, which no column can.
    Nul,
}

impl AnonymiseRules {
    /// No rules.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a rule for this column: `table.column`, with the first dot between them. A partitioned table is named, and
    /// not its partitions. Tables that inherit the column have the rule too, unless they have one of their own.
    ///
    /// # Errors
    ///
    /// [`RuleError`] where there is no such column to be thought of, or the template has other braces than `{row}`.
    pub fn column(mut self, column: &str, rule: Anonymise) -> Result<Self, RuleError> {
        let key = match column.split_once('.') {
            Some((table, name)) if !table.is_empty() && !name.is_empty() => (table.to_owned(), name.to_owned()),
            _ => return Err(RuleError::NoColumn(column.to_owned())),
        };
        if let Anonymise::Template(text) = &rule {
            placeholders(text)?;
        }
        if let Anonymise::Template(text) | Anonymise::Constant(text) = &rule
            && text.contains('\0')
        {
            return Err(RuleError::Nul);
        }
        if self.rules.insert(key, rule).is_some() {
            return Err(RuleError::Twice(column.to_owned()));
        }
        Ok(self)
    }

    /// How many columns have a rule.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str, &Anonymise)> {
        self.rules.iter().map(|((table, column), rule)| (table.as_str(), column.as_str(), rule))
    }

    /// Gives a column a rule that has none.
    pub(crate) fn unless_there(&mut self, table: &str, column: &str, rule: &Anonymise) {
        self.rules.entry((table.to_owned(), column.to_owned())).or_insert_with(|| rule.clone());
    }

    /// Whether a column of the table has one.
    pub(crate) fn are_of(&self, table: &str) -> bool {
        self.rules.keys().any(|(of, _)| of == table)
    }

    pub(crate) fn of(&self, table: &str, column: &str) -> Option<&Anonymise> {
        self.rules.get(&(table.to_owned(), column.to_owned()))
    }
}

/// Only `{row}` stands for something.
fn placeholders(text: &str) -> Result<(), RuleError> {
    let rest = text.replace(ROW, "");
    match rest.find(['{', '}']) {
        None => Ok(()),
        Some(at) => {
            let end = rest[at..].find('}').map_or(rest.len(), |end| at + end + 1);
            Err(RuleError::Placeholder(rest[at..end].to_owned()))
        }
    }
}

/// What stands for the row's number.
pub(crate) const ROW: &str = "{row}";

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoColumn(column) => write!(f, "{column:?} is no column: write table.column, as in users.email"),
            Self::Twice(column) => write!(f, "{column:?} has two rules"),
            Self::Placeholder(text) => write!(f, "{text:?} stands for nothing: a template knows {{row}} alone"),
            Self::Nul => f.write_str("a text with a NUL can be in no column"),
        }
    }
}

impl std::error::Error for RuleError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_no_rule_is_refused() {
        let template = |text: &str| AnonymiseRules::new().column("a.b", Anonymise::Template(text.to_owned()));
        assert!(template("x{row}y{row}").is_ok() && template("").is_ok());
        assert_eq!(template("{row}{name}"), Err(RuleError::Placeholder("{name}".to_owned())));
        assert_eq!(template("a}"), Err(RuleError::Placeholder("}".to_owned())));
        for column in ["", "a", ".a", "a."] {
            assert_eq!(
                AnonymiseRules::new().column(column, Anonymise::Null),
                Err(RuleError::NoColumn(column.to_owned()))
            );
        }
        let twice = AnonymiseRules::new().column("a.b", Anonymise::Null).unwrap().column("a.b", Anonymise::Hash);
        assert_eq!(twice, Err(RuleError::Twice("a.b".to_owned())));
    }
}
