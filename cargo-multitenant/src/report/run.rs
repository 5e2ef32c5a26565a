//! What a run did: the result of `migrate`, `rollback`, `redo` and `repair`.

use std::collections::BTreeSet;
use std::time::Duration;

use multitenant_runtime::{Outcome, Report, Step, Stop, TargetReport, UnusableTenant};
use serde::Serialize;

use crate::output::{BAD, GOOD, Shown, WARN, counted, paint};

use super::failure::FailureView;
use super::kind::{Kind, participle};
use super::names::{label, versions};
use super::{FORMAT, seconds};

/// The result of a run.
#[derive(Debug, Serialize)]
pub(crate) struct RunDocument<'a> {
    format: u32,
    pub(crate) targets: Vec<TargetResult<'a>>,
    summary: Summary,
    /// Why no further target was begun; `null` where the run came to its end.
    stopped: Option<Stop>,
    #[serde(skip)]
    kind: Kind,
}

/// What a run did to one target.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetResult<'a> {
    pub(crate) tenant: Option<&'a str>,
    /// `null` where the tenant's id cannot become a schema's name.
    pub(crate) schema: Option<&'a str>,
    pub(crate) outcome: Outcome,
    /// What was reverted, newest first; only of operations that do that, as with the two that follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reverted: Option<Vec<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) applied: Option<Vec<&'a str>>,
    /// What was changed in the history alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) recorded: Option<&'a [Step]>,
    /// The seeds that a tenant was created with; of creations only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seeded: Option<Vec<&'a str>>,
    /// Seeds that were done here with another text than they have now; of seeds only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) edited: Option<Vec<&'a str>>,
    pub(crate) duration_ms: u64,
    pub(crate) failure: Option<FailureView<'a>>,
    /// Versions that this project does not have; for people only.
    #[serde(skip)]
    pub(crate) unknown: Vec<&'a str>,
}

#[derive(Debug, Default, Serialize)]
struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    reverted: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recorded: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answered: Option<usize>,
    up_to_date: usize,
    failed: usize,
    skipped: usize,
    not_tried: usize,
    duration_ms: u64,
}

impl<'a> TargetResult<'a> {
    /// All targets of a report.
    pub(crate) fn all(report: &'a Report, kind: Kind) -> Vec<Self> {
        let targets = report.targets.iter().map(|target| Self::of(target, kind));
        targets.chain(report.unusable.iter().map(|tenant| Self::unusable(tenant, kind))).collect()
    }

    /// What a plan comes to if all goes well.
    pub(crate) fn foretold(tenant: Option<&'a str>, schema: Option<&'a str>, outcome: Outcome) -> Self {
        Self {
            tenant,
            schema,
            outcome,
            reverted: None,
            applied: None,
            recorded: None,
            seeded: None,
            edited: None,
            duration_ms: 0,
            failure: None,
            unknown: Vec::new(),
        }
    }

    fn of(target: &'a TargetReport, kind: Kind) -> Self {
        Self {
            tenant: target.target.tenant().map(multitenant_runtime::TenantId::as_str),
            schema: Some(target.target.schema().as_str()),
            outcome: target.outcome,
            reverted: kind.reverts().then(|| versions(&target.reverted)),
            applied: kind.applies().then(|| versions(&target.applied)),
            recorded: kind.records().then_some(&target.recorded),
            seeded: (kind == Kind::Create).then(|| versions(&target.seeded)),
            edited: (kind == Kind::Seed).then(|| versions(&target.edited)),
            duration_ms: millis(target.duration),
            failure: target.failure.as_ref().map(FailureView::from),
            unknown: versions(&target.unknown),
        }
    }

    fn unusable(tenant: &'a UnusableTenant, kind: Kind) -> Self {
        Self {
            reverted: kind.reverts().then(Vec::new),
            applied: kind.applies().then(Vec::new),
            recorded: kind.records().then_some(&[]),
            seeded: (kind == Kind::Create).then(Vec::new),
            edited: (kind == Kind::Seed).then(Vec::new),
            failure: Some(FailureView::from(&tenant.failure)),
            ..Self::foretold(Some(&tenant.tenant), tenant.schema.as_deref(), Outcome::Failed)
        }
    }

    /// What was done, in the order in which an operation does it: `reverted 2: 2 to 1`.
    fn done(&self) -> String {
        let span = |what: &str, versions: &[&str]| match versions {
            [] => None,
            [one] => Some(format!("{what} {one}")),
            [first, .., last] => Some(format!("{what} {}: {first} to {last}", versions.len())),
        };
        let reverted = span("reverted", self.reverted.as_deref().unwrap_or_default());
        let word = if self.edited.is_some() { "seeded" } else { "applied" };
        let applied = span(word, self.applied.as_deref().unwrap_or_default());
        let recorded = self.recorded.unwrap_or_default();
        // Steps of one kind stand together.
        let recorded = recorded.chunk_by(|a, b| participle(a) == participle(b)).map(|steps| {
            let versions: Vec<&str> = steps.iter().map(|step| step.version().as_str()).collect();
            span(steps.first().map_or("", participle), &versions)
        });
        let seeded = span("seeded", self.seeded.as_deref().unwrap_or_default());
        let parts = [reverted, applied].into_iter().chain(recorded).chain([seeded]);
        let parts: Vec<String> = parts.flatten().collect();
        parts.join(", ")
    }
}

impl<'a> RunDocument<'a> {
    /// The document of a report.
    pub(crate) fn new(report: &'a Report, kind: Kind) -> Self {
        Self { stopped: report.stopped, ..Self::of(TargetResult::all(report, kind), report.duration, kind) }
    }

    fn of(targets: Vec<TargetResult<'a>>, duration: Duration, kind: Kind) -> Self {
        let count = |outcome| targets.iter().filter(|target| target.outcome == outcome).count();
        let summary = Summary {
            reverted: kind.reverts().then(|| count(Outcome::Reverted)),
            applied: kind.applies().then(|| count(Outcome::Applied)),
            recorded: kind.records().then(|| count(Outcome::Recorded)),
            answered: (kind == Kind::Ask).then(|| count(Outcome::Answered)),
            up_to_date: count(Outcome::UpToDate),
            failed: count(Outcome::Failed),
            skipped: count(Outcome::Skipped),
            not_tried: count(Outcome::NotTried),
            duration_ms: millis(duration),
        };
        Self { format: FORMAT, targets, summary, stopped: None, kind }
    }

    /// One line for each target that was not up to date, with its failure below, then the counts.
    pub(crate) fn text(&self) -> String {
        // What went wrong stands last, where it is seen.
        let told = [Outcome::Reverted, Outcome::Applied, Outcome::Recorded, Outcome::Skipped, Outcome::Failed]
            .into_iter()
            .flat_map(|outcome| self.targets.iter().filter(move |target| target.outcome == outcome));
        let mut text: String = told.map(|target| target_text(target, self.kind)).collect();
        text.push_str(&self.ahead());
        let summary = &self.summary;
        text.push_str(&self.edited());
        let again = match self.kind {
            Kind::Redo => "redone",
            Kind::Create => "created",
            Kind::Seed => "seeded",
            _ => "migrated",
        };
        let counts = [
            (summary.reverted.unwrap_or_default(), "rolled back"),
            (summary.applied.unwrap_or_default(), again),
            (summary.recorded.unwrap_or_default(), if self.kind == Kind::Repair { "repaired" } else { "recorded" }),
            (summary.answered.unwrap_or_default(), "answered"),
            (summary.up_to_date, "up to date"),
            (summary.failed, "failed"),
            (summary.skipped, "skipped"),
            (summary.not_tried, "not tried"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let schemas = counted(self.targets.len(), "schema", "schemas");
        let what = if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") };
        let stopped = self.stopped.map_or(String::new(), |stop| format!("; stopped: {}", paint(WARN, stop)));
        text.push_str(&format!(" {schemas}: {what} ({}){stopped}\n", seconds(summary.duration_ms)));
        text
    }
}

impl RunDocument<'_> {
    /// Seeds that were not done again, and may be meant to be.
    fn edited(&self) -> String {
        let edited = |target: &&TargetResult<'_>| target.edited.as_ref().is_some_and(|seeds| !seeds.is_empty());
        let targets: Vec<_> = self.targets.iter().filter(edited).collect();
        let seeds: BTreeSet<_> = targets.iter().flat_map(|target| target.edited.iter().flatten()).collect();
        let Some(first) = targets.first() else { return String::new() };
        let more = if targets.len() > 1 { format!(" and {} more", targets.len() - 1) } else { String::new() };
        let names = seeds.iter().map(|name| Shown(name).to_string()).collect::<Vec<_>>().join(", ");
        format!(
            " {}{more}  {}: done with another text than now, and not done again: {names}\n",
            Shown(&label(first.tenant, first.schema)),
            paint(WARN, "edited"),
        )
    }

    /// What newer releases have left in the schemas: all is well, and it should be known.
    fn ahead(&self) -> String {
        let ahead: Vec<_> = self.targets.iter().filter(|target| !target.unknown.is_empty()).collect();
        let versions: BTreeSet<_> = ahead.iter().flat_map(|target| &target.unknown).collect();
        let (Some(first), Some(newest)) = (ahead.first(), versions.last()) else { return String::new() };
        let more = if ahead.len() > 1 { format!(" and {} more", ahead.len() - 1) } else { String::new() };
        let versions = counted(versions.len(), "migration", "migrations");
        format!(
            " {}{more}  {}: {versions} that this project does not have, up to {}\n",
            Shown(&label(first.tenant, first.schema)),
            paint(WARN, "ahead"),
            Shown(newest)
        )
    }
}

fn target_text(target: &TargetResult<'_>, kind: Kind) -> String {
    let done = match target.done() {
        done if kind != Kind::Create || target.outcome != Outcome::Applied => done,
        done if done.is_empty() => "created, nothing applied".to_owned(),
        done => format!("created, {done}"),
    };
    let (style, word) = match target.outcome {
        Outcome::Failed => (BAD, "failed"),
        Outcome::Skipped => (WARN, "skipped"),
        _ => (GOOD, ""),
    };
    let headline = target.failure.as_ref().map(FailureView::headline).unwrap_or_default();
    let parts: Vec<String> = match word {
        "" => vec![paint(style, done)],
        word if done.is_empty() => vec![format!("{}: {headline}", paint(style, word))],
        word => vec![format!("{done}, then {}: {headline}", paint(style, word))],
    };
    let mut text =
        format!(" {}  {}\n", Shown(&label(target.tenant, target.schema)), parts.join(" ").replace('\n', "\n     "));
    for line in target.failure.iter().flat_map(FailureView::lines) {
        text.push_str(&format!("     {line}\n"));
    }
    text
}

pub(in crate::report) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::output::plain;

    fn example() -> RunDocument<'static> {
        let target = |tenant, schema, outcome, applied: &[&'static str], failure| TargetResult {
            applied: Some(applied.to_vec()),
            recorded: Some(&[]),
            duration_ms: 12,
            failure,
            ..TargetResult::foretold(tenant, schema, outcome)
        };
        let failure = FailureView {
            sqlstate: Some("42P07"),
            migration: Some("3"),
            file: Some("migrations/tenant/3_orders/up.sql"),
            line: Some(3),
            column: Some(14),
            message: "relation \"orders\" already exists",
            detail: Some("first line\nsecond line"),
            hint: Some("drop it"),
            ..FailureView::EMPTY
        };
        let held =
            FailureView { class: multitenant_runtime::FailureClass::Held, message: "held", ..FailureView::EMPTY };
        RunDocument::of(
            vec![
                target(None, Some("public"), Outcome::UpToDate, &[], None),
                target(Some("a"), Some("tenant_a"), Outcome::Applied, &["1"], None),
                target(Some("b"), Some("tenant_b"), Outcome::Failed, &["1", "2"], Some(failure)),
                target(Some("c\u{1b}[2J"), Some("tenant_c\u{1b}[2J"), Outcome::Skipped, &[], Some(held)),
                target(Some("d"), Some("tenant_d"), Outcome::NotTried, &[], None),
            ],
            Duration::from_millis(61_234),
            Kind::Migrate,
        )
    }

    #[test]
    fn people_read_what_happened_and_where() {
        assert_snapshot!(plain(&example().text()), @r#"
        tenant_a  applied 1
        tenant_c\u{1b}[2J  skipped: held
        tenant_b  applied 2: 1 to 2, then failed: 42P07 relation "orders" already exists
            --> migrations/tenant/3_orders/up.sql:3:14
            detail: first line
            second line
            hint: drop it
        5 schemas: 1 migrated, 1 up to date, 1 failed, 1 skipped, 1 not tried (1 min 1 s)
        "#);
        assert_snapshot!(RunDocument::of(Vec::new(), Duration::ZERO, Kind::Migrate).text(), @r#" 0 schemas: nothing to do (0 ms)"#);
    }

    #[test]
    fn programs_find_every_field() {
        let json = serde_json::to_value(example()).unwrap();
        assert_eq!(
            json["targets"][2],
            serde_json::json!({
                "tenant": "b", "schema": "tenant_b", "outcome": "failed", "applied": ["1", "2"], "recorded": [],
                "duration_ms": 12,
                "failure": {
                    "class": "permanent", "sqlstate": "42P07", "migration": "3",
                    "file": "migrations/tenant/3_orders/up.sql", "line": 3, "column": 14,
                    "message": "relation \"orders\" already exists", "detail": "first line\nsecond line", "hint": "drop it",
                },
            })
        );
        assert_eq!(json["targets"][0]["failure"], serde_json::Value::Null);
        assert_eq!(json["targets"][3]["tenant"], "c\u{1b}[2J");
        assert_eq!(
            json["summary"],
            serde_json::json!({
                "applied": 1, "recorded": 0, "up_to_date": 1, "failed": 1, "skipped": 1, "not_tried": 1, "duration_ms": 61_234,
            })
        );
        assert_eq!(json["format"], 1);
        assert_eq!(json["stopped"], serde_json::Value::Null);
    }

    #[test]
    fn each_operation_tells_what_it_does() {
        let version = |folder| multitenant_runtime::Version::of_folder(folder).unwrap();
        let steps = [Step::Forget(version("9")), Step::Mark(version("1")), Step::Mark(version("2"))];
        let of = |outcome| TargetResult::foretold(Some("a"), Some("tenant_a"), outcome);
        let back = TargetResult { reverted: Some(vec!["2", "1"]), ..of(Outcome::Reverted) };
        let again = TargetResult { applied: Some(vec!["1", "2"]), ..back.clone() };
        let repaired = TargetResult { recorded: Some(&steps), ..of(Outcome::Recorded) };
        for (kind, target, text) in [
            (Kind::Rollback, back, "tenant_a  reverted 2: 2 to 1\n 1 schema: 1 rolled back (0 ms)\n"),
            (
                Kind::Redo,
                TargetResult { outcome: Outcome::Applied, ..again },
                "tenant_a  reverted 2: 2 to 1, applied 2: 1 to 2\n 1 schema: 1 redone (0 ms)\n",
            ),
            (Kind::Repair, repaired, "tenant_a  forgot 9, recorded 2: 1 to 2\n 1 schema: 1 repaired (0 ms)\n"),
        ] {
            let document = RunDocument::of(vec![target], Duration::ZERO, kind);
            assert_eq!(plain(&document.text()), format!(" {text}"));
            let summary = serde_json::to_value(&document).unwrap()["summary"].clone();
            assert_eq!(summary.get("reverted").is_some(), kind.reverts(), "{summary}");
        }
    }

    #[test]
    fn why_a_run_stopped_is_told() {
        let document = RunDocument { stopped: Some(Stop::Canary { failed: 1 }), ..example() };
        let text = plain(&document.text());
        assert!(text.ends_with("1 not tried (1 min 1 s); stopped: 1 of the canaries failed\n"), "{text}");
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["stopped"], serde_json::json!({ "reason": "canary", "failed": 1 }));
    }
}
