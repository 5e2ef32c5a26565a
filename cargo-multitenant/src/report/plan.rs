//! What a run would do: the result of `migrate --dry-run`.

use multitenant_runtime::{Outcome, Plan, TargetPlan, UnusableTenant};
use serde::Serialize;

use crate::output::{BAD, Shown, WARN, paint, shown_lines};

use super::migrate::TargetResult;
use super::names::{Names, label, tier_of, versions};
use super::status::{FAILED, word};
use super::{FORMAT, counted};

/// What a run would do.
#[derive(Debug, Serialize)]
pub(crate) struct PlanDocument<'a> {
    format: u32,
    targets: Vec<PlannedTarget<'a>>,
    summary: Summary,
}

#[derive(Debug, Serialize)]
struct PlannedTarget<'a> {
    tenant: Option<&'a str>,
    schema: Option<&'a str>,
    state: &'static str,
    create_schema: bool,
    pending: Vec<&'a str>,
    out_of_order: Vec<&'a str>,
    refused: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Summary {
    targets: usize,
    with_work: usize,
    migrations: usize,
    refused: usize,
}

impl PlannedTarget<'_> {
    fn has_work(&self) -> bool {
        self.refused.is_none() && (self.create_schema || !self.pending.is_empty())
    }
}

impl<'a> PlanDocument<'a> {
    /// The document of a plan.
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self::of(plan.targets().map(planned).chain(plan.unusable.iter().map(unusable)).collect())
    }

    fn of(targets: Vec<PlannedTarget<'a>>) -> Self {
        let working = || targets.iter().filter(|target| target.has_work());
        let summary = Summary {
            targets: targets.len(),
            with_work: working().count(),
            migrations: working().map(|target| target.pending.len()).sum(),
            refused: targets.iter().filter(|target| target.refused.is_some()).count(),
        };
        Self { format: FORMAT, targets, summary }
    }

    /// What a run would report if every migration succeeded, for the exit code.
    pub(crate) fn foretold(&self) -> Vec<TargetResult<'a>> {
        let shared_is_refused = self.targets.iter().any(|t| t.tenant.is_none() && t.refused.is_some());
        let outcome = |target: &PlannedTarget<'_>| match target.refused {
            _ if shared_is_refused && target.tenant.is_some() => Outcome::NotTried,
            Some(_) if ["missing", FAILED].contains(&target.state) => Outcome::Failed,
            Some(_) => Outcome::Skipped,
            None if target.has_work() => Outcome::Applied,
            None => Outcome::UpToDate,
        };
        self.targets
            .iter()
            .map(|target| TargetResult::foretold(target.tenant, target.schema, outcome(target)))
            .collect()
    }

    /// For each target with work the names of what would be applied, then the counts.
    pub(crate) fn text(&self, names: &Names) -> String {
        let mut text: String = self.targets.iter().map(|target| target_text(target, names)).collect();
        let Summary { targets, with_work, migrations, refused } = self.summary;
        let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
        text.push_str(&format!(
            " {}: {with_work} to be migrated with {}{refused}; nothing was written\n",
            counted(targets, "schema", "schemas"),
            counted(migrations, "migration", "migrations"),
        ));
        text
    }
}

fn planned(plan: &TargetPlan) -> PlannedTarget<'_> {
    PlannedTarget {
        tenant: plan.target.tenant().map(multitenant_runtime::TenantId::as_str),
        schema: Some(plan.target.schema().as_str()),
        state: word(plan.state),
        create_schema: plan.create_schema,
        pending: versions(&plan.pending),
        out_of_order: versions(&plan.out_of_order),
        refused: plan.refused.as_deref(),
    }
}

fn unusable(tenant: &UnusableTenant) -> PlannedTarget<'_> {
    PlannedTarget {
        tenant: Some(&tenant.tenant),
        schema: tenant.schema.as_deref(),
        state: FAILED,
        create_schema: false,
        pending: Vec::new(),
        out_of_order: Vec::new(),
        refused: Some(&tenant.failure.message),
    }
}

fn target_text(target: &PlannedTarget<'_>, names: &Names) -> String {
    let schema = label(target.tenant, target.schema);
    let schema = Shown(&schema);
    if let Some(refused) = target.refused {
        return format!(" {schema}  {}: {}\n", paint(BAD, "refused"), shown_lines(refused));
    }
    if !target.has_work() {
        return String::new();
    }
    let create = if target.create_schema { "create the schema, " } else { "" };
    let mut text = format!(" {schema}  {create}apply {}\n", target.pending.len());
    for version in &target.pending {
        let late = if target.out_of_order.contains(version) {
            paint(WARN, "  (older than what is applied)")
        } else {
            String::new()
        };
        text.push_str(&format!("     {}{late}\n", Shown(names.get(tier_of(target.tenant), version))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    #[test]
    fn says_what_would_be_done_and_what_not() {
        let target = |tenant, schema, pending: &[&'static str], refused| PlannedTarget {
            tenant,
            schema,
            state: "behind",
            create_schema: false,
            pending: pending.to_vec(),
            out_of_order: vec!["1"],
            refused,
        };
        let document = PlanDocument::of(vec![
            target(None, Some("public"), &[], None),
            PlannedTarget { create_schema: true, ..target(Some("a"), Some("tenant_a"), &["1", "2"], None) },
            target(Some("b"), Some("tenant_b"), &["2"], Some("it is edited")),
        ]);
        insta::assert_snapshot!(plain(&document.text(&Names::default())), @r#"
        tenant_a  create the schema, apply 2
            1  (older than what is applied)
            2
        tenant_b  refused: it is edited
        3 schemas: 1 to be migrated with 2 migrations, 1 refused; nothing was written
        "#);
        let outcomes: Vec<_> = document.foretold().iter().map(|target| target.outcome).collect();
        assert_eq!(outcomes, [Outcome::UpToDate, Outcome::Applied, Outcome::Skipped]);
    }
}
