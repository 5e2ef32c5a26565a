//! What a run did: the result of `migrate`.

use std::collections::BTreeSet;
use std::time::Duration;

use multitenant_runtime::{Outcome, Report, TargetReport, UnusableTenant};
use serde::Serialize;

use crate::output::{BAD, GOOD, Shown, WARN, paint};

use super::failure::FailureView;
use super::names::{label, versions};
use super::{FORMAT, counted};

/// The result of a run.
#[derive(Debug, Serialize)]
pub(crate) struct MigrateDocument<'a> {
    format: u32,
    pub(crate) targets: Vec<TargetResult<'a>>,
    summary: Summary,
}

/// What a run did to one target.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetResult<'a> {
    pub(crate) tenant: Option<&'a str>,
    /// `null` where the tenant's id cannot become a schema's name.
    pub(crate) schema: Option<&'a str>,
    pub(crate) outcome: Outcome,
    pub(crate) applied: Vec<&'a str>,
    pub(crate) duration_ms: u64,
    pub(crate) failure: Option<FailureView<'a>>,
    /// Versions that this project does not have; for people only.
    #[serde(skip)]
    pub(crate) unknown: Vec<&'a str>,
}

#[derive(Debug, Default, Serialize)]
struct Summary {
    applied: usize,
    up_to_date: usize,
    failed: usize,
    skipped: usize,
    not_tried: usize,
    duration_ms: u64,
}

impl<'a> TargetResult<'a> {
    /// All targets of a report.
    pub(crate) fn all(report: &'a Report) -> Vec<Self> {
        report.targets.iter().map(Self::of).chain(report.unusable.iter().map(Self::unusable)).collect()
    }

    /// What a plan comes to if all goes well.
    pub(super) fn foretold(tenant: Option<&'a str>, schema: Option<&'a str>, outcome: Outcome) -> Self {
        Self { tenant, schema, outcome, applied: Vec::new(), duration_ms: 0, failure: None, unknown: Vec::new() }
    }

    fn of(target: &'a TargetReport) -> Self {
        Self {
            tenant: target.target.tenant().map(multitenant_runtime::TenantId::as_str),
            schema: Some(target.target.schema().as_str()),
            outcome: target.outcome,
            applied: versions(&target.applied),
            duration_ms: millis(target.duration),
            failure: target.failure.as_ref().map(FailureView::from),
            unknown: versions(&target.unknown),
        }
    }

    fn unusable(tenant: &'a UnusableTenant) -> Self {
        let failure = Some(FailureView::from(&tenant.failure));
        Self { failure, ..Self::foretold(Some(&tenant.tenant), tenant.schema.as_deref(), Outcome::Failed) }
    }
}

impl<'a> MigrateDocument<'a> {
    /// The document of a report.
    pub(crate) fn new(report: &'a Report) -> Self {
        Self::of(TargetResult::all(report), report.duration)
    }

    fn of(targets: Vec<TargetResult<'a>>, duration: Duration) -> Self {
        let count = |outcome| targets.iter().filter(|target| target.outcome == outcome).count();
        let summary = Summary {
            applied: count(Outcome::Applied),
            up_to_date: count(Outcome::UpToDate),
            failed: count(Outcome::Failed),
            skipped: count(Outcome::Skipped),
            not_tried: count(Outcome::NotTried),
            duration_ms: millis(duration),
        };
        Self { format: FORMAT, targets, summary }
    }

    /// One line for each target that was not up to date, with its failure below, then the counts.
    pub(crate) fn text(&self) -> String {
        // What went wrong stands last, where it is seen.
        let told = [Outcome::Applied, Outcome::Skipped, Outcome::Failed]
            .into_iter()
            .flat_map(|outcome| self.targets.iter().filter(move |target| target.outcome == outcome));
        let mut text: String = told.map(target_text).collect();
        text.push_str(&self.ahead());
        let summary = &self.summary;
        let counts = [
            (summary.applied, "migrated"),
            (summary.up_to_date, "up to date"),
            (summary.failed, "failed"),
            (summary.skipped, "skipped"),
            (summary.not_tried, "not tried"),
        ];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        let schemas = counted(self.targets.len(), "schema", "schemas");
        let what = if counts.is_empty() { "nothing to do".to_owned() } else { counts.join(", ") };
        text.push_str(&format!(" {schemas}: {what} ({})\n", seconds(summary.duration_ms)));
        text
    }
}

impl MigrateDocument<'_> {
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

fn target_text(target: &TargetResult<'_>) -> String {
    let applied = match target.applied.as_slice() {
        [] => String::new(),
        [one] => format!("applied {one}"),
        [first, .., last] => format!("applied {}: {first} to {last}", target.applied.len()),
    };
    let (style, word) = match target.outcome {
        Outcome::Failed => (BAD, "failed"),
        Outcome::Skipped => (WARN, "skipped"),
        _ => (GOOD, ""),
    };
    let headline = target.failure.as_ref().map(FailureView::headline).unwrap_or_default();
    let parts: Vec<String> = match word {
        "" => vec![paint(style, applied)],
        word if applied.is_empty() => vec![format!("{}: {headline}", paint(style, word))],
        word => vec![format!("{applied}, then {}: {headline}", paint(style, word))],
    };
    let mut text =
        format!(" {}  {}\n", Shown(&label(target.tenant, target.schema)), parts.join(" ").replace('\n', "\n     "));
    for line in target.failure.iter().flat_map(FailureView::lines) {
        text.push_str(&format!("     {line}\n"));
    }
    text
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A duration with as many digits as anybody reads.
fn seconds(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min {} s", millis / 60_000, millis % 60_000 / 1_000),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::output::plain;

    fn example() -> MigrateDocument<'static> {
        let target = |tenant, schema, outcome, applied: &[&'static str], failure| TargetResult {
            tenant,
            schema,
            outcome,
            applied: applied.to_vec(),
            duration_ms: 12,
            failure,
            unknown: Vec::new(),
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
        MigrateDocument::of(
            vec![
                target(None, Some("public"), Outcome::UpToDate, &[], None),
                target(Some("a"), Some("tenant_a"), Outcome::Applied, &["1"], None),
                target(Some("b"), Some("tenant_b"), Outcome::Failed, &["1", "2"], Some(failure)),
                target(Some("c\u{1b}[2J"), Some("tenant_c\u{1b}[2J"), Outcome::Skipped, &[], Some(held)),
                target(Some("d"), Some("tenant_d"), Outcome::NotTried, &[], None),
            ],
            Duration::from_millis(61_234),
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
        assert_snapshot!(MigrateDocument::of(Vec::new(), Duration::ZERO).text(), @r#" 0 schemas: nothing to do (0 ms)"#);
    }

    #[test]
    fn programs_find_every_field() {
        let json = serde_json::to_value(example()).unwrap();
        assert_eq!(
            json["targets"][2],
            serde_json::json!({
                "tenant": "b", "schema": "tenant_b", "outcome": "failed", "applied": ["1", "2"], "duration_ms": 12,
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
                "applied": 1, "up_to_date": 1, "failed": 1, "skipped": 1, "not_tried": 1, "duration_ms": 61_234,
            })
        );
        assert_eq!(json["format"], 1);
    }
}
