//! `unused-suppression`

use crate::lint::rule::{Check, rule};

rule! {
    /// ## What it does
    ///
    /// Finds `-- multitenant: allow(rule)` and `#[multitenant(allow(rule))]` that allow nothing: the rule finds nothing
    /// there, or does not exist; and comments that give no reason.
    ///
    /// ## Why is this bad?
    ///
    /// It will hide the next mistake at that place, which nobody has looked at.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- multitenant: allow(tenant-schema-qualified) the old table
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    // What is allowed is known when all rules have looked: see `suppress.rs`.
    "unused-suppression": Warning, Convention, Check::Last,
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "-- multitenant: allow(no-such-rule) reason\nselect 1;"), @"tenant/1_a/up.sql:1:1 warning: there is no rule `no-such-rule` [-- multitenant: allow(no-such-rule) reason]");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "-- multitenant is a crate\nselect 1;");
    }
}
