//! From a dump of a scratch schema to statements that name no schema of their own.
//!
//! Pure. What it makes is right only if the proof says so: a name that was taken out of a text in which it meant
//! something else changes what that text says, and the comparison finds it.

use crate::ident::{SchemaName, literal};
use crate::migration::{Mode, split};

/// How a dump was made, and what its text will be run under.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin<'a> {
    /// The scratch schema, whose name is random and needs quotes.
    pub(super) schema: &'a SchemaName,
    /// The comment by which it is known to be one.
    pub(super) mark: &'a str,
    /// The role that made it, and will run the text.
    pub(super) role: &'a str,
    /// The schemas that follow the tenant's in its `search_path`.
    pub(super) after_tenant: &'a [SchemaName],
    /// When it was filled, as the dump writes it: in rows it stands for the moment in which a schema is made.
    pub(super) moment: Option<[&'a str; 2]>,
}

/// Settings of a dump that say what a statement after them makes. The others are the client's own affair.
const MEANT: [&str; 4] = ["default_tablespace", "default_table_access_method", "check_function_bodies", "xmloption"];

/// The statements that make, under a tenant's `search_path`, what was dumped.
///
/// # Errors
///
/// Where the schema's name stands for more than the place of an object.
pub(super) fn statements(dump: &str, origin: Origin<'_>) -> Result<Vec<String>, String> {
    // Newer pg_dumps lock the session of psql so; the server does not know these.
    let is_psql_s = |line: &&str| line.starts_with("\\restrict ") || line.starts_with("\\unrestrict ");
    let sql: String = dump.split_inclusive('\n').filter(|line| !is_psql_s(line)).collect();
    let split = split(&sql, Mode::Transactional).map_err(|error| format!("pg_dump's text cannot be split: {error}"))?;
    let mut statements = Vec::with_capacity(split.len());
    for statement in split {
        let statement = &sql[statement.range];
        if !is_the_scratch_schema_s(statement, origin) {
            statements.extend(without_schema(statement, origin)?);
        }
    }
    Ok(statements)
}

/// One text, which is split into the same statements again.
pub(super) fn join(statements: &[String]) -> Result<String, String> {
    let text = statements.join(";\n");
    if split_again(&text).is_some_and(|again| again == statements) {
        Ok(text)
    } else {
        Err("its statements cannot be told apart again".to_owned())
    }
}

/// The statements of a text that was joined.
pub(super) fn split_again(text: &str) -> Option<Vec<String>> {
    let split = split(text, Mode::Transactional).ok()?;
    Some(split.into_iter().map(|statement| text[statement.range].to_owned()).collect())
}

/// What a creation does for itself.
fn is_the_scratch_schema_s(statement: &str, origin: Origin<'_>) -> bool {
    let schema = origin.schema.quoted();
    let mark = literal(origin.mark);
    statement == format!("CREATE SCHEMA {schema}")
        || statement == format!("COMMENT ON SCHEMA {schema} IS {}", mark.trim_start())
}

fn without_schema(statement: &str, origin: Origin<'_>) -> Result<Option<String>, String> {
    if let Some(setting) = statement.strip_prefix("SET ") {
        let name = setting.split([' ', '=']).next().unwrap_or_default();
        return Ok(MEANT.contains(&name).then(|| format!("SET LOCAL {setting}")));
    }
    if statement.starts_with("SELECT pg_catalog.set_config('search_path'") || gives_to_oneself(statement, origin.role) {
        return Ok(None);
    }
    let quoted = origin.schema.quoted();
    let mut text = statement.to_owned();
    if text.starts_with("CREATE FUNCTION ") || text.starts_with("CREATE PROCEDURE ") {
        text = text.replacen(&setting_of_a_function(origin), "\n    SET search_path FROM CURRENT", 1);
    }
    text = text.replace(&format!("{quoted}."), "");
    if text.starts_with("INSERT INTO ") {
        // A value that is the name, and nothing else, came from here.
        text = text.replace(&literal(origin.schema.as_str()), "pg_catalog.current_schema()::text");
        for moment in origin.moment.iter().flatten() {
            text = text.replace(&format!("'{moment}'"), "pg_catalog.now()");
        }
    }
    if !text.contains(origin.schema.as_str()) {
        return Ok(Some(text));
    }
    on_the_schema_itself(&text, &quoted).filter(|text| !text.contains(origin.schema.as_str())).map(Some).ok_or_else(
        || format!("the schema's own name is part of what the migrations make: {}", beginning(&text, origin.schema)),
    )
}

/// Whoever creates a tenant owns what is made; to say so would cost a statement for each object.
fn gives_to_oneself(statement: &str, role: &str) -> bool {
    let Some((object, owner)) = statement.rsplit_once(" OWNER TO ") else { return false };
    let quoted = crate::ident::Identifier::new(role).map(|role| role.quoted());
    object.starts_with("ALTER ") && !object.contains('\'') && (owner == role || quoted.is_ok_and(|q| owner == q))
}

/// The path of a tenant, as `pg_dump` writes that of a function which was made with `SET search_path FROM CURRENT`.
fn setting_of_a_function(origin: Origin<'_>) -> String {
    let names = std::iter::once(origin.schema).chain(origin.after_tenant).map(|schema| literal(schema.as_str()));
    format!("\n    SET search_path TO {}", names.collect::<Vec<_>>().join(", "))
}

/// Privileges on the schema itself, or of what will be made there, which no statement can name without its name.
fn on_the_schema_itself(text: &str, quoted: &str) -> Option<String> {
    const ABOUT_PRIVILEGES: [&str; 3] = ["GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES "];
    let (before, after) = text.split_once(&format!(" SCHEMA {quoted} "))?;
    let is_one = ABOUT_PRIVILEGES.iter().any(|verb| text.starts_with(verb));
    // `%` is what `format` replaces, and a literal inside of one more is not worth its risks.
    let is_plain = !text.contains(['%', '\'', '\\', '$']);
    (is_one && is_plain).then(|| {
        format!(
            "DO $$ BEGIN EXECUTE pg_catalog.format('{before} SCHEMA %I {after}', pg_catalog.current_schema()); END $$"
        )
    })
}

/// Enough of a statement to find it by.
fn beginning(statement: &str, schema: &SchemaName) -> String {
    const SHOWN: usize = 120;
    let line = statement.split_whitespace().collect::<Vec<_>>().join(" ").replace(schema.as_str(), "…");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "it's a scratch";
    const MOMENT: [&str; 2] = ["2026-11-26 10:11:12.131415+00", "2026-11-26 10:11:12.131415"];

    fn run(dump: &str) -> Result<Vec<String>, String> {
        let schema = SchemaName::new("Snapshot 1f").unwrap();
        let after_tenant = [SchemaName::new("public").unwrap(), SchemaName::new("it's").unwrap()];
        statements(
            dump,
            Origin { schema: &schema, mark: MARK, role: "app", after_tenant: &after_tenant, moment: Some(MOMENT) },
        )
    }

    #[track_caller]
    fn check(dump: &str, expected: &[&str]) {
        let statements = run(dump).unwrap();
        assert_eq!(statements, expected);
        assert_eq!(split_again(&join(&statements).unwrap()).unwrap(), expected);
    }

    #[test]
    fn the_frame_of_a_dump_is_left_out() {
        check(
            "--\n-- PostgreSQL database dump\n--\n\n\\restrict abc\n\nSET statement_timeout = 0;\nSET client_encoding = 'UTF8';\n\
             SET check_function_bodies = false;\nSET xmloption = content;\n\
             SELECT pg_catalog.set_config('search_path', '', false);\nCREATE SCHEMA \"Snapshot 1f\";\n\n\
             ALTER SCHEMA \"Snapshot 1f\" OWNER TO app;\nCOMMENT ON SCHEMA \"Snapshot 1f\" IS 'it''s a scratch';\n\
             SET default_table_access_method = heap;\n\\unrestrict abc\n",
            &[
                "SET LOCAL check_function_bodies = false",
                "SET LOCAL xmloption = content",
                "SET LOCAL default_table_access_method = heap",
            ],
        );
    }

    #[test]
    fn the_schema_s_name_and_its_dot_go() {
        check(
            "CREATE TABLE \"Snapshot 1f\".t (\n    id integer DEFAULT nextval('\"Snapshot 1f\".\"S\"'::regclass)\n);\n\
             ALTER TABLE \"Snapshot 1f\".t OWNER TO app;\nALTER TABLE \"Snapshot 1f\".t OWNER TO other;\n\
             ALTER TABLE ONLY \"Snapshot 1f\".t\n    ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES public.plans(id);\n\
             SELECT pg_catalog.setval('\"Snapshot 1f\".\"S\"', 1, false);",
            &[
                "CREATE TABLE t (\n    id integer DEFAULT nextval('\"S\"'::regclass)\n)",
                "ALTER TABLE t OWNER TO other",
                "ALTER TABLE ONLY t\n    ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES public.plans(id)",
                "SELECT pg_catalog.setval('\"S\"', 1, false)",
            ],
        );
    }

    #[test]
    fn a_function_keeps_the_path_that_is_its_own() {
        check(
            "CREATE FUNCTION \"Snapshot 1f\".f() RETURNS integer\n    LANGUAGE sql\n    \
             SET search_path TO 'Snapshot 1f', 'public', 'it''s'\n    AS $$select 1; select 2$$;\n\
             CREATE FUNCTION \"Snapshot 1f\".g() RETURNS integer\n    LANGUAGE sql\n    SET search_path TO 'public'\n    AS 'x';",
            &[
                "CREATE FUNCTION f() RETURNS integer\n    LANGUAGE sql\n    SET search_path FROM CURRENT\n    \
                 AS $$select 1; select 2$$",
                "CREATE FUNCTION g() RETURNS integer\n    LANGUAGE sql\n    SET search_path TO 'public'\n    AS 'x'",
            ],
        );
        let other =
            "CREATE FUNCTION \"Snapshot 1f\".f() RETURNS integer\n    SET search_path TO 'Snapshot 1f'\n    AS '';";
        assert!(run(other).unwrap_err().contains("CREATE FUNCTION f()"));
    }

    #[test]
    fn privileges_on_the_schema_are_given_on_the_current_one() {
        check(
            "GRANT USAGE ON SCHEMA \"Snapshot 1f\" TO \"Reader\";\n\
             ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA \"Snapshot 1f\" GRANT SELECT ON TABLES  TO reader;",
            &[
                "DO $$ BEGIN EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO \"Reader\"', pg_catalog.current_schema()); END $$",
                "DO $$ BEGIN EXECUTE pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE app IN SCHEMA %I GRANT SELECT \
                 ON TABLES  TO reader', pg_catalog.current_schema()); END $$",
            ],
        );
        assert!(run("GRANT USAGE ON SCHEMA \"Snapshot 1f\" TO \"100%\";").is_err());
        assert!(run("GRANT USAGE ON SCHEMA \"Snapshot 1f\" TO \"it's\";").is_err());
    }

    #[test]
    fn the_moment_of_the_making_is_the_moment_of_the_creation() {
        check(
            "INSERT INTO \"Snapshot 1f\".t VALUES\n\t(1, '2026-11-26 10:11:12.131415+00'),\n\t(2, '2026-11-26 10:11:12.131416');\n\
             INSERT INTO \"Snapshot 1f\".u VALUES ('2026-11-26 10:11:12.131415');",
            &[
                "INSERT INTO t VALUES\n\t(1, pg_catalog.now()),\n\t(2, '2026-11-26 10:11:12.131416')",
                "INSERT INTO u VALUES (pg_catalog.now())",
            ],
        );
    }

    #[test]
    fn a_value_that_is_the_schema_s_name_is_the_current_one_s() {
        check(
            "INSERT INTO \"Snapshot 1f\".t VALUES (1, 'Snapshot 1f');",
            &["INSERT INTO t VALUES (1, pg_catalog.current_schema()::text)"],
        );
    }

    #[test]
    fn the_name_anywhere_else_is_refused() {
        for statement in [
            "INSERT INTO \"Snapshot 1f\".t VALUES ('Snapshot 1f.t')",
            "CREATE INDEX \"Snapshot 1f_i\" ON \"Snapshot 1f\".t (id)",
            "COMMENT ON SCHEMA \"Snapshot 1f\" IS 'of somebody else'",
            "ALTER SCHEMA \"Snapshot 1f\" OWNER TO other",
            "CREATE FUNCTION \"Snapshot 1f\".f() RETURNS text LANGUAGE sql AS 'select \"Snapshot 1f\".g() || ''Snapshot 1f'''",
        ] {
            let reason = run(statement).unwrap_err();
            assert!(reason.contains("the schema's own name") && !reason.contains("Snapshot 1f"), "{reason}");
        }
        assert!(run("COPY x FROM stdin;\n").is_err());
    }
}
