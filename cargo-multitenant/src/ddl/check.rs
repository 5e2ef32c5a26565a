//! What each row must hold, and what rows must hold beside each other.

use super::key::named;
use super::name::name;
use crate::model::{Check, Table};

/// `CONSTRAINT … CHECK (…)`, or EXCLUDE; without NOT VALID, which CREATE TABLE does not keep.
pub(super) fn check(check: &Check) -> String {
    if check.exclude {
        return named(&check.name) + &check.text;
    }
    let no_inherit = if check.no_inherit { " NO INHERIT" } else { "" };
    format!("{}CHECK ({}){no_inherit}", named(&check.name), check.text)
}

/// `ALTER TABLE … ADD CONSTRAINT … CHECK (…)`, or EXCLUDE; NOT VALID where it is so.
pub(crate) fn add_check(table: &Table, of: &Check) -> String {
    let not_valid = if of.not_valid { " NOT VALID" } else { "" };
    format!("ALTER TABLE {} ADD {}{not_valid};", name(&table.name), check(of))
}

/// `ALTER TABLE … VALIDATE CONSTRAINT …`.
pub(crate) fn validate_constraint(table: &Table, constraint: &str) -> String {
    format!("ALTER TABLE {} VALIDATE CONSTRAINT {};", name(&table.name), name(constraint))
}
