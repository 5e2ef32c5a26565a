//! Small texts of attributes: what a foreign key leads to, and what happens then.

use crate::ddl::name;

/// `plans`, `plans(id)`, `public.plans(id, region)`: the schema, the table and the columns.
pub(super) fn reference(text: &str) -> Result<(Option<String>, String, Vec<String>), String> {
    let wrong = || format!("{text:?} is no table with columns: write \"plans(id)\"");
    let (table, columns) = match text.split_once('(') {
        None => (text, Vec::new()),
        Some((table, rest)) => {
            let columns = rest.trim_end().strip_suffix(')').ok_or_else(wrong)?;
            (table, columns.split(',').map(|column| column.trim().to_owned()).collect())
        }
    };
    let (schema, table) = match table.trim().split_once('.') {
        Some((schema, table)) => (Some(schema.to_owned()), table.to_owned()),
        None => (None, table.trim().to_owned()),
    };
    let names = columns.iter().chain([&table]).chain(&schema);
    if names.into_iter().any(|of| of.is_empty() || of.contains(['(', ')', ';', '"', '\'']) || name(of) == "\"\"") {
        return Err(wrong());
    }
    Ok((schema, table, columns))
}

/// An action as SQL has it.
pub(super) fn action(text: &str) -> Result<String, String> {
    let word = text.to_uppercase();
    if ["CASCADE", "RESTRICT", "SET NULL", "SET DEFAULT", "NO ACTION"].contains(&word.as_str()) {
        Ok(word)
    } else {
        Err(format!("{text:?} is no action: cascade, restrict, set null, set default or no action"))
    }
}

/// A name of a constraint or an index.
pub(super) fn called(text: &str) -> Result<String, String> {
    if name(text) == "\"\"" { Err(format!("{text:?} cannot be a name: at most 63 bytes")) } else { Ok(text.to_owned()) }
}

/// What an expression of a table's definition cannot have, if it has it.
pub(super) fn misplaced(text: &str) -> Option<&'static str> {
    // Outside of quotes.
    let parts = text.split('\'').step_by(2).flat_map(|part| part.split('"').step_by(2));
    let mut words = parts.flat_map(|part| part.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$'));
    let wrong = |word: &str| {
        let number = word.strip_prefix('$').unwrap_or_default();
        if word.eq_ignore_ascii_case("select") {
            Some("has a subselect, which PostgreSQL takes in no default, condition or index")
        } else if !number.is_empty() && number.chars().all(|c| c.is_ascii_digit()) {
            Some("has a parameter, which nothing gives a value here")
        } else {
            None
        }
    };
    words.find_map(wrong)
}

/// A method of an index, which is a name in lower case.
pub(super) fn method(text: &str) -> Result<String, String> {
    const KNOWN: [&str; 10] = ["btree", "hash", "gin", "gist", "spgist", "brin", "bloom", "rum", "hnsw", "ivfflat"];
    let method = text.to_lowercase();
    if KNOWN.contains(&method.as_str()) {
        Ok(method)
    } else {
        Err(format!("{text:?} is no method of an index: {}", KNOWN.join(", ")))
    }
}
