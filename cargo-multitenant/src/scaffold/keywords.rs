//! Words that cannot be names.

/// What PostgreSQL 13 to 18 reserve, so that a table or column of the name would have to be quoted.
const SQL: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// What Rust reserves, in every edition.
const RUST: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What `table!` calls things of its own in a table's module, and the crate that its code names: a column so called does
/// not compile.
const DIESEL: &[&str] = &["BoxedQuery", "SqlType", "all_columns", "columns", "diesel", "dsl", "star", "table"];

/// Whether `table!` calls a thing of its own so, and does not compile with such a column.
pub(crate) fn is_diesel_s(word: &str) -> bool {
    DIESEL.contains(&word)
}

/// The columns that every table has.
const SYSTEM_COLUMNS: &[&str] = &["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];

/// Why a word cannot be a table's or a column's name.
pub(super) fn reserved(word: &str, is_column: bool) -> Option<&'static str> {
    if SQL.contains(&word) {
        Some("a reserved word of SQL, and would have to be quoted everywhere")
    } else if RUST.contains(&word) {
        Some("a reserved word of Rust, and no field or module can have it")
    } else if DIESEL.contains(&word) {
        Some("what Diesel's `table!` calls a thing of its own")
    } else if is_column && SYSTEM_COLUMNS.contains(&word) {
        Some("a column that PostgreSQL gives every table")
    } else {
        None
    }
}

/// What every Rust file means by these names, and what the structs' own code does: a struct of such a name takes it
/// away from the others in its file.
const TYPES: &[&str] = &[
    "AsMut",
    "AsRef",
    "Box",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Hash",
    "Identifiable",
    "Insertable",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Queryable",
    "QueryableByName",
    "Result",
    "Selectable",
    "Self",
    "Send",
    "SharedTable",
    "Sized",
    "Some",
    "String",
    "Sync",
    "TenantTable",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Unpin",
    "Vec",
];

/// Whether a struct of this name would hide what the code around it means by it.
pub(super) fn hides(model: &str) -> bool {
    TYPES.contains(&model)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_lists_are_in_order() {
        for list in [super::SQL, super::RUST, super::DIESEL, super::SYSTEM_COLUMNS, super::TYPES] {
            assert!(list.is_sorted());
        }
    }
}
