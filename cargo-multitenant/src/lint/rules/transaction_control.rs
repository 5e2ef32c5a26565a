//! `transaction-control`

use crate::finding::Level;
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Script, Span, Statement, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds `BEGIN`, `COMMIT` and `ROLLBACK` in migrations. Around a whole file they are a warning.
    ///
    /// ## Why is this bad?
    ///
    /// A migration and its record in the history are one transaction, which `COMMIT` ends too early: what follows fails
    /// alone, and the history does not know what was done. This project's runner refuses it, but for a pair around the
    /// whole file; Diesel's runs it.
    ///
    /// ## Example
    ///
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// COMMIT;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    "transaction-control": Error, Hygiene, Check::Statement(check),
    squawk: ["transaction-nesting"],
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if !matches!(statement.verb, Verb::Begin | Verb::Commit | Verb::Rollback) || at.in_function || at.in_block {
        return;
    }
    let words: Vec<&str> = at.text(statement.span.clone()).split_whitespace().take(2).collect();
    let word = words.join(" ").to_uppercase();
    let is_around = is_around_all(at.script);
    let runs_in_one = at.migration.run_in_transaction;
    let message = match (is_around, runs_in_one) {
        (true, true) => format!("{word} in a migration, which is a transaction already"),
        (true, false) => format!("{word} in a migration that is to run outside of a transaction"),
        (false, _) => format!("{word} ends or begins a transaction within the migration's own"),
    };
    // Of a pair, both or neither.
    let is_plain = || {
        [at.script.statements.first(), at.script.statements.last()].into_iter().flatten().all(|s| says_no_more(at, s))
    };
    let help = match (is_around, runs_in_one) {
        (true, false) => "remove it, and let the migration run in a transaction: run_in_transaction = true",
        (true, true) if !is_plain() => "remove it; what it says beyond that is lost with it: see whether that matters",
        _ => "remove it",
    };
    let draft = sink.report(at.place(statement.span.clone()), message).help(help).object(word);
    if is_around {
        let draft = draft.level(Level::Warning);
        if runs_in_one && is_plain() {
            // With its semicolon, and the line if nothing else stands on it.
            draft.fix(at.place(with_line(at, &statement.span)), "");
        }
    }
}

/// Whether it only begins or ends a transaction: no isolation level, no READ ONLY, no AND CHAIN.
fn says_no_more(at: &At<'_>, statement: &Statement) -> bool {
    let (text, start) = (at.text(statement.span.clone()), statement.span.start);
    let is_comment = |at_byte: usize| at.script.comments.iter().any(|(span, _)| span.contains(&(start + at_byte)));
    let text: String = text.char_indices().map(|(byte, c)| if is_comment(byte) { ' ' } else { c }).collect();
    let words: Vec<String> = text.trim_end_matches(';').split_whitespace().map(str::to_lowercase).collect();
    matches!(
        words.iter().map(String::as_str).collect::<Vec<_>>()[..],
        ["begin" | "commit" | "end"] | ["begin" | "commit" | "end", "work" | "transaction"] | ["start", "transaction"]
    )
}

fn is_around_all(script: &Script) -> bool {
    let control = |verb| script.statements.iter().filter(|statement| statement.verb == verb).count();
    script.statements.first().is_some_and(|first| first.verb == Verb::Begin)
        && script.statements.last().is_some_and(|last| last.verb == Verb::Commit)
        && (control(Verb::Begin), control(Verb::Commit), control(Verb::Rollback)) == (1, 1, 0)
}

fn with_line(at: &At<'_>, span: &Span) -> Span {
    let text = &at.cx.project.sources.get(at.file).text;
    let rest = &text[span.end..];
    let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
    let mut end = span.end;
    if rest[blanks..].starts_with(';') {
        end += blanks + 1;
    }
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let after = &text[end..];
    let to_line_end = after.find('\n').map_or(after.len(), |at| at + 1);
    let is_alone = text[line_start..span.start].trim().is_empty() && after[..to_line_end].trim().is_empty();
    if is_alone { line_start..end + to_line_end } else { span.start..end }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, lint, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "begin;\ncreate table a (id int);\ncommit;\n"), @"
        tenant/1_a/up.sql:1:1 warning: BEGIN in a migration, which is a transaction already [begin]
        tenant/1_a/up.sql:3:1 warning: COMMIT in a migration, which is a transaction already [commit]
        ");
        assert_snapshot!(check(&RULE, "create table a (id int);\ncommit;\nstart transaction;\nrollback;\n"), @"
        tenant/1_a/up.sql:2:1 error: COMMIT ends or begins a transaction within the migration's own [commit]
        tenant/1_a/up.sql:3:1 error: START TRANSACTION ends or begins a transaction within the migration's own [start transaction]
        tenant/1_a/up.sql:4:1 error: ROLLBACK ends or begins a transaction within the migration's own [rollback]
        ");
    }

    #[test]
    fn only_what_says_no_more_is_removed() {
        let fixes = |text: &str| {
            let (_, linted) = lint(&[&RULE], text);
            linted.findings.iter().map(|finding| finding.fix.is_some()).collect::<Vec<_>>()
        };
        let around = |begin: &str, end: &str| format!("{begin};\ncreate table a (id int);\n{end};\n");
        for begin in ["begin", "BEGIN WORK", "begin transaction", "start transaction", "begin /* all */ work"] {
            for end in ["commit", "END", "commit work", "end transaction"] {
                assert_eq!(fixes(&around(begin, end)), [true, true], "{begin} {end}");
            }
        }
        for begin in ["begin isolation level serializable", "start transaction read only", "begin deferrable"] {
            assert_eq!(fixes(&around(begin, "commit")), [false, false], "{begin}");
        }
        for end in ["commit and chain", "end and no chain"] {
            assert_eq!(fixes(&around("begin", end)), [false, false], "{end}");
        }
        let alone = "-- file: tenant/1_a/metadata.toml\nrun_in_transaction = false\n";
        assert_eq!(fixes(&format!("{}{alone}", around("begin", "commit"))), [false, false]);
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            savepoint a; release a;
            do $$ begin null; end $$;
            create function f() returns void language plpgsql as $$ begin null; end $$;
        ",
        );
    }
}
