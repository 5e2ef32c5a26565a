//! Fewer statements for the same: keys and identities go into the `CREATE TABLE` that they belong to.
//!
//! `pg_dump` adds them later, so that many rows are loaded faster; here there are few rows, and each `ALTER TABLE` costs
//! as much as a small table. Pure. What is not of the form that `pg_dump` writes is left alone, and where the proof does
//! not hold for the folded text, the other one is tried.

use std::collections::HashMap;

/// The statements, with what can be said in a table's own statement said there.
pub(super) fn fold(statements: &[String]) -> Vec<String> {
    // A partition's keys are attached to its parent's by statements of their own.
    if statements.iter().any(|statement| statement.contains(" ATTACH PARTITION ")) {
        return statements.to_vec();
    }
    let mut folded: Vec<String> = Vec::with_capacity(statements.len());
    let mut tables: HashMap<&str, usize> = HashMap::new();
    for statement in statements {
        if let Some(name) = table(statement) {
            tables.insert(name, folded.len());
        }
        let into = key(statement).or_else(|| identity(statement)).and_then(|(name, part)| {
            let at = *tables.get(name)?;
            Some((at, part.within(&folded[at])?))
        });
        match into {
            Some((at, table)) => folded[at] = table,
            None => folded.push(statement.clone()),
        }
    }
    folded
}

/// The table that the statement makes, where all its columns are written there.
fn table(statement: &str) -> Option<&str> {
    let rest = statement.strip_prefix("CREATE TABLE ").or_else(|| statement.strip_prefix("CREATE UNLOGGED TABLE "))?;
    let (name, _) = rest.split_once(" (\n")?;
    (!name.contains('\n') && rest.contains("\n)")).then_some(name)
}

/// What goes into a table's statement.
enum Part<'a> {
    Constraint(&'a str),
    Identity { column: &'a str, clause: &'a str },
}

/// `ALTER TABLE ONLY t ADD CONSTRAINT t_pkey PRIMARY KEY (id)`.
fn key(statement: &str) -> Option<(&str, Part<'_>)> {
    let (name, constraint) = statement.strip_prefix("ALTER TABLE ONLY ")?.split_once("\n    ADD CONSTRAINT ")?;
    let is_key = constraint.contains(" PRIMARY KEY (") || constraint.contains(" UNIQUE (");
    let is_one_line = !constraint.contains('\n') && !constraint.contains(" FOREIGN KEY ");
    (is_key && is_one_line).then_some((name, Part::Constraint(constraint)))
}

/// `ALTER TABLE t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (…)`.
fn identity(statement: &str) -> Option<(&str, Part<'_>)> {
    let (name, rest) = statement.strip_prefix("ALTER TABLE ")?.split_once(" ALTER COLUMN ")?;
    let (column, clause) = rest.split_once(" ADD GENERATED ")?;
    clause.contains(" AS IDENTITY (").then_some((name, Part::Identity { column, clause }))
}

impl Part<'_> {
    fn within(&self, table: &str) -> Option<String> {
        match self {
            Self::Constraint(constraint) => {
                let end = table.rfind("\n)")?;
                Some(format!("{},\n    CONSTRAINT {constraint}{}", &table[..end], &table[end..]))
            }
            Self::Identity { column, clause } => {
                let beginning = format!("\n    {column} ");
                let (at, _) =
                    table.match_indices(&beginning).next().filter(|_| table.matches(&beginning).count() == 1)?;
                let line = at + 1;
                let end = line + table[line..].find('\n')?;
                let end = if table[..end].ends_with(',') { end - 1 } else { end };
                Some(format!("{} GENERATED {clause}{}", &table[..end], &table[end..]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    fn check(statements: &[&str], expected: &[&str]) {
        let statements: Vec<String> = statements.iter().map(|&statement| statement.to_owned()).collect();
        assert_eq!(fold(&statements), expected);
    }

    #[test]
    fn keys_and_identities_go_into_their_table() {
        check(
            &[
                "CREATE TABLE \"T\" (\n    id bigint NOT NULL,\n    name text\n)\nWITH (fillfactor='70')",
                "ALTER TABLE \"T\" ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (\n    SEQUENCE NAME \"T_id_seq\"\n)",
                "INSERT INTO \"T\" VALUES (1, 'a')",
                "ALTER TABLE ONLY \"T\"\n    ADD CONSTRAINT \"T_pkey\" PRIMARY KEY (id)",
                "ALTER TABLE ONLY \"T\"\n    ADD CONSTRAINT u UNIQUE (name) DEFERRABLE",
                "ALTER TABLE ONLY \"T\"\n    ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES u(id)",
            ],
            &[
                "CREATE TABLE \"T\" (\n    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY (\n    SEQUENCE NAME \"T_id_seq\"\n),\n    \
                 name text,\n    CONSTRAINT \"T_pkey\" PRIMARY KEY (id),\n    CONSTRAINT u UNIQUE (name) DEFERRABLE\n)\n\
                 WITH (fillfactor='70')",
                "INSERT INTO \"T\" VALUES (1, 'a')",
                "ALTER TABLE ONLY \"T\"\n    ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES u(id)",
            ],
        );
    }

    #[test]
    fn what_is_of_another_form_is_left_alone() {
        for statements in [
            &["CREATE TABLE t OF place", "ALTER TABLE ONLY t\n    ADD CONSTRAINT k PRIMARY KEY (a)"][..],
            &["ALTER TABLE ONLY elsewhere\n    ADD CONSTRAINT k PRIMARY KEY (a)"],
            &[
                "CREATE TABLE t (\n    id int\n)",
                "ALTER TABLE t ALTER COLUMN other ADD GENERATED ALWAYS AS IDENTITY (\n    START WITH 1\n)",
            ],
            &[
                "CREATE TABLE p (\n    id int\n)\nPARTITION BY LIST (id)",
                "ALTER TABLE ONLY p ATTACH PARTITION c FOR VALUES IN (1)",
                "ALTER TABLE ONLY p\n    ADD CONSTRAINT k PRIMARY KEY (id)",
            ],
        ] {
            check(statements, statements);
        }
    }
}
