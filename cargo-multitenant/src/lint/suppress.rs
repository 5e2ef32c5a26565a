//! What comments and attributes say is meant.
//!
//! `-- multitenant: allow(rule) reason` holds for the next statement, or behind a statement for the one that ends on its
//! line, or for the whole file where it stands before the first statement, with an empty line behind it. `#[multitenant(allow(rule))]` holds for the item that it stands on.
//! What allows nothing is a finding itself.

use super::project::{Project, ScriptFile};
use super::rule::Rule;
use super::rules;
use super::settings::{LintSettings, unknown_rule};
use super::sink::Sink;
use super::sql::Span;
use crate::finding::{FileId, Finding, Level, Place};

const MARK: &str = "multitenant:";
const SQUAWK: &str = "squawk-ignore";

/// Something that is allowed at a place.
#[derive(Debug)]
struct Allowance {
    /// The rule's name as it was written; empty where nothing of the form was.
    word: String,
    rule: Option<&'static Rule>,
    place: Place,
    /// What it holds for; the whole file where there is none.
    span: Option<Span>,
    /// squawk's own comments need not be of use to us.
    is_squawk: bool,
    has_reason: bool,
    is_used: bool,
}

/// Takes out what is suppressed, and tells of what suppresses nothing.
pub(crate) fn apply(findings: &mut Vec<Finding>, project: &Project, settings: &LintSettings, rules: &[&'static Rule]) {
    let mut allowances: Vec<Allowance> = Vec::new();
    for migration in &project.migrations {
        for (script, _) in migration.scripts() {
            in_script(script, project, &mut allowances);
        }
    }
    for allow in project.rust.iter().flat_map(|file| &file.allows) {
        allowances.push(Allowance {
            rule: rules::find(&allow.rule),
            word: allow.rule.clone(),
            place: allow.place.clone(),
            span: Some(allow.around.span.clone()),
            is_squawk: false,
            has_reason: true,
            is_used: false,
        });
    }
    findings.retain(|finding| {
        let mut is_allowed = false;
        for allowance in allowances.iter_mut().filter(|allowance| allowance.covers(finding)) {
            allowance.is_used = true;
            is_allowed = true;
        }
        !is_allowed
    });
    tell_unused(findings, &allowances, settings, rules);
}

impl Allowance {
    fn covers(&self, finding: &Finding) -> bool {
        let is_at = |place: &Place| {
            place.file == self.place.file
                && self.span.as_ref().is_none_or(|span| span.start <= place.span.start && place.span.start <= span.end)
        };
        self.rule.is_some_and(|rule| rule.name == finding.code) && is_at(&finding.place)
    }
}

fn in_script(script: &ScriptFile, project: &Project, allowances: &mut Vec<Allowance>) {
    let text = &project.sources.get(script.file).text;
    for (span, comment) in &script.script.comments {
        let body = comment.trim_start_matches("--").trim_start_matches("/*").trim_end_matches("*/").trim();
        if let Some(rest) = marked(body) {
            let holds = scope(script, span, text);
            match parse(rest) {
                Some((names, reason)) => {
                    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                        allowances.push(allowance(script.file, span, name, holds.clone(), !reason.is_empty()));
                    }
                }
                None => allowances.push(allowance(script.file, span, "", holds, false)),
            }
        } else if let Some(rest) = body.strip_prefix(SQUAWK) {
            let (is_file, names) = match rest.strip_prefix("-file") {
                Some(names) => (true, names),
                None => (false, rest),
            };
            let holds = if is_file { None } else { scope_of_one(script, span, text) };
            for name in names.split([',', ' ']).map(str::trim).filter(|name| !name.is_empty()) {
                let ours = rules::ALL.iter().filter(|rule| rule.squawk.contains(&name));
                for rule in ours {
                    let allowance = allowance(script.file, span, rule.name, holds.clone(), true);
                    allowances.push(Allowance { is_squawk: true, ..allowance });
                }
            }
        }
    }
}

fn allowance(file: FileId, comment: &Span, word: &str, span: Option<Span>, has_reason: bool) -> Allowance {
    Allowance {
        word: word.to_owned(),
        rule: rules::find(word),
        place: Place::new(file, comment.clone()),
        span,
        is_squawk: false,
        has_reason,
        is_used: false,
    }
}

/// What stands behind the mark, however that is written.
fn marked(body: &str) -> Option<&str> {
    let (mark, rest) = body.split_at_checked(MARK.len())?;
    mark.eq_ignore_ascii_case(MARK).then_some(rest)
}

/// `allow(rule, …) reason`
fn parse(text: &str) -> Option<(&str, &str)> {
    let rest = text.trim_start().strip_prefix("allow")?.trim_start().strip_prefix('(')?;
    let (names, reason) = rest.split_once(')')?;
    Some((names, reason.trim()))
}

/// The whole file where the comment stands at its head, above an empty line; else one statement.
fn scope(script: &ScriptFile, comment: &Span, text: &str) -> Option<Span> {
    let is_first = script.script.statements.first().is_none_or(|first| comment.end <= first.span.start);
    let behind = text.get(comment.end..).unwrap_or_default();
    let blanks = &behind[..behind.len() - behind.trim_start().len()];
    if is_first && blanks.matches('\n').count() > 1 {
        return None;
    }
    scope_of_one(script, comment, text)
}

/// The statement that the comment stands in, or that ends on its line, or else the next one.
fn scope_of_one(script: &ScriptFile, comment: &Span, text: &str) -> Option<Span> {
    let statements = &script.script.statements;
    let is_one_line = |span: Span| text.get(span).is_some_and(|between| !between.contains('\n'));
    let next = statements.iter().find(|statement| statement.span.end > comment.start);
    // Between two statements of one line it is the second's.
    let is_next_s =
        next.is_some_and(|next| next.span.start <= comment.end || is_one_line(comment.end..next.span.start));
    let last = statements.iter().rev().find(|statement| statement.span.end <= comment.start);
    if let Some(last) = last.filter(|last| !is_next_s && is_one_line(last.span.end..comment.start)) {
        return Some(last.span.clone());
    }
    Some(next.map_or(comment.end..comment.end, |next| next.span.start.min(comment.start)..next.span.end))
}

fn tell_unused(
    findings: &mut Vec<Finding>,
    allowances: &[Allowance],
    settings: &LintSettings,
    rules: &[&'static Rule],
) {
    let Some(rule) = rules.iter().find(|rule| rule.name == "unused-suppression") else { return };
    let (level, options) = (settings.level(rule), settings.options(rule));
    let mut sink = Sink { rule, level, options: &options, findings };
    for allowance in allowances.iter().filter(|allowance| !allowance.is_squawk) {
        let (word, place) = (&allowance.word, allowance.place.clone());
        match allowance.rule {
            None if word.is_empty() => {
                sink.report(place, "this allows nothing").help("write `-- multitenant: allow(rule) reason`");
            }
            None => {
                sink.report(place, format!("there is no rule `{word}`")).help(unknown_rule(word)).object(word.clone());
            }
            // A rule that is not looked at has no findings that could be allowed.
            Some(allowed) if settings.level(allowed).unwrap_or(allowed.level) == Level::Off => {}
            Some(allowed) if !rules.iter().any(|rule| rule.name == allowed.name) => {}
            Some(_) if !allowance.is_used => {
                sink.report(place, format!("`{word}` finds nothing here that is to be allowed"))
                    .help("remove it")
                    .object(word.clone());
            }
            Some(_) if !allowance.has_reason => {
                sink.report(place, format!("`{word}` is allowed without a reason"))
                    .help("say why it is meant, behind the parenthesis")
                    .object(word.clone());
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::testing::{lint, rule};

    fn left(text: &str) -> Vec<(&'static str, usize)> {
        let rules = ["tenant-schema-qualified", "transaction-control", "unused-suppression"].map(rule);
        let (project, linted) = lint(&rules, text);
        let line = |finding: &Finding| project.sources.points(&finding.place).0.line;
        linted.findings.iter().map(|finding| (finding.code, line(finding))).collect()
    }

    #[test]
    fn comments_hold_for_the_next_statement() {
        let bad = "create table public.a (id int);\n";
        let allow = "-- multitenant: allow(tenant-schema-qualified) it is meant\n";
        assert_eq!(
            left(&format!("{bad}{allow}{bad}{bad}")),
            [("tenant-schema-qualified", 1), ("tenant-schema-qualified", 4)]
        );
        assert_eq!(left(&format!("{allow}{bad}{bad}")), [("tenant-schema-qualified", 3)]);
        assert_eq!(left(&format!("{allow}\n{bad}{bad}")), [], "at the head, with an empty line");
    }

    #[test]
    fn a_comment_behind_a_statement_is_that_one_s() {
        let bad = "create table public.a (id int);";
        let allow = "-- multitenant: allow(tenant-schema-qualified) it is meant\n";
        let code = "tenant-schema-qualified";
        assert_eq!(left(&format!("{bad} {allow}{bad}\n")), [(code, 2)]);
        assert_eq!(left(&format!("{bad} {bad} {allow}\n{bad}\n")), [(code, 1), (code, 3)]);
        assert_eq!(left(&format!("create table public.a (\n  id int\n); {allow}")), []);
        let block = "/* multitenant: allow(tenant-schema-qualified) it is meant */";
        assert_eq!(left(&format!("select 1; {block} {bad}\n")), []);
        assert_eq!(left(&format!("select 1; create table {block} public.a (id int);\n")), []);
    }

    #[test]
    fn the_mark_may_be_written_in_capitals() {
        assert_eq!(left("-- Multitenant: allow(tenant-schema-qualified) meant\ncreate table public.a (id int);\n"), []);
    }

    #[test]
    fn what_allows_nothing_is_told() {
        let unused = |text: &str| assert_eq!(left(text), [("unused-suppression", 1)], "{text}");
        unused("-- multitenant: allow(tenant-schema-qualified) it is meant\ncreate table a (id int);\n");
        unused("-- multitenant: allow(tenant-schema-qualifed) it is meant\ncreate table a (id int);\n");
        unused("-- multitenant: allow everything\ncreate table a (id int);\n");
        unused("-- multitenant: allow(tenant-schema-qualified)\ncreate table public.a (id int);\n");
        assert_eq!(left("-- multitenant: allow(missing-down) not looked at\ncreate table a (id int);\n"), []);
    }

    #[test]
    fn squawks_comments_count_where_the_rule_is_ours_too() {
        assert_eq!(
            left("-- squawk-ignore transaction-nesting\nbegin;\nselect 1;\ncommit;\n"),
            [("transaction-control", 4)]
        );
        assert_eq!(left("-- squawk-ignore-file transaction-nesting\nbegin;\nselect 1;\ncommit;\n"), []);
        assert_eq!(left("-- squawk-ignore prefer-text-field\nselect 1;\n"), []);
    }
}
