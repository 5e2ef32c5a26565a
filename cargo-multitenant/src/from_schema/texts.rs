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
