//! How the targets stand: the result of `status`.

use multitenant_runtime::{Plan, State, TargetPlan, UnusableTenant};
use serde::Serialize;

use crate::output::{Align, BAD, Cell, GOOD, Table, WARN, counted, paint};

use super::FORMAT;
use super::failure::FailureView;
use super::names::{Names, label, tier_of, versions};

/// How the targets stand.
#[derive(Debug, Serialize)]
pub(crate) struct StatusDocument<'a> {
    format: u32,
    shared: Option<TargetStatus<'a>>,
    tenants: Vec<TargetStatus<'a>>,
    summary: Summary,
}

/// How one target stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct TargetStatus<'a> {
    pub(crate) tenant: Option<&'a str>,
    /// `null` where the tenant's id cannot become a schema's name.
    pub(crate) schema: Option<&'a str>,
    pub(crate) state: &'static str,
    pub(crate) applied: Vec<&'a str>,
    pub(crate) pending: Vec<&'a str>,
    pub(crate) unknown: Vec<&'a str>,
    pub(crate) edited: Vec<&'a str>,
    /// Those of `pending` that sort before one that is applied.
    pub(crate) out_of_order: Vec<&'a str>,
    pub(crate) last_failure: Option<FailureView<'a>>,
    /// Whether the state table's row says something else than the history.
    state_row_is_stale: bool,
    /// Why a run would leave it alone; for people only.
    #[serde(skip)]
    pub(crate) refused: Option<&'a str>,
}

/// The tenants' counts.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Summary {
    tenants: usize,
    up_to_date: usize,
    behind: usize,
    ahead: usize,
    edited: usize,
    failed: usize,
    missing: usize,
}

impl<'a> TargetStatus<'a> {
    fn of(plan: &'a TargetPlan) -> Self {
        Self {
            tenant: plan.target.tenant().map(multitenant_runtime::TenantId::as_str),
            schema: Some(plan.target.schema().as_str()),
            state: state_of(plan),
            applied: versions(&plan.applied),
            pending: versions(&plan.pending),
            unknown: versions(&plan.unknown),
            edited: versions(&plan.edited),
            out_of_order: versions(&plan.out_of_order),
            last_failure: plan.last_failure.as_ref().map(FailureView::from),
            state_row_is_stale: plan.state_row_is_stale(),
            refused: plan.refused.as_deref(),
        }
    }

    fn unusable(tenant: &'a UnusableTenant) -> Self {
        Self {
            tenant: Some(&tenant.tenant),
            schema: tenant.schema.as_deref(),
            state: FAILED,
            applied: Vec::new(),
            pending: Vec::new(),
            unknown: Vec::new(),
            edited: Vec::new(),
            out_of_order: Vec::new(),
            last_failure: Some(FailureView::from(&tenant.failure)),
            state_row_is_stale: false,
            refused: Some(&tenant.failure.message),
        }
    }

    /// What stands behind the state: the versions that it is about.
    pub(crate) fn detail(&self, names: &Names) -> String {
        let tier = tier_of(self.tenant);
        let list = |versions: &[&str]| match versions {
            [] => String::new(),
            [one] => names.get(tier, one).to_owned(),
            [first, rest @ ..] => format!("{} and {} more", names.get(tier, first), rest.len()),
        };
        let main = match self.state {
            "missing" => return "the schema does not exist".to_owned(),
            "edited" => list(&self.edited),
            "behind" => list(&self.pending),
            FAILED => self.last_failure.as_ref().map(|failure| failure.brief(tier, names)).unwrap_or_default(),
            // Below.
            "ahead" => String::new(),
            _ => self.refused.unwrap_or_default().to_owned(),
        };
        let more = [("older than what is applied", &self.out_of_order), ("not in this project", &self.unknown)];
        let more = more.into_iter().filter(|(_, versions)| !versions.is_empty());
        let more = more.map(|(what, versions)| format!("{what}: {}", list(versions)));
        let stale = self.state_row_is_stale.then(|| "its row in the state table is stale".to_owned());
        [main].into_iter().filter(|main| !main.is_empty()).chain(more).chain(stale).collect::<Vec<_>>().join("; ")
    }
}

impl<'a> StatusDocument<'a> {
    /// The document of a plan; where `pending_only`, without the targets that have nothing pending.
    pub(crate) fn new(plan: &'a Plan, pending_only: bool) -> Self {
        let shared = plan.shared.as_ref().map(TargetStatus::of);
        let unusable = plan.unusable.iter().map(TargetStatus::unusable);
        let tenants = plan.tenants.iter().map(TargetStatus::of).chain(unusable).collect();
        Self::of(shared, tenants, pending_only)
    }

    fn of(shared: Option<TargetStatus<'a>>, tenants: Vec<TargetStatus<'a>>, pending_only: bool) -> Self {
        let count = |state| tenants.iter().filter(|tenant| tenant.state == state).count();
        let summary = Summary {
            tenants: tenants.len(),
            up_to_date: count("up-to-date"),
            behind: count("behind"),
            ahead: count("ahead"),
            edited: count("edited"),
            failed: count(FAILED),
            missing: count("missing"),
        };
        let shown = |target: &TargetStatus<'_>| !pending_only || !target.pending.is_empty();
        let tenants = tenants.into_iter().filter(shown).collect();
        Self { format: FORMAT, shared: shared.filter(shown), tenants, summary }
    }

    /// The shared schema, where there are shared migrations.
    #[cfg(feature = "tui")]
    pub(crate) fn shared(&self) -> Option<&TargetStatus<'a>> {
        self.shared.as_ref()
    }

    /// The tenants.
    #[cfg(feature = "tui")]
    pub(crate) fn tenants(&self) -> &[TargetStatus<'a>] {
        &self.tenants
    }

    /// How many tenants stand in which way.
    #[cfg(feature = "tui")]
    pub(crate) fn counts(&self) -> String {
        self.summary.text()
    }

    /// A table, then the counts.
    pub(crate) fn text(&self, names: &Names) -> String {
        let mut table = Table::new([
            ("schema", Align::Left),
            ("applied", Align::Right),
            ("pending", Align::Right),
            ("state", Align::Left),
            ("", Align::Left),
        ]);
        for target in self.shared.iter().chain(&self.tenants) {
            let style = match target.state {
                "up-to-date" => GOOD,
                "behind" | "ahead" => WARN,
                _ => BAD,
            };
            table.row([
                Cell::new(label(target.tenant, target.schema)),
                Cell::new(target.applied.len().to_string()),
                Cell::new(target.pending.len().to_string()),
                Cell::new(in_words(target.state)).style(style),
                Cell::new(target.detail(names)),
            ]);
        }
        let empty = self.shared.is_none() && self.tenants.is_empty();
        let table = if empty { String::new() } else { table.render() };
        format!("{table} {}\n", self.summary.text())
    }
}

impl Summary {
    fn text(&self) -> String {
        if self.tenants == 0 {
            return "no tenants".to_owned();
        }
        let counts = [
            (self.up_to_date, "up to date", GOOD),
            (self.behind, "behind", WARN),
            (self.ahead, "ahead", WARN),
            (self.edited, "edited", BAD),
            (self.failed, "failed", BAD),
            (self.missing, "missing", BAD),
        ];
        let counts = counts.iter().filter(|(count, ..)| *count > 0);
        let counts: Vec<String> = counts.map(|(count, what, style)| paint(*style, format!("{count} {what}"))).collect();
        format!("{}: {}", counted(self.tenants, "tenant", "tenants"), counts.join(", "))
    }
}

/// The state of a target whose last run failed, and that is still not as this project wants it.
pub(super) const FAILED: &str = "failed";

/// Whether anything is not as this project wants it, which is what `--check` is about: whether `migrate` would have
/// something to do, or to refuse.
pub(crate) fn anything_to_do(plan: &Plan) -> bool {
    let is_to_do =
        |target: &TargetPlan| !target.pending.is_empty() || target.refused.is_some() || target.state == State::Missing;
    !plan.unusable.is_empty() || plan.targets().any(is_to_do)
}

/// Whether the last failure is what there is to say about a target: by hand it may have been brought up to date since.
fn has_failed(plan: &TargetPlan) -> bool {
    plan.last_failure.is_some() && matches!(plan.state, State::Behind | State::Unreadable)
}

/// The state of a target as JSON has it.
pub(super) fn state_of(plan: &TargetPlan) -> &'static str {
    if has_failed(plan) { FAILED } else { word(plan.state) }
}

/// The state as JSON has it.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::UpToDate => "up-to-date",
        State::Behind => "behind",
        State::Edited => "edited",
        State::Missing => "missing",
        State::Unreadable => FAILED,
        // Versions that this project does not know, newer than its own or not.
        _ => "ahead",
    }
}

/// The state as people read it.
pub(crate) fn in_words(state: &str) -> String {
    state.replace('-', " ")
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;
    use crate::output::plain;

    fn target<'a>(tenant: Option<&'a str>, schema: &'a str, state: &'static str) -> TargetStatus<'a> {
        TargetStatus {
            tenant,
            schema: Some(schema),
            state,
            applied: vec!["1", "2"],
            pending: Vec::new(),
            unknown: Vec::new(),
            edited: Vec::new(),
            out_of_order: Vec::new(),
            last_failure: None,
            state_row_is_stale: false,
            refused: None,
        }
    }

    fn example(pending_only: bool) -> StatusDocument<'static> {
        let behind = TargetStatus {
            pending: vec!["3", "4"],
            out_of_order: vec!["3"],
            state_row_is_stale: true,
            ..target(Some("b"), "tenant_b", "behind")
        };
        let ahead = TargetStatus { unknown: vec!["9"], ..target(Some("é"), "tenant_é", "ahead") };
        let edited = TargetStatus { edited: vec!["2"], ..target(Some("x"), "tenant_\u{1b}[31m\"", "edited") };
        let missing = TargetStatus { pending: vec!["1"], applied: vec![], ..target(Some("m"), "tenant_m", "missing") };
        let failure = FailureView {
            sqlstate: Some("42P07"),
            migration: Some("2"),
            message: "relation \"orders\" already exists\nsecond line",
            ..FailureView::EMPTY
        };
        let failed = TargetStatus {
            applied: vec!["1"],
            pending: vec!["2"],
            last_failure: Some(failure),
            ..target(Some("f"), "tenant_f", FAILED)
        };
        let last_failure = Some(FailureView { message: "the name is empty", ..FailureView::EMPTY });
        let unusable = TargetStatus { schema: None, applied: vec![], last_failure, ..target(Some(""), "", FAILED) };
        let up = target(Some("a"), "tenant_a", "up-to-date");
        let tenants = vec![up, behind, ahead, edited, missing, failed, unusable];
        StatusDocument::of(Some(target(None, "public", "up-to-date")), tenants, pending_only)
    }

    #[test]
    fn people_read_a_table() {
        assert_snapshot!(plain(&example(false).text(&Names::default())), @r#"
        schema              applied  pending  state
        public                    2        0  up to date
        tenant_a                  2        0  up to date
        tenant_b                  2        2  behind      3 and 1 more; older than what is applied: 3; its row in the state table is stale
        tenant_é                  2        0  ahead       not in this project: 9
        tenant_\u{1b}[31m"        2        0  edited      2
        tenant_m                  0        1  missing     the schema does not exist
        tenant_f                  1        1  failed      42P07 relation "orders" already exists (2)
        tenant ""                 0        0  failed      the name is empty
        7 tenants: 1 up to date, 1 behind, 1 ahead, 1 edited, 2 failed, 1 missing
        "#);
        assert_snapshot!(plain(&example(true).text(&Names::default())), @r#"
        schema    applied  pending  state
        tenant_b        2        2  behind   3 and 1 more; older than what is applied: 3; its row in the state table is stale
        tenant_m        0        1  missing  the schema does not exist
        tenant_f        1        1  failed   42P07 relation "orders" already exists (2)
        7 tenants: 1 up to date, 1 behind, 1 ahead, 1 edited, 2 failed, 1 missing
        "#);
        assert_snapshot!(StatusDocument::of(None, Vec::new(), false).text(&Names::default()), @r#" no tenants"#);
    }

    #[test]
    fn programs_find_every_field() {
        let json = serde_json::to_value(example(true)).unwrap();
        assert_eq!(json["shared"], serde_json::Value::Null);
        assert_eq!(
            json["tenants"][0],
            json!({
                "tenant": "b", "schema": "tenant_b", "state": "behind", "applied": ["1", "2"],
                "pending": ["3", "4"], "unknown": [], "edited": [], "out_of_order": ["3"], "last_failure": null,
                "state_row_is_stale": true,
            })
        );
        assert_eq!(
            json["summary"],
            json!({
                "tenants": 7, "up_to_date": 1, "behind": 1, "ahead": 1, "edited": 1, "failed": 2, "missing": 1,
            })
        );
    }
}
