//! Which statements a dump may hold: those of the kinds that a dump has.

use crate::migration::{Mode, split};
use crate::run::Failure;

use super::{CopyError, failed};

/// How statements of a dump begin. What they name is another matter, which the guard at the end looks at.
const FORMS: [&str; 30] = [
    "CREATE TYPE ",
    "CREATE DOMAIN ",
    "CREATE FUNCTION ",
    "CREATE PROCEDURE ",
    "CREATE AGGREGATE ",
    "CREATE SEQUENCE ",
    "CREATE UNLOGGED SEQUENCE ",
    "CREATE TABLE ",
    "CREATE UNLOGGED TABLE ",
    "CREATE INDEX ",
    "CREATE UNIQUE INDEX ",
    "CREATE VIEW ",
    "CREATE MATERIALIZED VIEW ",
    "CREATE RULE ",
    "CREATE TRIGGER ",
    "CREATE CONSTRAINT TRIGGER ",
    "CREATE POLICY ",
    "CREATE STATISTICS ",
    "ALTER TABLE ",
    "ALTER DOMAIN ",
    "ALTER SEQUENCE ",
    "ALTER INDEX ",
    "ALTER ROUTINE ",
    "ALTER STATISTICS ",
    "ALTER TYPE ",
    "ALTER POLICY ",
    "ALTER DEFAULT PRIVILEGES ",
    "COMMENT ON ",
    "REFRESH MATERIALIZED VIEW ",
    "GRANT ",
];

/// Refuses what no dump has.
pub(super) fn allowed(sql: &str) -> Result<(), CopyError> {
    let is_of_a_form = FORMS.iter().any(|form| sql.starts_with(form)) || sql.starts_with("REVOKE ");
    let is_one = split(sql, Mode::Transactional).is_ok_and(|statements| statements.len() == 1);
    if is_of_a_form && is_one && names_a_kind(sql) {
        return Ok(());
    }
    let beginning: String = sql.split_whitespace().take(6).collect::<Vec<_>>().join(" ");
    let failure = Failure::refused(format!("the dump has a statement that no dump has: {beginning:?}"));
    Err(failed(failure.with_hint("nothing of it is loaded; dump the tenant anew")))
}

/// Whether a right or a comment is of a kind of object that a schema has.
fn names_a_kind(sql: &str) -> bool {
    const GRANTED: [&str; 5] = ["TABLE", "SEQUENCE", "ROUTINE", "TYPE", "SCHEMA"];
    const COMMENTED: [&str; 16] = [
        "TABLE",
        "COLUMN",
        "VIEW",
        "MATERIALIZED",
        "SEQUENCE",
        "INDEX",
        "ROUTINE",
        "TYPE",
        "DOMAIN",
        "CONSTRAINT",
        "TRIGGER",
        "POLICY",
        "RULE",
        "STATISTICS",
        "SCHEMA",
        "AGGREGATE",
    ];
    let kinds: &[&str] = if sql.starts_with("COMMENT ON ") {
        &COMMENTED
    } else if sql.starts_with("GRANT ") || sql.starts_with("REVOKE ") {
        &GRANTED
    } else {
        return true;
    };
    let mut words = words(sql).into_iter().skip_while(|word| *word != "ON").skip(1);
    let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    kinds.contains(&kind) && (kind != "SCHEMA" || name == ":schema:")
}

/// The words of a statement, as they are parted by spaces outside of quotes.
fn words(sql: &str) -> Vec<&str> {
    let (mut words, mut start, mut quote) = (Vec::new(), 0, None);
    for (at, c) in sql.char_indices() {
        match quote {
            Some(open) if open == c => quote = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c.is_whitespace() => {
                words.extend(Some(&sql[start..at]).filter(|word| !word.is_empty()));
                start = at + c.len_utf8();
            }
            None => {}
        }
    }
    words.extend(Some(&sql[start..]).filter(|word| !word.is_empty()));
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_schema_has_is_granted_and_commented() {
        for sql in [
            "GRANT SELECT (\"a ON PARAMETER \"), UPDATE (b) ON TABLE t TO x",
            "REVOKE ALL ON ROUTINE f(a integer) FROM PUBLIC",
            "GRANT USAGE ON SCHEMA :schema: TO x",
            "COMMENT ON COLUMN t.a IS 'x'",
            "COMMENT ON MATERIALIZED VIEW v IS 'ON ROLE'",
        ] {
            assert!(allowed(sql).is_ok(), "{sql}");
        }
        for sql in [
            "GRANT ALTER SYSTEM ON PARAMETER work_mem TO x",
            "GRANT SELECT (\"a ON TABLE t\") ON PARAMETER b TO x",
            "GRANT CREATE ON TABLESPACE pg_default TO x",
            "GRANT a TO b",
            "GRANT a\nTO b",
            "GRANT USAGE ON SCHEMA public TO x",
            "COMMENT ON ROLE postgres IS 'x'",
            "COMMENT ON DATABASE d IS 'x'",
            "COMMENT ON SCHEMA public IS 'x'",
        ] {
            assert!(allowed(sql).is_err(), "{sql}");
        }
    }
}
