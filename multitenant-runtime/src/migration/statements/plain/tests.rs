use crate::ident::Identifier;

use super::Effects;

/// The names that must be asked for, or that it is not plain.
#[track_caller]
fn check(sql: &str, expected: &str) {
    let statements: Vec<&str> = sql.split(';').map(str::trim).filter(|statement| !statement.is_empty()).collect();
    let said = Effects::of(statements)
        .map(|effects| effects.names.iter().map(Identifier::quoted).collect::<Vec<_>>().join(" "));
    assert_eq!(said.as_deref().unwrap_or("not plain"), expected, "{sql}");
}

#[test]
fn new_tables_change_nothing() {
    for sql in [
        "CREATE TABLE notes (id bigint NOT NULL, body text)",
        "create table if not exists notes (id bigserial primary key, a varchar(50)[], b numeric(12, 2) default 0.5)",
        "CREATE TABLE a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL UNIQUE, \
         created_at timestamptz NOT NULL DEFAULT now(), state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'shut')))",
        "CREATE TABLE lines (a bigint NOT NULL REFERENCES orders ON DELETE CASCADE, b int REFERENCES \"Plans\" (id), \
         q integer NOT NULL CHECK (q > 0 AND (q <> 7)), PRIMARY KEY (a, b), CONSTRAINT x FOREIGN KEY (b) REFERENCES c (d))",
        "CREATE TABLE a (m mood NOT NULL, e \"Mine\")",
        "CREATE TABLE a (j jsonb DEFAULT '{}'::jsonb, d double precision, t timestamp with time zone, i interval DEFAULT interval '1 day')",
        "CREATE TYPE mood AS ENUM ('ok', 'sad')",
        "COMMENT ON TABLE a IS 'x'; COMMENT ON COLUMN public.a.b IS NULL",
        "CREATE TABLE a (b int); CREATE UNIQUE INDEX ON a (b DESC NULLS LAST); CREATE INDEX c ON a USING gin (b); \
         CREATE INDEX d ON ONLY a (b) INCLUDE (b) WHERE b IS NOT NULL AND b IS NULL; ALTER TABLE a ADD COLUMN d int; \
         DROP INDEX c; DROP TABLE a",
    ] {
        check(sql, "");
    }
}

#[test]
fn changes_are_told_by_name() {
    check("ALTER TABLE notes ADD COLUMN priority integer", r#""notes""#);
    check(
        r#"alter table if exists only "No""tes" add a int, add column if not exists b text default 'x' not null"#,
        r#""No""tes""#,
    );
    check("ALTER TABLE Notes DROP COLUMN a, DROP CONSTRAINT IF EXISTS b RESTRICT, ALTER a DROP NOT NULL", r#""notes""#);
    check("ALTER TABLE a ALTER COLUMN b SET DEFAULT -1.5, ALTER b DROP DEFAULT, ALTER b SET DEFAULT now()", r#""a""#);
    check(
        "ALTER TABLE a ADD b boolean DEFAULT true, ADD c date DEFAULT CURRENT_DATE, ADD d numeric(1,2) DEFAULT 0",
        r#""a""#,
    );
    check(
        "ALTER TABLE a RENAME b TO c; ALTER TABLE a RENAME COLUMN c TO d; ALTER TABLE a RENAME CONSTRAINT e TO f",
        r#""a""#,
    );
    check("CREATE INDEX a ON b (c); CREATE INDEX ON d (e)", r#""b" "d""#);
    check("DROP TABLE IF EXISTS a, b RESTRICT", r#""a" "b""#);
    check("ALTER TABLE a RENAME TO b; ALTER TABLE b ADD c int", r#""a""#);
}

#[test]
fn a_name_that_may_mean_something_else_by_then_is_not_plain() {
    check("DROP TABLE a; ALTER TABLE a ADD b int", "not plain");
    check("ALTER TABLE IF EXISTS a RENAME TO b; ALTER TABLE b DROP COLUMN c", "not plain");
    check("ALTER TABLE IF EXISTS a RENAME b TO c", "not plain");
    check("ALTER TABLE a DROP COLUMN b; ALTER TABLE a_b RENAME TO a_c", "not plain");
    check("ALTER TABLE a DROP COLUMN b; ALTER TABLE a_b RENAME COLUMN c TO d", "not plain");
    check("ALTER TABLE i RENAME TO j; ALTER TABLE a DROP COLUMN b; ALTER TABLE j RENAME TO k", "not plain");
    check("DROP TABLE a; ALTER TABLE b ADD b int", "not plain");
    check("CREATE TABLE a (b int); DROP TABLE a; ALTER TABLE a ADD b int", "not plain");
    check("CREATE TABLE a (b int); ALTER TABLE a RENAME TO b; ALTER TABLE a ADD b int", "not plain");
    check("CREATE TABLE a (b int); CREATE INDEX c ON a (b); ALTER TABLE a DROP COLUMN b; DROP INDEX c", "not plain");
    check("CREATE TABLE a (b int); CREATE INDEX c ON a (b); DROP TABLE a; DROP INDEX c", "not plain");
    check("ALTER TABLE a RENAME CONSTRAINT b TO c; DROP INDEX b", "not plain");
    check("ALTER TABLE a DROP COLUMN b; ALTER TABLE a DROP COLUMN c; ALTER TABLE d ADD e int", r#""a" "d""#);
    check("DROP TABLE a; CREATE TABLE a (b int); ALTER TABLE a ADD c int", r#""a""#);
}

#[test]
fn whatever_else_there_is_is_not_plain() {
    for sql in [
        "SELECT 1",
        "INSERT INTO a VALUES (1)",
        "DO 'BEGIN END'",
        "SET search_path = a",
        "CREATE TABLE a AS SELECT 1",
        "CREATE TABLE a (LIKE b)",
        "CREATE TABLE a (b int) INHERITS (c)",
        "CREATE TABLE a (b int) PARTITION BY LIST (b)",
        "CREATE TABLE a PARTITION OF b DEFAULT",
        "CREATE TABLE a OF b",
        "CREATE TABLE a (b int) WITH (fillfactor = 10)",
        "CREATE TABLE a (b int) TABLESPACE c",
        "CREATE TABLE public.a (b int)",
        "CREATE TABLE \"public\".\"a\" (b int)",
        "CREATE TEMP TABLE a (b int)",
        "CREATE UNLOGGED TABLE a (b int)",
        "CREATE TABLE ä (b int)",
        "CREATE TABLE U&\"\\0041\" (b int)",
        "CREATE TABLE a (b int, EXCLUDE (b WITH =))",
        "CREATE TABLE a (b int GENERATED ALWAYS AS (1 + 1) STORED)",
        "CREATE TABLE a (b int DEFAULT f())",
        "CREATE TABLE a (b int DEFAULT now(f()))",
        "CREATE TABLE a (b int DEFAULT public.f())",
        "CREATE TABLE a (b int DEFAULT \"now\"())",
        "CREATE TABLE a (b mood DEFAULT 'ok')",
        "CREATE TABLE a (b text DEFAULT 'ok'::mood)",
        "CREATE TABLE a (b text DEFAULT CAST('ok' AS mood))",
        "CREATE TABLE a (b text DEFAULT mood 'ok')",
        "CREATE TABLE a (b text CHECK (b OPERATOR(public.=) 'x'))",
        "CREATE TABLE a (b text DEFAULT $$x$$)",
        "CREATE TABLE a (b text DEFAULT E'x')",
        "CREATE INDEX ON a (lower(b))",
        "CREATE INDEX ON a ((b))",
        "CREATE INDEX ON a (b text_pattern_ops)",
        "CREATE INDEX ON a (b COLLATE \"C\")",
        "CREATE INDEX ON a (b) WHERE b > 1",
        "CREATE INDEX ON a.b (c)",
        "CREATE INDEX CONCURRENTLY ON a (b)",
        "CREATE INDEX CONCURRENTLY c ON a (b)",
        "CREATE TYPE a AS (b int)",
        "CREATE TYPE a",
        "CREATE FUNCTION a() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE OR REPLACE VIEW a AS SELECT 1",
        "ALTER TABLE public.a ADD b int",
        "ALTER TABLE a ADD b mood",
        "ALTER TABLE a ADD b serial",
        "ALTER TABLE a ADD b int UNIQUE",
        "ALTER TABLE a ADD b int REFERENCES c",
        "ALTER TABLE a ADD b int CHECK (b > 0)",
        "ALTER TABLE a ADD b int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE a ADD b uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE a ADD b int DEFAULT 'x'::int",
        "ALTER TABLE a ADD b uuid DEFAULT 1",
        "ALTER TABLE a ADD b int[] DEFAULT 1",
        "ALTER TABLE a ADD CHECK (b > 0)",
        "ALTER TABLE a ADD CONSTRAINT b CHECK (c > 0)",
        "ALTER TABLE a ADD PRIMARY KEY (b)",
        "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES c",
        "ALTER TABLE a DROP COLUMN b CASCADE",
        "ALTER TABLE a ALTER b TYPE bigint",
        "ALTER TABLE a ALTER b SET NOT NULL",
        "ALTER TABLE a ALTER b SET DEFAULT 'x'",
        "ALTER TABLE a ALTER b SET STATISTICS 7",
        "ALTER TABLE a OWNER TO b",
        "ALTER TABLE a SET SCHEMA b",
        "ALTER TABLE a ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE a ATTACH PARTITION b DEFAULT",
        "ALTER TABLE a INHERIT b",
        "ALTER INDEX a RENAME TO b",
        "ALTER TYPE a ADD VALUE 'b'",
        "DROP TABLE a CASCADE",
        "DROP TABLE public.a",
        "DROP INDEX CONCURRENTLY a",
        "DROP TYPE a",
        "DROP SCHEMA a",
        "COMMENT ON SCHEMA a IS 'x'",
        "COMMENT ON EXTENSION a IS 'x'",
    ] {
        check(sql, "not plain");
    }
    check(&format!("ALTER TABLE {} ADD b int", "a".repeat(64)), "not plain");
}
