//! What a run would do: the result of `--dry-run`, and what is shown before a question.

use multitenant_runtime::{Outcome, Plan, Step, TargetPlan, UnusableTenant};
use serde::Serialize;

use crate::output::{BAD, DIM, Shown, WARN, counted, paint, shown_lines};

use super::FORMAT;
use super::kind::{Kind, verb};
use super::names::{Names, label, tier_of, versions};
use super::run::TargetResult;
use super::status::{FAILED, word};

/// What a run would do.
#[derive(Debug, Serialize)]
pub(crate) struct PlanDocument<'a> {
    format: u32,
    targets: Vec<PlannedTarget<'a>>,
    summary: Summary,
    #[serde(skip)]
    kind: Kind,
}

#[derive(Debug, Serialize)]
struct PlannedTarget<'a> {
    tenant: Option<&'a str>,
    schema: Option<&'a str>,
    state: &'static str,
    create_schema: bool,
    pending: Vec<&'a str>,
    out_of_order: Vec<&'a str>,
    /// What would be done, in this order.
    steps: &'a [Step],
    /// In which wave, from 1; `null` of the shared schema, and of tenants that no run can work on.
    wave: Option<usize>,
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
        self.refused.is_none() && (self.create_schema || !self.steps.is_empty())
    }

    /// What it comes to if all goes well.
    fn outcome(&self) -> Outcome {
        let any = |wanted: fn(&Step) -> bool| self.steps.iter().any(wanted);
        match self.refused {
            Some(_) if ["missing", FAILED].contains(&self.state) => Outcome::Failed,
            Some(_) => Outcome::Skipped,
            None if any(|step| matches!(step, Step::Apply(_))) => Outcome::Applied,
            None if any(|step| matches!(step, Step::Revert(_))) => Outcome::Reverted,
            None if self.has_work() => Outcome::Recorded,
            None => Outcome::UpToDate,
        }
    }
}

impl<'a> PlanDocument<'a> {
    /// The document of a plan.
    pub(crate) fn new(plan: &'a Plan, kind: Kind) -> Self {
        Self::of(plan.targets().map(planned).chain(plan.unusable.iter().map(unusable)).collect(), kind)
    }

    fn of(targets: Vec<PlannedTarget<'a>>, kind: Kind) -> Self {
        let working = || targets.iter().filter(|target| target.has_work());
        // What is redone is one migration, and two steps.
        let counts = |step: &&Step| kind != Kind::Redo || matches!(step, Step::Revert(_));
        let summary = Summary {
            targets: targets.len(),
            with_work: working().count(),
            migrations: working().flat_map(|target| target.steps).filter(counts).count(),
            refused: targets.iter().filter(|target| target.refused.is_some()).count(),
        };
        Self { format: FORMAT, targets, summary, kind }
    }

    /// Whether anything would be done at all.
    pub(crate) fn has_work(&self) -> bool {
        self.summary.with_work > 0
    }

    /// What a run would report if every migration succeeded, for the exit code.
    pub(crate) fn foretold(&self) -> Vec<TargetResult<'a>> {
        let shared_is_refused = self.targets.iter().any(|t| t.tenant.is_none() && t.refused.is_some());
        let outcome = |target: &PlannedTarget<'_>| match target.tenant {
            // Backwards the tenants come first.
            Some(_) if shared_is_refused && self.kind != Kind::Rollback => Outcome::NotTried,
            _ => target.outcome(),
        };
        self.targets
            .iter()
            .map(|target| TargetResult::foretold(target.tenant, target.schema, outcome(target)))
            .collect()
    }

    /// For each target with work the names of what would be done, wave by wave, then the counts and this ending.
    pub(crate) fn text(&self, names: &Names, ending: &str) -> String {
        let in_wave = |wave| self.targets.iter().filter(move |target| target.wave == wave);
        let text = |target: &PlannedTarget<'_>| target_text(target, names);
        let has_waves = [1, 2].iter().all(|&wave| in_wave(Some(wave)).next().is_some());
        let mut lines: String = if has_waves {
            let mut lines: String = in_wave(None).map(text).collect();
            for (wave, heading) in [(1, "first the canaries"), (2, "then, if none of them fails, the others")] {
                let tenants = in_wave(Some(wave)).filter(|target| target.has_work()).count();
                let tenants = counted(tenants, "tenant", "tenants");
                lines.push_str(&format!(" {}\n", paint(DIM, format!("{heading}: {tenants} with something to do"))));
                lines.extend(in_wave(Some(wave)).map(text));
            }
            lines
        } else {
            self.targets.iter().map(text).collect()
        };
        let Summary { targets, with_work, migrations, refused } = self.summary;
        let refused = if refused > 0 { format!(", {refused} refused") } else { String::new() };
        let intention = self.kind.intention(with_work, migrations);
        lines.push_str(&format!(" {}: {intention}{refused}{ending}\n", counted(targets, "schema", "schemas")));
        lines
    }

    /// The same for a person who is about to be asked: of a large fleet the beginning, and the counts.
    pub(crate) fn brief(&self, names: &Names) -> String {
        const MOST: usize = 40;
        let text = self.text(names, "");
        let lines: Vec<&str> = text.lines().collect();
        let Some((counts, targets)) = lines.split_last().filter(|(_, targets)| targets.len() > MOST) else {
            return text;
        };
        let left = counted(targets.len() - MOST, "more line", "more lines");
        let more = format!(" … and {left}, which --dry-run shows");
        [&targets[..MOST], &[&more, counts]].concat().join("\n")
    }

    /// The question whether it shall be done.
    pub(crate) fn question(&self) -> String {
        self.kind.question(self.summary.with_work, self.summary.migrations)
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
        steps: &plan.steps,
        wave: plan.target.tenant().map(|_| plan.wave),
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
        steps: &[],
        wave: None,
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
    // Steps of one kind stand together.
    let groups: Vec<&[Step]> = target.steps.chunk_by(|a, b| verb(a) == verb(b)).collect();
    let create = target.create_schema.then(|| "create the schema".to_owned());
    let counts = groups.iter().filter_map(|steps| Some(format!("{} {}", verb(steps.first()?), steps.len())));
    let what: Vec<String> = create.into_iter().chain(counts).collect();
    let mut text = format!(" {schema}  {}\n", what.join(", "));
    for step in target.steps {
        let version = step.version().as_str();
        let late = matches!(step, Step::Apply(_)) && target.out_of_order.contains(&version);
        let late = if late { paint(WARN, "  (older than what is applied)") } else { String::new() };
        let verb = if groups.len() > 1 { format!("{} ", verb(step)) } else { String::new() };
        text.push_str(&format!("     {verb}{}{late}\n", Shown(names.get(tier_of(target.tenant), version))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    fn version(folder: &str) -> multitenant_runtime::Version {
        multitenant_runtime::Version::of_folder(folder).unwrap()
    }

    fn target<'a>(tenant: Option<&'a str>, schema: &'a str, steps: &'a [Step]) -> PlannedTarget<'a> {
        PlannedTarget {
            tenant,
            schema: Some(schema),
            state: "behind",
            create_schema: false,
            pending: steps.iter().map(|step| step.version().as_str()).collect(),
            out_of_order: vec!["1"],
            steps,
            wave: tenant.map(|_| 1),
            refused: None,
        }
    }

    #[test]
    fn says_what_would_be_done_and_what_not() {
        let two = [Step::Apply(version("1")), Step::Apply(version("2"))];
        let document = PlanDocument::of(
            vec![
                target(None, "public", &[]),
                PlannedTarget { create_schema: true, ..target(Some("a"), "tenant_a", &two) },
                PlannedTarget { refused: Some("it is edited"), ..target(Some("b"), "tenant_b", &two[1..]) },
            ],
            Kind::Migrate,
        );
        insta::assert_snapshot!(plain(&document.text(&Names::default(), "; nothing was written")), @r#"
        tenant_a  create the schema, apply 2
            1  (older than what is applied)
            2
        tenant_b  refused: it is edited
        3 schemas: 1 to be migrated with 2 migrations, 1 refused; nothing was written
        "#);
        let outcomes: Vec<_> = document.foretold().iter().map(|target| target.outcome).collect();
        assert_eq!(outcomes, [Outcome::UpToDate, Outcome::Applied, Outcome::Skipped]);
    }

    #[test]
    fn a_large_fleet_is_shown_in_brief() {
        let steps = [Step::Revert(version("2"))];
        let targets = |n| (0..n).map(|_| target(Some("a"), "tenant_a", &steps)).collect();
        let text = PlanDocument::of(targets(300), Kind::Rollback).brief(&Names::default());
        assert_eq!(text.lines().count(), 42);
        assert!(text.ends_with(
            " … and 560 more lines, which --dry-run shows\n 300 schemas: 300 to be rolled back by 300 migrations"
        ));
        let text = PlanDocument::of(targets(20), Kind::Rollback).brief(&Names::default());
        assert_eq!(text.lines().count(), 41);
    }

    #[test]
    fn waves_and_ways_back_are_told() {
        let steps = [Step::Revert(version("2")), Step::Apply(version("2"))];
        let document = PlanDocument::of(
            vec![
                PlannedTarget { wave: Some(2), ..target(Some("a"), "tenant_a", &steps) },
                target(Some("b"), "tenant_b", &steps),
            ],
            Kind::Redo,
        );
        insta::assert_snapshot!(plain(&document.text(&Names::default(), "")), @r#"
        first the canaries: 1 tenant with something to do
        tenant_b  revert 1, apply 1
            revert 2
            apply 2
        then, if none of them fails, the others: 1 tenant with something to do
        tenant_a  revert 1, apply 1
            revert 2
            apply 2
        2 schemas: 2 to be rolled back by 2 migrations and migrated again
        "#);
        assert_eq!(document.question(), "Redo 2 migrations in 2 schemas?");
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!((&json["targets"][0]["wave"], &json["targets"][0]["steps"][0]["do"]), (&2.into(), &"revert".into()));
    }
}
