//! What things of the database are called in Rust, as Diesel CLI has it, but for columns that would not compile so.

use std::collections::BTreeMap;

use crate::scaffold::is_diesel_s;

/// Words that cannot be identifiers.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "Self", "self", "static", "struct", "super", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names that Diesel CLI keeps free.
const TAKEN: &[&str] = &["table", "columns", "is_nullable"];

/// The name of a table, or of a column of the table that is called `table` in Rust.
pub(crate) fn rust_name(name: &str, table: Option<&str>) -> String {
    let mut mapped = String::with_capacity(name.len());
    // One for any number of characters beside each other.
    let mut is_replaced = false;
    for c in name.chars() {
        if c.is_ascii_digit() && mapped.is_empty() {
            mapped.push('_');
        }
        if c.is_ascii_alphanumeric() || c == '_' {
            mapped.push(c);
            is_replaced = false;
        } else if !is_replaced {
            mapped.push('_');
            is_replaced = true;
        }
    }
    // Diesel CLI knows `columns` and `table` alone: with it, a column `star` or `dsl` does not compile.
    if is_taken(&mapped) || (table.is_some() && is_diesel_s(&mapped)) {
        mapped.push('_');
    }
    // Diesel CLI asks for one reason only, so that `type` in a table `type` does not compile.
    if table == Some(mapped.as_str()) {
        mapped.push('_');
    }
    mapped
}

/// What the columns of one table are called in Rust: no two of them alike, where Diesel CLI writes what does not compile.
#[derive(Debug)]
pub(crate) struct ColumnNames {
    table: String,
    names: BTreeMap<String, String>,
}

impl ColumnNames {
    /// Those of these columns, of the table that is called `table` in Rust. Whose name can stay has it; the others follow in
    /// their order.
    pub(crate) fn new<'a>(columns: impl Iterator<Item = &'a str> + Clone, table: &str) -> Self {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        let wanted = |column: &str| rust_name(column, Some(table));
        let stay = columns.clone().filter(|column| wanted(column) == *column);
        let others = columns.filter(|column| wanted(column) != *column);
        for column in stay.chain(others) {
            let wanted = wanted(column);
            let numbered = (2..u32::MAX).map(|number| format!("{wanted}_{number}"));
            let is_free = |name: &String| !names.values().any(|given| given == name);
            let name = std::iter::once(wanted.clone()).chain(numbered).find(is_free).unwrap_or_default();
            names.insert(column.to_owned(), name);
        }
        Self { table: table.to_owned(), names }
    }

    /// The name of one.
    pub(crate) fn of(&self, column: &str) -> String {
        self.names.get(column).cloned().unwrap_or_else(|| rust_name(column, Some(&self.table)))
    }
}

/// Whether a name can stand in Rust as it is.
pub(super) fn is_identifier(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    starts_well
        && name != "_"
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !KEYWORDS.contains(&name)
}

/// A text as a literal: a raw one where quotes would have to be escaped.
pub(crate) fn literal(text: &str) -> String {
    if text.contains(char::is_control) {
        return format!("{text:?}");
    }
    if !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    let hashes = "#".repeat(text.matches('#').count() + 1);
    format!("r{hashes}\"{text}\"{hashes}")
}

fn is_taken(name: &str) -> bool {
    // What ends with `_` is free, so that one more of them is always enough.
    !is_identifier(name) || TAKEN.contains(&name) || (name.starts_with("__") && !name.ends_with('_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_diesel_cli() {
        for (name, expected) in [
            ("orders", "orders"),
            ("type", "type_"),
            ("async", "async_"),
            ("columns", "columns_"),
            ("table", "table_"),
            ("is_nullable", "is_nullable_"),
            ("__own", "__own_"),
            ("__own_", "__own_"),
            ("two words", "two_words"),
            ("a--b", "a_b"),
            ("a-_b", "a__b"),
            ("a_-b", "a__b"),
            ("größe", "gr_e"),
            ("2fa", "_2fa"),
            ("2fa - x", "_2fa_x"),
            ("Mixed", "Mixed"),
            ("-", "__"),
            ("_", "__"),
            ("é", "__"),
        ] {
            assert_eq!(rust_name(name, None), expected, "{name}");
        }
        assert_eq!(rust_name("orders", Some("orders")), "orders_");
        assert_eq!(rust_name("order", Some("orders")), "order");
        assert_eq!(rust_name("type", Some("type_")), "type__");
        assert_eq!(rust_name("star", Some("star_")), "star__");
        for column in ["star", "dsl", "all_columns", "SqlType", "BoxedQuery", "diesel"] {
            assert_eq!(rust_name(column, Some("orders")), format!("{column}_"));
        }
        assert_eq!(rust_name("star", None), "star");
    }

    #[test]
    fn no_two_columns_of_a_table_are_one() {
        let columns = ["a b", "a-b", "a_b", "_", "é", "a_b_2", "t"];
        let names = ColumnNames::new(columns.into_iter(), "t");
        assert_eq!(columns.map(|column| names.of(column)), ["a_b_3", "a_b_4", "a_b", "__", "___2", "a_b_2", "t_"]);
        assert_eq!(names.of("another"), "another");
    }

    #[test]
    fn literals_hold_everything() {
        assert_eq!(literal("plain"), "\"plain\"");
        assert_eq!(literal("a\"b"), "r#\"a\"b\"#");
        assert_eq!(literal("a\"#b\\"), "r##\"a\"#b\\\"##");
    }
}
