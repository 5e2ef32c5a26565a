use super::*;

#[track_caller]
fn check(sql: &str, expected: &[&str]) {
    let statements = match split(sql, Mode::Transactional) {
        Ok(statements) => statements,
        Err(error) => panic!("{error} at {}", error.offset),
    };
    let actual: Vec<&str> = statements.iter().map(|statement| &sql[statement.range.clone()]).collect();
    assert_eq!(actual, expected);
}

/// Checks the error, and that it is where `rest` begins.
#[track_caller]
fn refuse(sql: &str, kind: SplitErrorKind, rest: &str) {
    refuse_in(Mode::Transactional, sql, kind, rest);
}

#[track_caller]
fn refuse_in(mode: Mode, sql: &str, kind: SplitErrorKind, rest: &str) {
    match split(sql, mode) {
        Ok(statements) => panic!("not refused: {statements:?}"),
        Err(error) => assert_eq!((error.kind, &sql[error.offset..]), (kind, rest)),
    }
}

#[track_caller]
fn check_kind(sql: &str, kind: StatementKind) {
    match split(sql, Mode::NonTransactional).as_deref() {
        Ok([statement]) => assert_eq!(statement.kind, kind),
        other => panic!("not one statement: {other:?}"),
    }
}

#[test]
fn statements_are_trimmed_and_empty_ones_left_out() {
    check("", &[]);
    check(" \n", &[]);
    check(";; ; -- nothing;\n/* ; */;", &[]);
    check("a;b", &["a", "b"]);
    check("-- x\n a -- y\n ; /* z */ b /* ; */ c -- w", &["a", "b /* ; */ c"]);
    check("\u{feff}a; b", &["a", "b"]);
    check("a\r\nb;\r\nc\r\n", &["a\r\nb", "c"]);
    check("é;ü", &["é", "ü"]);
    check("a\u{a0};b", &["a\u{a0}", "b"]);
}

#[test]
fn comments() {
    check("a -- ; \r; b", &["a", "b"]);
    check("a /* ; /* ; */ ; */ ; b", &["a", "b"]);
    check("a /* ; /*/ ; */ ; */ ; b", &["a", "b"]);
    check("a /**/;b", &["a", "b"]);
    check("a /***/;b", &["a", "b"]);
    check("a */* ; */ b; c", &["a */* ; */ b", "c"]);
    check("a +-- ;\n b; c", &["a +-- ;\n b", "c"]);
    check("a //* ; */ b; c", &["a //* ; */ b", "c"]);
    check("a - - ;b", &["a - -", "b"]);
    check("a */ ;b", &["a */", "b"]);
    check("a '--' ; b", &["a '--'", "b"]);
    check("/* ' */ a; -- it's\nb", &["a", "b"]);
}

#[test]
fn strings() {
    check("'a;b';c", &["'a;b'", "c"]);
    check("'a'';b';c", &["'a'';b'", "c"]);
    check(r"'a\';b", &[r"'a\'", "b"]);
    check(r"E'a\';b';c", &[r"E'a\';b'", "c"]);
    check(r"e'a\\';b", &[r"e'a\\'", "b"]);
    check(r"E'a'';\'b';c", &[r"E'a'';\'b'", "c"]);
    check(r"nameE'a\';b", &[r"nameE'a\'", "b"]);
    check(r"_e'a\';b", &[r"_e'a\'", "b"]);
    check(r"éE'a\';b", &[r"éE'a\'", "b"]);
    check(r"N'a\';b", &[r"N'a\'", "b"]);
    check(r"B'1';X'f';x'';b", &["B'1'", "X'f'", "x''", "b"]);
    check(r"U&'\00e9;' UESCAPE '!';b", &[r"U&'\00e9;' UESCAPE '!'", "b"]);
    check(r"u&'\';b", &[r"u&'\'", "b"]);
    check("a->>'x;y';b", &["a->>'x;y'", "b"]);
    check("a::text;b", &["a::text", "b"]);
}

#[test]
fn a_string_goes_on_in_a_later_line_with_its_escapes() {
    check("'a'\n';b';c", &["'a'\n';b'", "c"]);
    check("E'a\\''\n '\\';b';c", &["E'a\\''\n '\\';b'", "c"]);
    check("E'a' -- it's\r\n  '\\';b';c", &["E'a' -- it's\r\n  '\\';b'", "c"]);
    check("E'a'\n-- it's\n\t-- x\n'\\';b';c", &["E'a'\n-- it's\n\t-- x\n'\\';b'", "c"]);
    // Not on the same line, not after a block comment, not with a prefix of its own, not after a plain one.
    check("E'a' '\\';b", &["E'a' '\\'", "b"]);
    check("E'a' /*\n*/ '\\';b", &["E'a' /*\n*/ '\\'", "b"]);
    check("E'a'\nN'\\';b", &["E'a'\nN'\\'", "b"]);
    check("'a'\n'\\';b", &["'a'\n'\\'", "b"]);
    check("E'a'\n;b", &["E'a'", "b"]);
    check("E'a'\n--", &["E'a'"]);
}

#[test]
fn quoted_identifiers() {
    check(r#""a;b";c"#, &[r#""a;b""#, "c"]);
    check(r#""a"";b";c"#, &[r#""a"";b""#, "c"]);
    check(r#""a\";b"#, &[r#""a\""#, "b"]);
    check(r#"U&"\00e9;";b"#, &[r#"U&"\00e9;""#, "b"]);
    check("\"a\n;'\";b", &["\"a\n;'\"", "b"]);
}

#[test]
fn dollar_quotes() {
    check("$$a;b$$;c", &["$$a;b$$", "c"]);
    check("$a$ ; $b$ ; $$ ; $A$ ; $a$;c", &["$a$ ; $b$ ; $$ ; $A$ ; $a$", "c"]);
    check("$a$ $a $a$;c", &["$a$ $a $a$", "c"]);
    check("$a$ $b$a$;c", &["$a$ $b$a$", "c"]);
    check("$é_1$ ; $é_1$;c", &["$é_1$ ; $é_1$", "c"]);
    check("$1;$2", &["$1", "$2"]);
    check("$1$1;b", &["$1$1", "b"]);
    check("$1$$;$$;b", &["$1$$;$$", "b"]);
    check("a$b$;c$b$", &["a$b$", "c$b$"]);
    check("a$$;b$$", &["a$$", "b$$"]);
    check("1$a$;$a$;b", &["1$a$;$a$", "b"]);
    check("$a;b", &["$a", "b"]);
    check("$a-$;b", &["$a-$", "b"]);
    check("$ ;b", &["$", "b"]);
    check("$a$'$a$;'b'", &["$a$'$a$", "'b'"]);
    check("$a$/*$a$;'b'", &["$a$/*$a$", "'b'"]);
}

#[test]
fn parentheses() {
    check("CREATE RULE r AS ON INSERT TO t DO (a; b); c", &["CREATE RULE r AS ON INSERT TO t DO (a; b)", "c"]);
    check("((;);(););a", &["((;);();)", "a"]);
    check("a);b", &["a)", "b"]);
    check("'(';b", &["'('", "b"]);
    check("[;b", &["[", "b"]);
}

#[test]
fn sql_bodies() {
    let body = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 1; SELECT CASE WHEN a THEN b END; END";
    check(&format!("{body}; c"), &[body, "c"]);
    let body = "create or /* x */ replace procedure f()\nbegin -- ;\natomic insert into t values (1); end";
    check(&format!("{body}; c"), &[body, "c"]);
    check("CREATE FUNCTION f() BEGIN ATOMIC END; c", &["CREATE FUNCTION f() BEGIN ATOMIC END", "c"]);
    // Labels, columns and schemas of these names, and what only looks like a body.
    let body = "CREATE FUNCTION f() BEGIN ATOMIC SELECT a.end, b AS end, c end; SELECT case; SELECT (1;end); END";
    check(&format!("{body}; c"), &[body, "c"]);
    let body = r#"CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; "end"; END"#;
    check(&format!("{body}; c"), &[body, "c"]);
    check("CREATE FUNCTION begin() RETURN 1; c", &["CREATE FUNCTION begin() RETURN 1", "c"]);
    check(
        "CREATE FUNCTION a.begin(begin atomic) RETURN 1; c",
        &["CREATE FUNCTION a.begin(begin atomic) RETURN 1", "c"],
    );
    check(r#"CREATE FUNCTION f() "begin" atomic; c"#, &[r#"CREATE FUNCTION f() "begin" atomic"#, "c"]);
    check("CREATE TABLE begin atomic; c", &["CREATE TABLE begin atomic", "c"]);
    check("SELECT begin atomic; c", &["SELECT begin atomic", "c"]);
    check(
        "CREATE FUNCTION f() RETURN 1; SELECT begin atomic; c",
        &["CREATE FUNCTION f() RETURN 1", "SELECT begin atomic", "c"],
    );
}

#[test]
fn what_has_no_end_is_named_where_it_began() {
    use SplitErrorKind::*;
    refuse("a; 'b;c", UnterminatedString, "'b;c");
    refuse("a; E'b\\';c", UnterminatedString, "E'b\\';c");
    refuse("a; E'b\\", UnterminatedString, "E'b\\");
    refuse("a; E'b'\n 'c", UnterminatedString, "E'b'\n 'c");
    refuse("a; u&'b", UnterminatedString, "u&'b");
    refuse("a; \"b;c", UnterminatedIdentifier, "\"b;c");
    refuse("a; $x$b;$X$", UnterminatedDollarQuote, "$x$b;$X$");
    refuse("a; $$", UnterminatedDollarQuote, "$$");
    refuse("a; /* /* */", UnterminatedComment, "/* /* */");
    refuse("a; /*/", UnterminatedComment, "/*/");
    refuse("a (b; (c); d", UnclosedParenthesis, "(b; (c); d");
    refuse("CREATE FUNCTION f() BEGIN ATOMIC a; b;", UnterminatedBody, "BEGIN ATOMIC a; b;");
    refuse("a; b\0", Nul, "\0");
}

#[test]
fn psql_commands() {
    let kind = SplitErrorKind::PsqlCommand;
    refuse("a;\n\\connect x\nb", kind, "\\connect x\nb");
    refuse("\\restrict abc", kind, "\\restrict abc");
    refuse("a \\g", kind, "\\g");
    check("-- \\x\n'\\x'/*\\x*/", &["'\\x'"]);
    check("\"\\x\" $$\\x$$", &["\"\\x\" $$\\x$$"]);
}

#[test]
fn copy_from_stdin() {
    let kind = SplitErrorKind::CopyFromStdin;
    refuse("a; COPY t FROM STDIN;\n1\\t'\n\\.\n", kind, "COPY t FROM STDIN;\n1\\t'\n\\.\n");
    refuse(
        "copy s.t (a, b) /* x */ From -- y\n stdin WITH (FORMAT csv)",
        kind,
        "copy s.t (a, b) /* x */ From -- y\n stdin WITH (FORMAT csv)",
    );
    refuse("COPY s.from FROM stdout", kind, "COPY s.from FROM stdout");
    refuse("COPY binary \"t\" FROM stdin", kind, "COPY binary \"t\" FROM stdin");
    for allowed in [
        "COPY t FROM 'stdin'",
        "COPY t FROM PROGRAM 'x'",
        "COPY (SELECT * FROM stdin) TO 'x'",
        "COPY t TO stdout",
        "COPY t(\"from\", stdin) FROM '/x'",
        "SELECT copy FROM stdin",
    ] {
        check(allowed, &[allowed]);
    }
}

#[test]
fn the_transaction_around_a_script_is_dropped() {
    check("BEGIN; a; b; COMMIT;", &["a", "b"]);
    check("-- x\nbegin transaction;\na;\nend transaction;\n-- y", &["a"]);
    check("BEGIN WORK; a; COMMIT WORK", &["a"]);
    check("START TRANSACTION READ WRITE; a; COMMIT AND NO CHAIN", &["a"]);
    check("BEGIN ISOLATION LEVEL READ COMMITTED; a; COMMIT", &["a"]);
    check("BEGIN; COMMIT", &[]);
    refuse(
        "-- x\nBEGIN ISOLATION LEVEL SERIALIZABLE; a; COMMIT",
        SplitErrorKind::TransactionMode,
        "BEGIN ISOLATION LEVEL SERIALIZABLE; a; COMMIT",
    );
    refuse(
        "START TRANSACTION READ ONLY; a; COMMIT",
        SplitErrorKind::TransactionMode,
        "START TRANSACTION READ ONLY; a; COMMIT",
    );
    let mode = Mode::NonTransactional;
    refuse_in(mode, "BEGIN; a; COMMIT", SplitErrorKind::WrappedNonTransactional, "BEGIN; a; COMMIT");
}

#[test]
fn other_transaction_control_is_refused() {
    for (sql, command, rest) in [
        ("BEGIN; a", "BEGIN", "BEGIN; a"),
        ("a; COMMIT", "COMMIT", "COMMIT"),
        ("a; end", "END", "end"),
        ("a; BEGIN; b; COMMIT", "BEGIN", "BEGIN; b; COMMIT"),
        ("BEGIN; a; COMMIT; b", "BEGIN", "BEGIN; a; COMMIT; b"),
        ("BEGIN; a; COMMIT; BEGIN; b; COMMIT", "COMMIT", "COMMIT; BEGIN; b; COMMIT"),
        ("BEGIN; a; ROLLBACK", "BEGIN", "BEGIN; a; ROLLBACK"),
        ("BEGIN; a; COMMIT AND CHAIN", "BEGIN", "BEGIN; a; COMMIT AND CHAIN"),
        ("BEGIN; COMMIT PREPARED 'x'", "BEGIN", "BEGIN; COMMIT PREPARED 'x'"),
        ("COMMIT PREPARED 'x'", "COMMIT PREPARED", "COMMIT PREPARED 'x'"),
        ("start /* */ transaction", "START TRANSACTION", "start /* */ transaction"),
        ("ROLLBACK TO x", "ROLLBACK", "ROLLBACK TO x"),
        ("abort", "ABORT", "abort"),
        ("SAVEPOINT x", "SAVEPOINT", "SAVEPOINT x"),
        ("RELEASE x", "RELEASE SAVEPOINT", "RELEASE x"),
        ("PREPARE TRANSACTION 'x'", "PREPARE TRANSACTION", "PREPARE TRANSACTION 'x'"),
        ("SET TRANSACTION READ ONLY", "SET TRANSACTION", "SET TRANSACTION READ ONLY"),
        ("SET LOCAL TRANSACTION SNAPSHOT 'x'", "SET TRANSACTION", "SET LOCAL TRANSACTION SNAPSHOT 'x'"),
        (
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
            "SET SESSION CHARACTERISTICS",
            "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        ),
    ] {
        refuse_in(Mode::Transactional, sql, SplitErrorKind::TransactionControl { command }, rest);
        if !(sql.starts_with("BEGIN") && sql.ends_with("COMMIT")) {
            refuse_in(Mode::NonTransactional, sql, SplitErrorKind::TransactionControl { command }, rest);
        }
    }
    for allowed in [
        "DO $$ BEGIN a; END $$",
        "SELECT 1 AS end",
        "PREPARE transaction AS SELECT 1",
        "SET SESSION search_path = a",
        "SET transaction_timeout = 0",
        "begin_x",
        "\"begin\"",
        "DEALLOCATE ALL",
    ] {
        check(allowed, &[allowed]);
    }
}

#[test]
fn kinds() {
    use StatementKind::*;
    for sql in [
        "CREATE INDEX CONCURRENTLY i ON t (a)",
        "create unique index /* x */ concurrently if not exists i on t (a)",
        "DROP INDEX CONCURRENTLY IF EXISTS i",
        "REINDEX TABLE CONCURRENTLY t",
        "REINDEX (VERBOSE) SCHEMA CONCURRENTLY s",
        "REINDEX (VERBOSE, CONCURRENTLY) TABLE t",
        "ALTER TABLE IF EXISTS a.b DETACH PARTITION c.d CONCURRENTLY",
    ] {
        check_kind(sql, Concurrently);
    }
    for sql in [
        "CREATE INDEX i ON t (concurrently)",
        "CREATE INDEX \"concurrently\" ON t (a)",
        "DROP INDEX a.concurrently",
        "REINDEX (CONCURRENTLY false) TABLE t",
        "REINDEX (CONCURRENTLY 0) TABLE t",
        "REINDEX TABLE s.concurrently",
        "ALTER TABLE a DETACH PARTITION b",
        "ALTER TABLE a DETACH PARTITION b FINALIZE",
        "ALTER TABLE a ADD COLUMN b text DEFAULT 'concurrently'",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY v",
        "COMMENT ON INDEX i IS 'create index concurrently'",
        "1",
    ] {
        check_kind(sql, Other);
    }
    for (sql, has_schema) in [
        ("CREATE EXTENSION hstore", false),
        ("CREATE EXTENSION IF NOT EXISTS \"uuid-ossp\"", false),
        ("CREATE EXTENSION IF NOT EXISTS schema CASCADE", false),
        ("CREATE EXTENSION schema", false),
        ("CREATE EXTENSION if SCHEMA s", true),
        ("create extension if not exists citext with schema public", true),
        ("CREATE EXTENSION x VERSION '1' CASCADE SCHEMA s", true),
    ] {
        check_kind(sql, CreateExtension { has_schema });
    }
}

#[test]
fn messages_say_what_to_do() {
    let error = split("a; ROLLBACK", Mode::Transactional).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`ROLLBACK` cannot be used in a migration, whose transactions are managed for it: remove it, or split the \
         migration there in two"
    );
}

#[test]
fn lines_and_columns() {
    for (sql, offset, expected) in [
        ("", 0, (1, 1)),
        ("ab", 1, (1, 2)),
        ("é'", 2, (1, 2)),
        ("a\r\nb", 3, (2, 1)),
        ("a\n\n", 3, (3, 1)),
        ("a", 9, (1, 2)),
        ("\u{feff}a", 3, (1, 1)),
    ] {
        assert_eq!(line_column(sql, offset), expected, "{sql:?} {offset}");
    }
}
