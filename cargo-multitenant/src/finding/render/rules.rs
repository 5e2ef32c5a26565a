//! The list of all rules.

use serde::Serialize;

use crate::output::{Align, Cell, Table};
use crate::report::FORMAT;

/// The list of all rules, as JSON has it.
#[derive(Debug, Serialize)]
pub(crate) struct RuleList {
    format: u32,
    rules: Vec<ListedRule>,
}

/// A rule with its level.
#[derive(Debug, Serialize)]
pub(crate) struct ListedRule {
    pub(crate) name: &'static str,
    /// As it is configured.
    pub(crate) level: &'static str,
    pub(crate) default: &'static str,
    pub(crate) kind: &'static str,
}

impl RuleList {
    pub(crate) fn new(rules: Vec<ListedRule>) -> Self {
        Self { format: FORMAT, rules }
    }
}

/// The list as a table.
pub(crate) fn rule_list(list: &RuleList) -> String {
    let columns = [("rule", Align::Left), ("level", Align::Left), ("default", Align::Left), ("about", Align::Left)];
    let mut table = Table::new(columns);
    for rule in &list.rules {
        table.row([rule.name, rule.level, rule.default, rule.kind].map(Cell::new));
    }
    table.render()
}
