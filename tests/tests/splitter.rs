//! The statement splitter, compared with other readings of the same SQL.
//!
//! What squawk parses without an error must be split as squawk splits it. Generated scripts also know their
//! statements from how they were made. `MULTITENANT_SQL_CORPUS=/path` names a folder of further scripts, real
//! projects' migrations for instance.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what goes wrong in a suite is told by a panic")]

use std::ops::Range;
use std::path::{Path, PathBuf};

use multitenant_runtime::migration::{Mode, SplitErrorKind, split};
use proptest::prelude::*;
use squawk_syntax::ast::{AstNode as _, Stmt};
use squawk_syntax::{SourceFile, SyntaxElement, SyntaxKind};

fn ours(sql: &str) -> Vec<&str> {
    let statements = split(sql, Mode::Transactional).unwrap_or_else(|error| {
        let (line, column) = error.line_column(sql);
        panic!("{line}:{column}: {error} in {sql:?}")
    });
    statements.into_iter().map(|statement| &sql[statement.range]).collect()
}

/// Squawk's statements, or `None` where squawk does not understand the script.
fn squawks(sql: &str) -> Option<Vec<&str>> {
    let parse = SourceFile::parse(sql);
    let understood = parse.errors().is_empty();
    let statements = parse.tree().stmts().filter_map(|statement| {
        let range = tokens(&statement)?;
        Some(&sql[range])
    });
    understood.then(|| statements.collect())
}

/// From a statement's first token to its last: squawk counts a comment before the semicolon to the statement.
fn tokens(statement: &Stmt) -> Option<Range<usize>> {
    let tokens = statement.syntax().descendants_with_tokens().filter_map(SyntaxElement::into_token);
    let mut tokens = tokens
        .filter(|token| !matches!(token.kind(), SyntaxKind::WHITESPACE | SyntaxKind::COMMENT | SyntaxKind::SEMICOLON));
    let first = tokens.next()?.text_range();
    let last = tokens.last().map_or(first, |last| last.text_range());
    Some(first.start().into()..last.end().into())
}

fn is_begin(statement: &str) -> bool {
    ["begin", "start transaction"]
        .iter()
        .any(|begin| statement.get(..begin.len()).is_some_and(|start| start.eq_ignore_ascii_case(begin)))
}

#[derive(Debug, Default)]
struct Counts {
    same: usize,
    statements: usize,
    not_understood: Vec<PathBuf>,
    refused: Vec<(PathBuf, SplitErrorKind)>,
    different: Vec<PathBuf>,
}

fn compare(folder: &Path) -> Counts {
    let mut counts = Counts::default();
    for path in sql_files(folder) {
        let sql = std::fs::read_to_string(&path).unwrap();
        let ours: Vec<&str> = match split(&sql, Mode::Transactional) {
            Ok(statements) => statements.into_iter().map(|statement| &sql[statement.range]).collect(),
            Err(error) => {
                counts.refused.push((path, error.kind));
                continue;
            }
        };
        let Some(mut squawks) = squawks(&sql) else {
            counts.not_understood.push(path);
            continue;
        };
        if squawks.len() == ours.len() + 2 && is_begin(squawks[0]) {
            squawks.pop();
            squawks.remove(0);
        }
        if ours == squawks {
            counts.same += 1;
            counts.statements += ours.len();
        } else {
            counts.different.push(path);
        }
    }
    counts
}

fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn fixtures_are_split_as_squawk_splits_them() {
    let counts = compare(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sql")));
    assert!(
        counts.different.is_empty() && counts.refused.is_empty() && counts.not_understood.is_empty(),
        "{counts:#?}"
    );
    assert!(counts.statements > 0);
}

#[test]
#[expect(clippy::disallowed_methods, clippy::disallowed_macros, reason = "a tool for developers")]
fn the_corpus_is_split_as_squawk_splits_it() {
    let Some(folder) = std::env::var_os("MULTITENANT_SQL_CORPUS") else {
        println!("not compared: MULTITENANT_SQL_CORPUS names no folder of SQL scripts");
        return;
    };
    let counts = compare(Path::new(&folder));
    println!("{counts:#?}");
    assert!(counts.different.is_empty());
}

/// White space and comments, as they may stand between two tokens.
fn trivia() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        " ",
        "\n",
        "\t\r\n",
        " /* ; */ ",
        "/**/",
        " -- ; '\n",
        "--\n",
        " /* /* ' ; */ $$ */ ",
        " /*/ /***/ */ ",
        "\n-- it's \"\r\n",
        " /* é\\ */ ",
    ])
}

/// A string that goes on in a later line with its escapes: PostgreSQL knows it, squawk does not.
const CONTINUED: &str = "e'a' -- it's\r\n-- ;\n\t'\\';'";

/// An expression of one token, most of which look as if they held the end of a statement.
fn operand() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "1",
        "1.5e3",
        "'a'",
        "';'",
        "'a'';'",
        r"'\'",
        r"E'\';'",
        r"e'\\'",
        r"E'a\''';--'",
        "B'101'",
        "X'1F'",
        "N';'",
        r"U&'\0061;'",
        "\"a;b\"",
        "\"a\"\"'\"",
        "\"-- \"",
        "$$;$$",
        "$a$ ; $b$ ; $$ $a$",
        "$a$$a $a$",
        "$é$';$é$",
        "a$b$",
        "é",
        "$1",
        "'/*'",
        "'--'",
        "(1)",
        "(select ';')",
        "case when a then ';' end",
        "array[1, 2]",
        "a::text",
        "'{}'::jsonb->>';'",
        "1 - -1",
        "f(a => ';')",
        CONTINUED,
    ])
}

/// One statement with trivia between its tokens.
fn statement() -> impl Strategy<Value = String> {
    let select = (operand(), trivia(), operand(), trivia(), operand(), trivia())
        .prop_map(|(a, s, b, t, c, u)| format!("select{u}{a},{s}{b}{t}as x{u}from y where z ={s}{c}"));
    let insert = (operand(), trivia(), operand(), trivia())
        .prop_map(|(a, s, b, t)| format!("insert{t}into t (a, b){s}values ({a},{t}{b})"));
    let function = (prop::sample::select(vec!["create function", "CREATE or replace\nFUNCTION"]), operand(), trivia())
        .prop_map(|(create, a, s)| {
            format!(
                "{create} f(){s}returns int{s}begin{s}atomic{s}select {a};{s}select case when true then 1 end;{s}end"
            )
        });
    let body = (trivia(), trivia()).prop_map(|(s, t)| {
        format!("create function f(){s}returns trigger language plpgsql as{t}$body$ begin {t} return new; end; $body$")
    });
    let rule = (operand(), trivia()).prop_map(|(a, s)| {
        format!("create rule r as on insert to t{s}do also{s}(insert into u values ({a});{s}delete from u)")
    });
    let create_table =
        trivia().prop_map(|s| format!("create{s}table \"t;\"{s}(a int default 1,{s}b text default ';')"));
    prop_oneof![4 => select, 2 => insert, 1 => function, 1 => body, 1 => rule, 1 => create_table]
}

/// A script, and the statements it was made of.
fn script() -> impl Strategy<Value = (String, Vec<String>)> {
    let separated = (trivia(), statement(), trivia(), prop::sample::select(vec![";", ";;", ";-- ;\n", ";/*;*/;"]));
    prop::collection::vec(separated, 0..8).prop_map(|parts| {
        let script = parts.iter().map(|(s, statement, t, end)| format!("{s}{statement}{t}{end}")).collect();
        (script, parts.into_iter().map(|(_, statement, ..)| statement).collect())
    })
}

/// Text of pieces that mean something to the splitter, in no order that means anything.
fn noise() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "'",
        "\"",
        "$",
        "$$",
        "$a$",
        ";",
        "(",
        ")",
        "/*",
        "*/",
        "--",
        "\n",
        "\r",
        "E",
        "E'",
        "u&",
        "\\",
        "é",
        "\u{feff}",
        "\0",
        " ",
        "a",
        "1",
        ".",
        "CREATE",
        "OR",
        "REPLACE",
        "FUNCTION ",
        "PROCEDURE ",
        " BEGIN ",
        "ATOMIC ",
        "END",
        "CASE ",
        "COPY ",
        "FROM ",
        "STDIN",
        "COMMIT",
        "SET ",
        "TRANSACTION",
        "EXTENSION ",
        "REINDEX ",
        "ALTER TABLE ",
        "DETACH PARTITION ",
        "CONCURRENTLY",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn check_no_panic_and_order(sql: &str) {
    for mode in [Mode::Transactional, Mode::NonTransactional] {
        match split(sql, mode) {
            Ok(statements) => {
                let mut end = 0;
                for statement in statements {
                    assert!(end <= statement.range.start && statement.range.start < statement.range.end);
                    end = statement.range.end;
                    let text = &sql[statement.range];
                    // What was split once is not split further; a byte order mark is one only at the start.
                    if !text.starts_with('\u{feff}') {
                        assert_eq!(ours(text), [text]);
                    }
                }
            }
            Err(error) => {
                assert!(sql.is_char_boundary(error.offset) && error.offset < sql.len());
                let (line, column) = error.line_column(sql);
                assert!(line >= 1 && column >= 1 && !error.to_string().is_empty());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_scripts_are_split_as_they_were_made((sql, statements) in script()) {
        prop_assert_eq!(ours(&sql), statements);
    }

    #[test]
    fn generated_scripts_are_split_as_squawk_splits_them((sql, _) in script()) {
        match squawks(&sql) {
            Some(squawks) => prop_assert_eq!(ours(&sql), squawks),
            None => prop_assert!(sql.contains(CONTINUED), "squawk does not understand {}", sql),
        }
    }

    #[test]
    fn noise_does_not_panic(sql in noise()) {
        check_no_panic_and_order(&sql);
    }

    #[test]
    fn any_text_does_not_panic(sql in any::<String>()) {
        check_no_panic_and_order(&sql);
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check_no_panic_and_order(&String::from_utf8_lossy(&bytes));
    }
}

/// A splitter that is quadratic anywhere would not come to the end of these.
#[test]
fn large_scripts_take_linear_time() {
    for piece in [
        ";",
        "a;",
        "(",
        ")",
        "'",
        "''",
        "\"",
        "$a",
        "$a$",
        "$1",
        "/*",
        "*/",
        "--",
        "E'a'\n",
        "E'a'\n--\n",
        "u&",
        "BEGIN;",
        "é",
    ] {
        let sql = piece.repeat(1_000_000);
        let _ = split(&sql, Mode::Transactional);
    }
    for (start, piece) in [
        ("CREATE FUNCTION f() BEGIN ATOMIC ", "a;"),
        ("CREATE EXTENSION a ", "schema "),
        ("REINDEX ", "a "),
        ("ALTER TABLE ", "detach "),
        ("COPY ", "from "),
        ("BEGIN ", "a "),
        ("$b$", "$a"),
    ] {
        let sql = format!("{start}{}", piece.repeat(1_000_000));
        let _ = split(&sql, Mode::Transactional);
    }
}
