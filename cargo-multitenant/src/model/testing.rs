//! Models of projects that are written as texts.

use multitenant_runtime::Tier;

use super::fill::fill;
use super::value::Model;
use crate::lint::testing::lint;
use crate::lint::{LintSettings, Marking, made};

/// The model of a project in the linter's notation.
pub(crate) fn model(text: &str) -> Model {
    let (project, _) = lint(&[], text);
    let marking = Marking::of(&project, &LintSettings::default());
    let declared: Vec<_> =
        marking.tables(&project).map(|(table, marked)| (marked.tier().unwrap_or(Tier::Tenant), table)).collect();
    fill(&made(&project, "public"), &declared)
}
