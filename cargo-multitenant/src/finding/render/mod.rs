//! The forms in which findings are shown.

mod github;
mod json;
mod rules;
mod sarif;
mod text;

use super::{Code, Finding, Sources, Summary};

pub(crate) use github::github;
pub(crate) use json::json;
pub(crate) use rules::{ListedRule, RuleList, rule_list};
pub(crate) use sarif::sarif;
pub(crate) use text::text;

/// Everything that there is to show.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    pub(crate) findings: &'a [Finding],
    pub(crate) sources: &'a Sources,
    pub(crate) summary: Summary,
    /// All rules, for those forms that describe them.
    pub(crate) codes: &'a [Code],
}

#[cfg(test)]
mod tests;
