//! In what schemas differ from the migrations.

use std::fmt::Write as _;

use multitenant_runtime::{Difference, DriftOutcome, DriftReport, Fix, TargetDrift, TenantId};
use serde::Serialize;

use crate::output::{BAD, DIM, GOOD, Shown, WARN, counted, paint, shown_lines};

use super::names::label;
use super::run::millis;
use super::{FORMAT, seconds};

/// How many differences of a group are shown, and how many schemas are named.
const SHOWN: usize = 10;
const NAMED: usize = 5;

/// How many characters of a definition are shown.
const WIDTH: usize = 90;

/// The document of `drift`.
#[derive(Debug, Serialize)]
pub(crate) struct DriftDocument<'a> {
    format: u32,
    reference: &'a str,
    findings: Vec<DriftFinding<'a>>,
    summary: Summary,
    #[serde(skip)]
    targets: &'a [TargetDrift],
    /// What is written before a command's name.
    #[serde(skip)]
    program: &'a str,
}

/// One difference of one schema, or why a schema is not compared.
#[derive(Debug, Serialize)]
pub(crate) struct DriftFinding<'a> {
    pub(crate) code: String,
    pub(crate) level: &'static str,
    pub(crate) message: String,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    end_line: Option<u32>,
    end_column: Option<u32>,
    pub(crate) help: Option<String>,
    related: [(); 0],
    pub(crate) tenant: Option<&'a str>,
    pub(crate) schema: Option<&'a str>,
    object: Option<&'a str>,
    facet: Option<&'a str>,
    pub(crate) expected: Option<&'a str>,
    pub(crate) found: Option<&'a str>,
    pub(crate) fix: Option<String>,
    pub(crate) destructive: bool,
}

#[derive(Debug, Default, Serialize)]
struct Summary {
    targets: usize,
    equal: usize,
    different: usize,
    differences: usize,
    ignored: usize,
    behind: usize,
    not_comparable: usize,
    duration_ms: u64,
}

impl<'a> DriftDocument<'a> {
    pub(crate) fn new(report: &'a DriftReport, program: &'a str) -> Self {
        let mut findings: Vec<DriftFinding<'a>> =
            report.targets.iter().flat_map(|target| of_target(target, program)).collect();
        findings.extend(report.unusable.iter().map(|unusable| DriftFinding {
            tenant: Some(&unusable.tenant),
            ..plain("drift-not-comparable", "error", unusable.failure.to_string())
        }));
        let count = |is: fn(&DriftOutcome) -> bool| report.targets.iter().filter(|target| is(&target.outcome)).count();
        let summary = Summary {
            targets: report.targets.len() + report.unusable.len(),
            equal: count(|outcome| *outcome == DriftOutcome::Equal),
            different: count(|outcome| *outcome == DriftOutcome::Different),
            differences: report.targets.iter().map(|target| target.differences.len()).sum(),
            ignored: report.targets.iter().map(|target| target.ignored).sum(),
            behind: count(|outcome| matches!(outcome, DriftOutcome::Behind(_))),
            not_comparable: count(|outcome| matches!(outcome, DriftOutcome::NotComparable(_))) + report.unusable.len(),
            duration_ms: millis(report.duration),
        };
        Self { format: FORMAT, reference: &report.reference, findings, summary, targets: &report.targets, program }
    }

    /// Schemas that differ in the same are shown together.
    pub(crate) fn text(&self) -> String {
        let mut groups: Vec<(Vec<String>, Vec<&TargetDrift>)> = Vec::new();
        for target in self.targets.iter().filter(|target| target.outcome != DriftOutcome::Equal) {
            let lines = lines(target);
            match groups.iter_mut().find(|(known, _)| *known == lines) {
                Some((_, members)) => members.push(target),
                None => groups.push((lines, vec![target])),
            }
        }
        let mut text = String::new();
        for (lines, members) in groups {
            let _ = writeln!(text, " {}", paint(BAD, shown_lines(&named(&members))));
            for line in lines.iter().take(SHOWN) {
                let _ = writeln!(text, "   {line}");
            }
            if lines.len() > SHOWN {
                let more = counted(lines.len() - SHOWN, "more difference", "more differences");
                let _ = writeln!(text, "   {}", paint(DIM, format!("and {more}: --format json has all")));
            }
        }
        for unusable in self.findings.iter().filter(|finding| finding.schema.is_none()) {
            let tenant = unusable.tenant.unwrap_or_default();
            let _ = writeln!(text, " {}\n   {}", paint(BAD, shown_lines(tenant)), shown_lines(&unusable.message));
        }
        let _ = writeln!(text, " {}", self.summary_line());
        text
    }

    /// All differences, and why schemas are not compared.
    #[cfg(feature = "tui")]
    pub(crate) fn findings(&self) -> &[DriftFinding<'a>] {
        &self.findings
    }

    /// What there is in all.
    pub(crate) fn summary_line(&self) -> String {
        let Summary { targets, equal, different, differences, ignored, behind, not_comparable, duration_ms } =
            self.summary;
        let style = if different + not_comparable > 0 { BAD } else { GOOD };
        let counts = format!(
            "{}: {equal} equal, {different} {} ({}), {behind} behind",
            counted(targets, "schema", "schemas"),
            if different == 1 { "differs" } else { "differ" },
            counted(differences, "difference", "differences"),
        );
        let mut line = paint(style, counts);
        if not_comparable > 0 {
            line.push_str(&format!(", {not_comparable} not comparable"));
        }
        if ignored > 0 {
            line.push_str(&format!(", {} ignored", counted(ignored, "difference", "differences")));
        }
        let reference = if self.reference.is_empty() { String::new() } else { format!("with {}, ", self.reference) };
        line.push_str(&paint(DIM, format!("; compared {}in {}", shown_lines(&reference), seconds(duration_ms))));
        line
    }

    /// A script for psql.
    pub(crate) fn script(&self) -> String {
        let mut text = format!(
            "-- What mends {}, from `{} drift --fix-sql`, compared with {}.\n\
             -- Read it first; then: psql -X -v ON_ERROR_STOP=1 -f FILE\n\
             -- Not in one transaction: some statements cannot be in one. What would lose data or loosen security is in comments.\n\
             SET check_function_bodies = off;\n",
            counted(self.summary.differences, "difference", "differences"),
            self.program,
            comment(self.reference),
        );
        for target in self.targets.iter().filter(|target| target.outcome == DriftOutcome::Different) {
            let differences = counted(target.differences.len(), "difference", "differences");
            let _ = write!(text, "\n-- {}: {differences}\n", comment(target.target.schema().as_str()));
            for difference in &target.differences {
                let _ = writeln!(text, "-- {}", comment(&plain_line(difference)));
                match &difference.fix {
                    Some(fix) => {
                        if let Some(reason) = fix.reason {
                            let _ = writeln!(text, "-- decide by hand: {reason}");
                        }
                        for statement in &fix.statements {
                            let _ = writeln!(text, "{}", fix.written(statement));
                        }
                    }
                    None => text.push_str("-- no statement mends this safely: decide by hand\n"),
                }
            }
            let fixes = target.differences.iter().filter_map(|difference| difference.fix.as_ref());
            for (fix, statement) in fixes.flat_map(|fix| fix.afterwards.iter().map(move |statement| (fix, statement))) {
                let _ = writeln!(text, "{}", fix.written(statement));
            }
        }
        text
    }
}

fn of_target<'a>(target: &'a TargetDrift, program: &str) -> Vec<DriftFinding<'a>> {
    let (tenant, schema) = (target.target.tenant().map(TenantId::as_str), Some(target.target.schema().as_str()));
    let of = |finding: DriftFinding<'static>| DriftFinding { tenant, schema, ..finding };
    match &target.outcome {
        DriftOutcome::Behind(pending) => {
            let pending = counted(*pending, "migration is pending", "migrations are pending");
            let help = Some(format!("migrate it first: {program} migrate"));
            vec![of(DriftFinding { help, ..plain("drift-behind", "info", pending) })]
        }
        DriftOutcome::NotComparable(failure) => {
            let help = failure.hint.clone();
            vec![of(DriftFinding { help, ..plain("drift-not-comparable", "error", failure.to_string()) })]
        }
        _ => target.differences.iter().map(|difference| of_difference(difference, tenant, schema)).collect(),
    }
}

fn of_difference<'a>(difference: &'a Difference, tenant: Option<&'a str>, schema: Option<&'a str>) -> DriftFinding<'a> {
    let code = format!("drift-{}", difference.kind.name().replace(' ', "-"));
    DriftFinding {
        tenant,
        schema,
        object: Some(&difference.object),
        facet: difference.facet,
        expected: difference.expected.as_deref(),
        found: difference.found.as_deref(),
        fix: difference.fix.as_ref().map(Fix::sql),
        destructive: difference.fix.as_ref().is_some_and(|fix| fix.is_destructive),
        ..plain(code, "error", plain_line(difference))
    }
}

fn plain<'a>(code: impl Into<String>, level: &'static str, message: String) -> DriftFinding<'a> {
    DriftFinding {
        code: code.into(),
        level,
        message,
        file: None,
        line: None,
        column: None,
        end_line: None,
        end_column: None,
        help: None,
        related: [],
        tenant: None,
        schema: None,
        object: None,
        facet: None,
        expected: None,
        found: None,
        fix: None,
        destructive: false,
    }
}

/// The lines of one schema.
fn lines(target: &TargetDrift) -> Vec<String> {
    match &target.outcome {
        DriftOutcome::Behind(pending) => {
            vec![paint(WARN, format!("behind: {}", counted(*pending, "migration pending", "migrations pending")))]
        }
        DriftOutcome::NotComparable(failure) => {
            let mut text = format!("not comparable: {}", shown_lines(&failure.to_string()));
            if let Some(hint) = &failure.hint {
                let _ = write!(text, "\n   {}", paint(DIM, shown_lines(hint)));
            }
            vec![text]
        }
        _ => target.differences.iter().map(|difference| shown_lines(&plain_line(difference))).collect(),
    }
}

/// A difference in one sentence.
fn plain_line(difference: &Difference) -> String {
    let what = format!("{} {}", difference.kind, Shown(&difference.object));
    let said = |text: &Option<String>| text.as_deref().map_or_else(|| "none".to_owned(), cut);
    match difference.facet {
        Some(facet) => {
            format!("{what}: {facet} is {}, expected {}", said(&difference.found), said(&difference.expected))
        }
        None if difference.is_missing() => format!("{what} is missing: {}", said(&difference.expected)),
        None => format!("{what} should not be there: {}", said(&difference.found)),
    }
}

/// A definition in one line, and not all of a long one.
fn cut(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= WIDTH {
        return line;
    }
    format!("{}…", line.chars().take(WIDTH - 1).collect::<String>())
}

fn comment(text: &str) -> String {
    shown_lines(text).replace('\n', " ")
}

/// `tenant_a`, or `12 schemas: tenant_a, tenant_b, … and 7 more`.
fn named(members: &[&TargetDrift]) -> String {
    let name = |target: &&TargetDrift| {
        label(target.target.tenant().map(TenantId::as_str), Some(target.target.schema().as_str())).into_owned()
    };
    if let [one] = members {
        return name(one);
    }
    let mut text = format!("{} schemas: ", members.len());
    text.push_str(&members.iter().take(NAMED).map(name).collect::<Vec<_>>().join(", "));
    if members.len() > NAMED {
        let _ = write!(text, " and {} more", members.len() - NAMED);
    }
    text
}
