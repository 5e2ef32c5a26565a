//! Whether rules fit a tenant's tables, and what they come to in SQL. Pure.

use crate::ident::{IdentError, Identifier, literal};

use super::rules::{Anonymise, AnonymiseRules, ROW};
use super::structure::{Column, Table};

/// What is wrong with the rules, as far as the catalogue tells; and the texts that the server is to read as a column's
/// type before anything is made: column, text, type.
pub(crate) fn wrong_rules<'r>(
    rules: &'r AnonymiseRules,
    tables: &'r [Table],
    withheld: &[&str],
) -> (Vec<String>, Vec<(String, &'r str, &'r str)>) {
    let (mut problems, mut constants) = (Vec::new(), Vec::new());
    for (table, column, rule) in rules.iter() {
        let named = format!("{table}.{column}");
        let Some(found) = tables.iter().find(|found| found.name == table) else {
            problems.push(format!("{named:?}: the tenant has no table {table:?}"));
            continue;
        };
        if withheld.contains(&table) {
            problems.push(format!("{named:?}: {table:?} says what was applied to the tenant, and stays as it is"));
            continue;
        }
        if found.generated.iter().any(|generated| generated == column) {
            problems.push(format!("{named:?}: the server generates this column; give a rule to what it is made of"));
            continue;
        }
        let Some(found) = found.columns.iter().find(|found| found.name == column) else {
            problems.push(format!("{named:?}: {table:?} has no column {column:?}"));
            continue;
        };
        match problem(found, rule) {
            Some(problem) => problems.push(format!("{named:?}: {problem}")),
            None => {
                if let Anonymise::Constant(text) = rule {
                    constants.push((named, text.as_str(), found.kind.as_str()));
                }
            }
        }
    }
    (problems, constants)
}

fn problem(column: &Column, rule: &Anonymise) -> Option<String> {
    if let Some(key) = &column.foreign_key {
        return Some(format!("the foreign key {key:?} holds it to another table's rows"));
    }
    let is_text = column.category == 'S';
    let too_long = |text: &str| column.length.is_some_and(|length| text.chars().count() > length as usize);
    match rule {
        Anonymise::Null if column.not_null => Some("it is NOT NULL".to_owned()),
        Anonymise::Null if column.null_is_a_value => Some("it is unique, and NULL counts there".to_owned()),
        Anonymise::Constant(_) if column.is_unique => {
            Some("it is unique, and a constant is the same in each row".to_owned())
        }
        Anonymise::Template(text) if column.is_unique && !text.contains(ROW) => {
            Some("it is unique, and a template without {row} is the same in each row".to_owned())
        }
        Anonymise::Template(_) | Anonymise::Hash if !is_text => {
            Some(format!("its type is {}, and a template or a hash is a text", column.kind))
        }
        Anonymise::Template(text) if too_long(&text.replace(ROW, "1")) => {
            Some(format!("the template is longer than {} characters", column.length.unwrap_or_default()))
        }
        Anonymise::Constant(text) if is_text && too_long(text) => {
            Some(format!("the constant is longer than {} characters", column.length.unwrap_or_default()))
        }
        _ => None,
    }
}

/// The columns of a table as they are written, and what is selected for them from `r`. `cast` is for a copy in another
/// schema, whose own types are others.
///
/// # Errors
///
/// Where a name cannot be one.
pub(crate) fn selected(
    table: &Table,
    rules: &AnonymiseRules,
    salt: &str,
    cast: bool,
) -> Result<(Vec<String>, Vec<String>), IdentError> {
    let mut names = Vec::with_capacity(table.columns.len());
    let mut values = Vec::with_capacity(table.columns.len());
    for column in &table.columns {
        let name = Identifier::new(&column.name)?.quoted();
        let value = format!("r.{name}");
        values.push(match rules.of(&table.name, &column.name) {
            None if cast && column.is_of_own_type => format!("{value}::pg_catalog.text::{}", column.kind),
            None => value,
            Some(Anonymise::Null) => "NULL".to_owned(),
            Some(Anonymise::Constant(text)) => format!("{}::{}", literal(text), column.kind),
            Some(Anonymise::Hash) => {
                let hash = format!(
                    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to({} || {value}::pg_catalog.text, 'UTF8')), 'hex')",
                    literal(salt)
                );
                column.length.map_or_else(|| hash.clone(), |length| format!("pg_catalog.left({hash}, {length})"))
            }
            Some(Anonymise::Template(text)) => {
                let parts: Vec<String> = text.split(ROW).map(literal).collect();
                let number = " || (pg_catalog.row_number() OVER ())::pg_catalog.text || ";
                format!("CASE WHEN {value} IS NOT NULL THEN ({})::pg_catalog.text END", parts.join(number))
            }
        });
        names.push(name);
    }
    Ok((names, values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str, category: char) -> Column {
        Column {
            name: name.to_owned(),
            kind: "text".to_owned(),
            category,
            not_null: false,
            is_unique: false,
            null_is_a_value: false,
            foreign_key: None,
            length: None,
            is_of_own_type: false,
        }
    }

    fn check(column: Column, rule: Anonymise, expected: &str) {
        let name = column.name.clone();
        let table = Table {
            name: "t".to_owned(),
            is_partitioned: false,
            parents: Vec::new(),
            columns: vec![column],
            generated: vec!["made".to_owned()],
        };
        let rules = AnonymiseRules::new().column(&format!("t.{name}"), rule).unwrap();
        let (problems, _) = wrong_rules(&rules, &[table], &["history"]);
        if expected.is_empty() {
            assert_eq!(problems, [""; 0]);
        } else {
            assert!(problems.len() == 1 && problems[0].contains(expected), "{problems:?}");
        }
    }

    #[test]
    fn what_cannot_hold_what_a_rule_makes_is_told() {
        let constant = || Anonymise::Constant("abc".to_owned());
        let template = |text: &str| Anonymise::Template(text.to_owned());
        let unique = || Column { is_unique: true, ..column("c", 'S') };
        check(column("c", 'S'), constant(), "");
        check(unique(), constant(), "same in each row");
        check(unique(), template("x"), "without {row}");
        check(unique(), template("x{row}"), "");
        check(unique(), Anonymise::Null, "");
        check(Column { null_is_a_value: true, ..unique() }, Anonymise::Null, "NULL counts");
        check(Column { not_null: true, ..column("c", 'S') }, Anonymise::Null, "NOT NULL");
        check(column("c", 'N'), Anonymise::Hash, "a template or a hash is a text");
        check(Column { length: Some(2), ..column("c", 'S') }, constant(), "longer than 2");
        check(Column { foreign_key: Some("f".to_owned()), ..column("c", 'S') }, Anonymise::Hash, "foreign key \"f\"");
    }

    #[test]
    fn what_is_not_there_is_told() {
        let table = Table {
            name: "t".to_owned(),
            is_partitioned: false,
            parents: Vec::new(),
            columns: Vec::new(),
            generated: vec!["g".to_owned()],
        };
        let history = Table { name: "history".to_owned(), ..table.clone() };
        let mut rules = AnonymiseRules::new();
        for name in ["u.a", "t.a", "t.g", "history.a"] {
            rules = rules.column(name, Anonymise::Null).unwrap();
        }
        let (problems, _) = wrong_rules(&rules, &[table, history], &["history"]);
        let problems = problems.join("\n");
        for expected in ["no table \"u\"", "no column \"a\"", "the server generates", "stays as it is"] {
            assert!(problems.contains(expected), "{problems}");
        }
    }

    #[test]
    fn a_rule_is_an_expression() {
        let mut mood = column("mood", 'E');
        (mood.kind, mood.is_of_own_type) = ("\"Mood\"".to_owned(), true);
        let table = Table {
            name: "t".to_owned(),
            is_partitioned: false,
            parents: Vec::new(),
            columns: vec![column("a\"b", 'S'), column("c", 'S'), mood],
            generated: Vec::new(),
        };
        let rules = AnonymiseRules::new()
            .column("t.a\"b", Anonymise::Template("it's {row}".to_owned()))
            .unwrap()
            .column("t.c", Anonymise::Constant("x".to_owned()))
            .unwrap();
        let (names, values) = selected(&table, &rules, "salt", true).unwrap();
        assert_eq!(names, ["\"a\"\"b\"", "\"c\"", "\"mood\""]);
        assert_eq!(
            values,
            [
                "CASE WHEN r.\"a\"\"b\" IS NOT NULL THEN ('it''s ' || (pg_catalog.row_number() OVER ())::pg_catalog.text || '')::pg_catalog.text END",
                "'x'::text",
                "r.\"mood\"::pg_catalog.text::\"Mood\"",
            ]
        );
    }
}
