//! Where histories and migrations disagree: the result of `repair` when it is only to look.

use multitenant_runtime::{Plan, TargetPlan, UnusableTenant};
use serde::Serialize;

use crate::output::{BAD, Shown, WARN, counted, paint, shown_lines};

use super::FORMAT;
use super::names::{Names, label, tier_of, versions};

/// Where histories and migrations disagree.
#[derive(Debug, Serialize)]
pub(crate) struct FindingsDocument<'a> {
    format: u32,
    targets: Vec<Disagreement<'a>>,
    summary: Summary,
}

/// How one history disagrees.
#[derive(Debug, Serialize)]
struct Disagreement<'a> {
    tenant: Option<&'a str>,
    schema: Option<&'a str>,
    /// Versions that it lacks, and that sort before one that it holds.
    missing: Vec<&'a str>,
    /// Versions that the project does not have.
    unknown: Vec<&'a str>,
    /// Migrations that were edited since they were applied.
    edited: Vec<&'a str>,
    /// Why nothing can be said or done about it.
    refused: Option<&'a str>,
}

/// In how many schemas there is something of the kind.
#[derive(Debug, Serialize)]
struct Summary {
    targets: usize,
    missing: usize,
    unknown: usize,
    edited: usize,
    refused: usize,
}

impl<'a> FindingsDocument<'a> {
    /// The document of a plan.
    pub(crate) fn new(plan: &'a Plan) -> Self {
        Self::of(plan.targets().map(disagreement).chain(plan.unusable.iter().map(unusable)).collect())
    }

    fn of(targets: Vec<Disagreement<'a>>) -> Self {
        let count = |wanted: fn(&Disagreement<'_>) -> bool| targets.iter().filter(|target| wanted(target)).count();
        let summary = Summary {
            targets: targets.len(),
            missing: count(|target| !target.missing.is_empty()),
            unknown: count(|target| !target.unknown.is_empty()),
            edited: count(|target| !target.edited.is_empty()),
            refused: count(|target| target.refused.is_some()),
        };
        Self { format: FORMAT, targets, summary }
    }

    /// Whether everything agrees.
    pub(crate) fn is_empty(&self) -> bool {
        let Summary { missing, unknown, edited, refused, .. } = self.summary;
        missing + unknown + edited + refused == 0
    }

    /// A line for each disagreement, then what each flag would do about it.
    pub(crate) fn text(&self, names: &Names) -> String {
        let mut text: String = self.targets.iter().map(|target| target.text(names)).collect();
        let schemas = counted(self.summary.targets, "schema", "schemas");
        if self.is_empty() {
            return format!("{text} {schemas}: nothing to repair\n");
        }
        let concerned = self.targets.iter().filter(|target| !target.is_empty()).count();
        text.push_str(&format!(" {schemas}: {concerned} with something to repair\n"));
        let Summary { missing, unknown, edited, .. } = self.summary;
        let flags = [
            (missing, "--mark-missing", "would record what is missing as applied; else `migrate` applies it"),
            (unknown, "--forget-unknown", "would remove the records; see first that no newer release is in use"),
            (edited, "--accept-edited", "would take the files as they are now for what was applied"),
        ];
        for (schemas, flag, what) in flags.into_iter().filter(|(schemas, ..)| *schemas > 0) {
            text.push_str(&format!("   {flag:16}  {what} ({})\n", counted(schemas, "schema", "schemas")));
        }
        text
    }
}

impl Disagreement<'_> {
    fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unknown.is_empty() && self.edited.is_empty() && self.refused.is_none()
    }

    fn text(&self, names: &Names) -> String {
        let schema = label(self.tenant, self.schema);
        let line = |what: String| format!(" {}  {what}\n", Shown(&schema));
        let list = |word: &str, versions: &[&str]| {
            let names: Vec<&str> = versions.iter().map(|version| names.get(tier_of(self.tenant), version)).collect();
            let found = !versions.is_empty();
            found.then(|| line(format!("{}: {}", paint(WARN, word), Shown(&names.join(", ")))))
        };
        let refused = self.refused.map(|why| line(format!("{}: {}", paint(BAD, "refused"), shown_lines(why))));
        [list("missing", &self.missing), list("unknown", &self.unknown), list("edited", &self.edited), refused]
            .into_iter()
            .flatten()
            .collect()
    }
}

fn disagreement(plan: &TargetPlan) -> Disagreement<'_> {
    Disagreement {
        tenant: plan.target.tenant().map(multitenant_runtime::TenantId::as_str),
        schema: Some(plan.target.schema().as_str()),
        missing: versions(&plan.out_of_order),
        unknown: versions(&plan.unknown),
        edited: versions(&plan.edited),
        refused: plan.refused.as_deref(),
    }
}

fn unusable(tenant: &UnusableTenant) -> Disagreement<'_> {
    Disagreement {
        tenant: Some(&tenant.tenant),
        schema: tenant.schema.as_deref(),
        missing: Vec::new(),
        unknown: Vec::new(),
        edited: Vec::new(),
        refused: Some(&tenant.failure.message),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plain;

    #[test]
    fn says_what_disagrees_and_what_to_do() {
        let target = |tenant, schema| Disagreement {
            tenant,
            schema: Some(schema),
            missing: Vec::new(),
            unknown: Vec::new(),
            edited: Vec::new(),
            refused: None,
        };
        let document = FindingsDocument::of(vec![
            target(None, "public"),
            Disagreement { missing: vec!["1", "2"], unknown: vec!["9"], ..target(Some("a"), "tenant_a") },
            Disagreement { edited: vec!["3"], ..target(Some("b"), "tenant_b") },
        ]);
        insta::assert_snapshot!(plain(&document.text(&Names::default())), @r#"
        tenant_a  missing: 1, 2
        tenant_a  unknown: 9
        tenant_b  edited: 3
        3 schemas: 2 with something to repair
          --mark-missing    would record what is missing as applied; else `migrate` applies it (1 schema)
          --forget-unknown  would remove the records; see first that no newer release is in use (1 schema)
          --accept-edited   would take the files as they are now for what was applied (1 schema)
        "#);
        let good = FindingsDocument::of(vec![target(None, "public")]);
        assert!(good.is_empty());
        assert_eq!(good.text(&Names::default()), " 1 schema: nothing to repair\n");
    }
}
