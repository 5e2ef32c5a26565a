use super::*;

fn check(sql: &str, expected: &[(&str, Place)]) {
    let found: Vec<_> = named(sql).into_iter().map(|name| (name.text, name.place)).collect();
    assert_eq!(found, expected, "{sql}");
}

use Place::{Hidden, Own, Subquery};

#[test]
fn own_tables() {
    check(r#"SELECT "users"."id" FROM "users" WHERE ("users"."id" = $1)"#, &[(r#""users""#, Own)]);
    check(r#"SELECT 1 FROM "app"."plans" AS "p" LIMIT $1 FOR UPDATE"#, &[(r#""app"."plans""#, Own)]);
    check(
        r#"SELECT x FROM (("a" INNER JOIN "b" ON ("a"."id" = "b"."id")) LEFT OUTER JOIN "c" AS "d" ON ("c"."x" = "b"."x"))"#,
        &[(r#""a""#, Own), (r#""b""#, Own), (r#""c""#, Own)],
    );
    check(r#"UPDATE "a" SET "x" = $1 WHERE ("a"."id" = $2) RETURNING "a"."id""#, &[(r#""a""#, Own)]);
    check(r#"DELETE  FROM "a" WHERE ("a"."id" = $2)"#, &[(r#""a""#, Own)]);
    check(
        r#"INSERT INTO "a" ("x") VALUES ($1), (DEFAULT) ON CONFLICT ("x") DO UPDATE SET "x" = excluded."x""#,
        &[(r#""a""#, Own)],
    );
    check(r#"SELECT 1 FROM "a", b"#, &[(r#""a""#, Own), ("b", Own)]);
}

#[test]
fn subqueries() {
    check(
        r#"SELECT x FROM "a" WHERE ("a"."x" IN (SELECT "b"."x" FROM "b" WHERE ("b"."id" = $1))) ORDER BY "a"."x""#,
        &[(r#""a""#, Own), (r#""b""#, Subquery)],
    );
    check(r#"SELECT EXISTS (SELECT 1 FROM "b")"#, &[(r#""b""#, Subquery)]);
    check(
        r#"SELECT (SELECT x FROM "b" LIMIT 1) FROM "a" ORDER BY (SELECT y FROM "c")"#,
        &[(r#""b""#, Subquery), (r#""a""#, Own), (r#""c""#, Subquery)],
    );
    check(r#"DELETE FROM "a" WHERE ("a"."x" = ANY(SELECT x FROM "b"))"#, &[(r#""a""#, Own), (r#""b""#, Subquery)]);
}

#[test]
fn what_types_do_not_show() {
    check(
        r#"SELECT 1 FROM "a" WHERE ("a"."x" IN (SELECT x FROM ("b" INNER JOIN "c" ON (true))))"#,
        &[(r#""a""#, Own), (r#""b""#, Subquery), (r#""c""#, Subquery)],
    );
    check(
        r#"SELECT 1 FROM "a" WHERE (x IN (SELECT (SELECT y FROM "c") FROM "b"))"#,
        &[(r#""a""#, Own), (r#""c""#, Hidden), (r#""b""#, Subquery)],
    );
    check(
        r#"SELECT 1 FROM "a" WHERE (x IN ((SELECT x FROM "b") UNION (SELECT x FROM "c")))"#,
        &[(r#""a""#, Own), (r#""b""#, Subquery), (r#""c""#, Subquery)],
    );
    check(
        r#"SELECT DISTINCT ON ((SELECT 1 FROM "b")) x FROM "a" GROUP BY (SELECT 1 FROM "c") HAVING (1 = (SELECT 1 FROM "d")) ORDER BY (SELECT 1 FROM "e")"#,
        &[(r#""b""#, Hidden), (r#""a""#, Own), (r#""c""#, Hidden), (r#""d""#, Hidden), (r#""e""#, Subquery)],
    );
    check(
        r#"UPDATE "a" SET "x" = (SELECT 1 FROM "b") WHERE (x IN (SELECT 1 FROM "c")) RETURNING (SELECT 1 FROM "d")"#,
        &[(r#""a""#, Own), (r#""b""#, Hidden), (r#""c""#, Subquery), (r#""d""#, Hidden)],
    );
    check(r#"INSERT INTO "a" ("x") SELECT "b"."x" FROM "b" WHERE (true)"#, &[(r#""a""#, Own), (r#""b""#, Hidden)]);
    check(
        r#"INSERT INTO "a" ("x") VALUES ((SELECT 1 FROM "b")) RETURNING (SELECT 1 FROM "c")"#,
        &[(r#""a""#, Own), (r#""b""#, Hidden), (r#""c""#, Hidden)],
    );
    check(
        r#"(SELECT 1 FROM "a") UNION ALL (SELECT 1 FROM "b") ORDER BY 1"#,
        &[(r#""a""#, Subquery), (r#""b""#, Subquery)],
    );
    check(r#"SELECT (TABLE b), "a"."table" FROM "a""#, &[("b", Subquery), (r#""a""#, Own)]);
    check(
        "SELECT 1 FROM \"a\" WHERE exists (select from b, c join d using (x))",
        &[(r#""a""#, Own), ("b", Subquery), ("c", Subquery), ("d", Subquery)],
    );
}

#[test]
fn distinct() {
    check(r#"SELECT DISTINCT "a"."x" FROM "a""#, &[(r#""a""#, Own)]);
    check(
        r#"SELECT 1 FROM "a" WHERE (x IN (SELECT DISTINCT "b"."x" FROM "b"))"#,
        &[(r#""a""#, Own), (r#""b""#, Subquery)],
    );
    check(r#"SELECT DISTINCT x FROM "a" WHERE (x IS DISTINCT FROM y)"#, &[(r#""a""#, Own)]);
}

#[test]
fn statements_that_begin_later() {
    for (sql, table) in [
        (r#"WITH x AS (SELECT 1) DELETE FROM "b""#, r#""b""#),
        (r#"WITH x AS (SELECT 1) UPDATE pg_settings SET setting = 'x'"#, "pg_settings"),
        (r#"SELECT 1 FROM "a" UNION ALL TABLE "b""#, r#""b""#),
        (r#"INSERT INTO "a" TABLE "b""#, r#""b""#),
        (r#"DELETE FROM "a" USING "b" WHERE true"#, r#""b""#),
        (r#"MERGE INTO "a" USING "b" ON true WHEN MATCHED THEN DO NOTHING"#, r#""b""#),
    ] {
        assert!(named(sql).iter().any(|name| name.text == table), "{sql}");
    }
    check(r#"SELECT 1 FROM "a" FOR NO KEY UPDATE SKIP LOCKED"#, &[(r#""a""#, Own)]);
    check(r#"SELECT 1 FROM "a" FOR UPDATE OF "a""#, &[(r#""a""#, Own)]);
}

#[test]
fn what_cannot_be_read() {
    for sql in [
        r#"SELECT 1 FROM "a" WHERE true /* don't */ AND x IN (SELECT 1 FROM b)"#,
        "SELECT 1 FROM \"a\" WHERE true -- it's\n AND x IN (SELECT 1 FROM b)",
        r#"SELECT E'it\'s' FROM "a""#,
        r#"SELECT $$it's$$ FROM "a""#,
        r#"SELECT $x$'$x$ FROM "a""#,
        r#"SELECT 1 FROM U&"\0062""#,
        // One word, or two: that is as the version of the server has it.
        "SELECT $1FROM b",
        "SELECT 1FROM b",
        "SELECT 1.5FROM b",
        "SELECT 1.FROM b",
        "SELECT 1e9FROM b",
        "SELECT 1eFROM b",
        r#"SELECT 1 FROM "a"; SELECT 1 FROM b"#,
    ] {
        assert_eq!(named(sql).last().map(|name| name.place), Some(Place::Unreadable), "{sql}");
    }
    check(r#"SELECT '-- /* E' FROM "a" WHERE x = $1 - -1 AND "e" = 'x'"#, &[(r#""a""#, Own)]);
}

#[test]
fn numbers() {
    for number in ["1", "1.", ".5", "1.5", "1e9", "1.e-9", "$1"] {
        check(&format!("SELECT {number} FROM b ; "), &[("b", Own)]);
    }
}

#[test]
fn names_of_more_than_ascii() {
    for name in ["users€x", "users\u{a0}x", "é", "€", "users\u{2003}"] {
        check(&format!("SELECT 1 FROM {name} WHERE true"), &[(name, Own)]);
    }
}

#[test]
fn keywords_behind_a_dot_are_names() {
    check("SELECT t.is distinct FROM b", &[("b", Own)]);
    check("SELECT t . is distinct FROM b", &[("b", Own)]);
    check(r#"SELECT "a".from, "a".select, "a"."join" FROM "a" WHERE a.table = a.update"#, &[(r#""a""#, Own)]);
    check("SELECT 1 FROM a WHERE a.where IN (1) AND a.x IN (SELECT b.from FROM b)", &[("a", Own), ("b", Subquery)]);
    check("SELECT a.* FROM a, b", &[("a", Own), ("b", Own)]);
}

#[test]
fn what_is_no_table() {
    check(
        r#"SELECT 'x FROM "b"', extract(year FROM "a"."t") FROM "a" WHERE ("a"."x" IS NOT DISTINCT FROM "a"."y")"#,
        &[(r#""a""#, Own)],
    );
    check(r#"SELECT "FROM", "a"" FROM b" FROM "a"""#, &[(r#""a"""#, Own)]);
    check(r#"SELECT "a"."from" FROM "a" WHERE substring("a"."x" from 2 for 3) = $1"#, &[(r#""a""#, Own)]);
    check("", &[]);
    check(")) FROM \"a", &[]);
}

#[test]
fn names_of_queries() {
    // `WITH` gives names that are no tables, for as long as its query lasts, and not in the query of that name itself.
    check(
        r#"WITH x AS (SELECT 1 FROM "a") SELECT 1 FROM x, "X", public.x"#,
        &[(r#""a""#, Subquery), (r#""X""#, Own), ("public.x", Own)],
    );
    check(
        "with \"x\" (i, j) as not materialized (select 1, 2), y as (select 1 from X) select 1 from x join Y on true",
        &[],
    );
    check(
        "WITH x AS (SELECT 1 FROM x) SELECT 1 FROM b WHERE (EXISTS (SELECT 1 FROM x))",
        &[("x", Subquery), ("b", Own)],
    );
    check("WITH RECURSIVE x AS (SELECT 1 FROM a UNION ALL SELECT 1 FROM x) SELECT 1 FROM x", &[("a", Subquery)]);
    check("(WITH x AS (SELECT 1) SELECT 1 FROM x) UNION SELECT 1 FROM x", &[("x", Own)]);
    check("SELECT 1 FROM x WHERE (y IN (WITH x AS (SELECT 1) SELECT 1 FROM x))", &[("x", Own)]);
}

#[test]
fn names_of_queries_do_not_hide_tables() {
    for sql in [
        // What is written to.
        "WITH x AS (SELECT 1) DELETE FROM x",
        "WITH x AS (SELECT 1) DELETE FROM ONLY x USING x AS y",
        "WITH x AS (SELECT 1) UPDATE x SET y = 1 FROM x AS z",
        "WITH x AS (SELECT 1) INSERT INTO x SELECT 1 FROM x",
        "WITH x AS (SELECT 1) MERGE INTO x USING x AS y ON true WHEN MATCHED THEN DO NOTHING",
        // Seen by the SELECT, and not by what follows it.
        "INSERT INTO a WITH x AS (SELECT 1) SELECT 1 FROM x RETURNING (SELECT 1 FROM x)",
        // Before it is given.
        "WITH y AS (SELECT 1 FROM x), x AS (SELECT 1) SELECT 1 FROM y",
        // Functions.
        "WITH x AS (SELECT 1) SELECT 1 FROM x(7)",
        // What cannot be understood.
        "WITH RECURSIVE y AS (SELECT 1) SEARCH DEPTH FIRST BY i, x SET z SELECT 1 FROM x",
        "WITH x SELECT 1 FROM x",
        "WITH SELECT 1 FROM x",
    ] {
        assert!(named(sql).iter().any(|name| name.text == "x"), "{sql}");
    }
}

#[test]
fn spellings() {
    let is = |one, other| Name { text: one, place: Own }.is(other);
    for (one, other) in [
        ("users", "\"users\""),
        ("USERS", "users"),
        ("App.\"users\"", "\"app\".\"users\""),
        ("\"a\"\"b\"", "\"a\"\"b\""),
    ] {
        assert!(is(one, other) && is(other, one), "{one} {other}");
    }
    for (one, other) in
        [("users", "\"Users\""), ("app.users", "users"), ("\"app.users\"", "app.users"), ("a", "\"a\"\"\"")]
    {
        assert!(!is(one, other) && !is(other, one), "{one} {other}");
    }
}
