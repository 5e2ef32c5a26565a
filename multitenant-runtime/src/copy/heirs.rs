//! Rules of parents for their heirs, and tables without any. Pure.

use super::rules::AnonymiseRules;
use super::structure::Table;

/// The rules, and for each table that inherits a column with a rule, directly or not, the same one: whoever reads the
/// parent reads its heirs' rows too. One that it has of its own stays.
pub(crate) fn inherited(rules: &AnonymiseRules, tables: &[Table]) -> AnonymiseRules {
    let mut all = rules.clone();
    // What is nearer goes first: each round goes one generation down.
    loop {
        let before = all.len();
        let known = all.clone();
        for (parent, column, rule) in known.iter() {
            let heirs = tables.iter().filter(|table| table.parents.iter().any(|of| of == parent));
            for heir in heirs.filter(|heir| heir.columns.iter().any(|found| found.name == column)) {
                all.unless_there(&heir.name, column, rule);
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

/// Tables with columns and without a rule, where there are rules.
pub(crate) fn without_rules(rules: &AnonymiseRules, tables: &[Table], withheld: &[&str]) -> Vec<String> {
    if rules.is_empty() {
        return Vec::new();
    }
    let is_bare = |table: &&Table| {
        !withheld.contains(&table.name.as_str()) && !table.columns.is_empty() && !rules.are_of(&table.name)
    };
    tables.iter().filter(is_bare).map(|table| table.name.clone()).collect()
}
