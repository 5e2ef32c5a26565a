//! Rust: `table!`, what may be joined, enums, and structs with their marks.

use multitenant_runtime::Tier;

use super::file::Mark;
use super::identifiers::Identifiers;
use super::rust_enums::Enums;
use super::rust_structs::Structs;
use super::rust_types::RustTypes;
use super::rust_unsaid::unsaid;
use crate::error::CliError;
use crate::model::sql_type;
use crate::model::{Column, Home, Model, Table};
use crate::print_schema::{self, ColumnNames, Printable, Style, rust_name, tables_text};

/// Names that structs and enums cannot have: what their fields are made of.
const RESERVED: &[&str] = &["Option", "Vec", "String", "Self", "Ok", "Err", "Some", "None"];

/// The file of a model, and what could not be written, in words.
///
/// # Errors
///
/// [`CliError::Usage`] where two tables would be one module, or `table!` cannot name the shared schema.
pub(crate) fn rust(model: &Model, types: &RustTypes) -> Result<(String, Vec<String>), CliError> {
    let style = &Style::by_itself();
    let mut words = Vec::new();
    let all: Vec<&Table> = model.tables.iter().collect();
    let printed = printed(&all, &mut words);
    let tables = tables(model, &printed, style, &mut words)?;
    let code = structs(model, &printed, &Around { types, style, path: "", taken: &[] }, &mut words);
    words.extend(unsaid(&printed));
    let text = format!("{}\n\n{tables}{}{}", Mark::Line("//").line(), code.text, code.marks);
    Ok((text, words))
}

/// What structs are written for, and where.
pub(crate) struct Around<'a> {
    pub(crate) types: &'a RustTypes,
    pub(crate) style: &'a Style,
    /// What stands before a table's name: nothing beside `table!`, else `crate::schema::`.
    pub(crate) path: &'a str,
    /// Names that their file has already.
    pub(crate) taken: &'a [String],
}

/// Enums and structs.
pub(crate) struct Code {
    pub(crate) text: String,
    /// The marks of tables without a struct, to stand beside `table!`.
    pub(crate) marks: String,
    /// The names of what is declared.
    pub(crate) names: Vec<String>,
}

/// Those of these tables that Diesel can have.
pub(crate) fn printed<'a>(tables: &[&'a Table], words: &mut Vec<String>) -> Vec<&'a Table> {
    let mut printed: Vec<&Table> = Vec::new();
    for table in tables.iter().filter(|table| !table.is_partition()) {
        if table.primary_key.is_none() {
            words.push(format!("the table {} is left out: Diesel needs a primary key, and it has none", table.name));
        } else {
            printed.push(table);
        }
    }
    printed
}

/// `table!` of these tables, and what may be joined.
///
/// # Errors
///
/// [`CliError::Usage`] where two tables would be one module, or `table!` cannot name the shared schema.
pub(crate) fn tables(
    model: &Model,
    tables: &[&Table],
    style: &Style,
    words: &mut Vec<String>,
) -> Result<String, CliError> {
    one_module_each(tables)?;
    let printable: Vec<Printable> = tables.iter().map(|table| printable(model, table, words)).collect();
    let keys =
        tables.iter().flat_map(|table| table.foreign_keys.iter().filter_map(|key| join(model, tables, table, key)));
    tables_text(printable, &keys.collect::<Vec<_>>(), &model.shared_schema, style, words)
}

/// The enums and structs of these tables.
pub(crate) fn structs(model: &Model, tables: &[&Table], around: &Around<'_>, words: &mut Vec<String>) -> Code {
    let taken: Vec<&str> = around.taken.iter().map(String::as_str).chain(RESERVED.iter().copied()).collect();
    let mut given = Identifiers::without(&taken).camel();
    let enums = Enums::of(model, tables, around.style, around.path, &mut given);
    let mut text = enums.text.clone();
    let structs = Structs { model, types: around.types, enums: &enums, path: around.path };
    let mut unmarked: Vec<(Tier, String)> = Vec::new();
    for table in tables {
        let module = rust_name(&table.name, None);
        let written = structs.of(table, &module, &mut given);
        let columns = written.left_out.join(", ");
        match (written.is_marked, written.left_out.is_empty()) {
            (false, _) => {
                words.push(format!("the table {} has no struct: no type in Rust is known of {columns}", table.name));
                unmarked.push((table.tier, module));
            }
            (true, false) => {
                words.push(format!(
                    "the struct of {} is without {columns}, whose types in Rust are not known",
                    table.name
                ));
            }
            (true, true) => {}
        }
        text += &written.text;
    }
    let mut marks = String::new();
    for (tier, name) in [(Tier::Shared, "shared_tables"), (Tier::Tenant, "tenant_tables")] {
        let modules: Vec<&str> =
            unmarked.iter().filter(|(of, _)| *of == tier).map(|(_, module)| module.as_str()).collect();
        if !modules.is_empty() {
            marks += &format!("\nmultitenant_runtime::{name}! {{ {} }}\n", modules.join(", "));
        }
    }
    Code { text, marks, names: given.given() }
}

/// What the columns of a table are called in Rust, of those that `table!` has.
pub(crate) fn column_names(table: &Table, module: &str) -> ColumnNames {
    let known = table.columns.iter().filter(|column| column.ty.is_some());
    ColumnNames::new(known.map(|column| column.name.as_str()), module)
}

/// A module can have a name once.
fn one_module_each(tables: &[&Table]) -> Result<(), CliError> {
    for (at, table) in tables.iter().enumerate() {
        let module = rust_name(&table.name, None);
        if let Some(other) = tables[..at].iter().find(|other| rust_name(&other.name, None) == module) {
            let help = if other.tier == table.tier {
                "leave one of them out by naming the others with --table"
            } else {
                "export each tier by itself, with --tier"
            };
            return Err(CliError::Usage(format!(
                "the tables {:?} and {:?} would both be the module `{module}`: {help}",
                other.name, table.name
            )));
        }
    }
    Ok(())
}

fn printable(model: &Model, table: &Table, words: &mut Vec<String>) -> Printable {
    let known = |column: &&Column| column.ty.is_some();
    let unknown: Vec<&str> =
        table.columns.iter().filter(|column| !known(column)).map(|column| column.name.as_str()).collect();
    if !unknown.is_empty() {
        words.push(format!("`table!` of {} is without {}, whose types are not known", table.name, unknown.join(", ")));
    }
    Printable {
        tier: table.tier,
        name: table.name.clone(),
        comment: table.comment.clone(),
        primary_key: table.primary_key.iter().flat_map(|key| key.columns.clone()).collect(),
        columns: table.columns.iter().filter(known).filter_map(|column| printed_column(model, column)).collect(),
    }
}

fn printed_column(model: &Model, column: &Column) -> Option<print_schema::PrintableColumn> {
    let beneath = model.beneath(column.ty.as_ref()?);
    let has_length = matches!(beneath.name.as_str(), "varchar" | "bpchar" | "bit" | "varbit");
    Some(print_schema::PrintableColumn {
        name: column.name.clone(),
        ty: sql_type(&model.shared_schema, &beneath),
        is_array: beneath.array,
        is_nullable: model.can_be_null(column),
        max_length: beneath.modifiers.first().filter(|_| has_length).and_then(|length| length.parse().ok()),
        comment: column.comment.clone(),
    })
}

/// A foreign key between two of these tables, by their schemas; a tenant's has no name.
fn join(
    model: &Model,
    tables: &[&Table],
    table: &Table,
    key: &crate::model::ForeignKey,
) -> Option<print_schema::KeyFact> {
    tables.iter().find(|other| Home::of(other.tier) == key.home && other.name == key.table)?;
    let schema = |home| if home == Home::Shared { model.shared_schema.clone() } else { String::new() };
    Some(print_schema::KeyFact {
        child: (schema(Home::of(table.tier)), table.name.clone()),
        parent: (schema(key.home), key.table.clone()),
        columns: match (key.columns.as_slice(), key.target.as_slice()) {
            ([child], [parent]) => Some((child.clone(), parent.clone())),
            _ => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::model;

    fn written(text: &str) -> (String, Vec<String>) {
        rust(&model(text), &RustTypes::chrono()).unwrap()
    }

    #[test]
    fn what_cannot_be_written_is_said() {
        let (text, words) = written(
            "create table a (id int primary key, v tsvector, at timestamptz); create table b (k point primary key);
             create table c (id int); create table d as select 1 as id;",
        );
        assert_eq!(
            words,
            [
                "the table c is left out: Diesel needs a primary key, and it has none",
                "the table d is left out: Diesel needs a primary key, and it has none",
                "the struct of a is without v, whose types in Rust are not known",
                "the table b has no struct: no type in Rust is known of k",
            ]
        );
        assert!(text.contains("multitenant_runtime::tenant_tables! { b }\n"), "{text}");
        assert!(text.contains("pub at: Option<chrono::DateTime<chrono::Utc>>,"), "{text}");
    }

    #[test]
    fn columns_that_would_be_one_are_told_apart_everywhere() {
        let (text, words) = written(
            "create table p (\"a-b\" int, \"a b\" int primary key);
             create table c (\"x y\" int primary key, \"x-y\" int not null unique references p, \"_\" int);",
        );
        assert_eq!(words, [""; 0]);
        for expected in [
            "p (a_b_2)",
            "#[sql_name = \"a b\"]\n        a_b_2 -> Int4",
            "primary_key(a_b_2)",
            "pub a_b: Option<i32>",
            "joinable!(c -> p (x_y_2))",
            "pub x_y_2: i32",
            "__ -> Nullable<Int4>",
            "pub __: Option<i32>",
        ] {
            assert!(text.contains(expected), "no {expected} in\n{text}");
        }
    }

    #[test]
    fn two_tables_cannot_be_one_module() {
        let both = "-- file: shared/1_a/up.sql\ncreate table a (id int primary key);
                    -- file: tenant/1_a/up.sql\ncreate table a (id int primary key);";
        let message = |text: &str| rust(&model(text), &RustTypes::chrono()).unwrap_err().to_string();
        assert!(message(both).ends_with("would both be the module `a`: export each tier by itself, with --tier"));
        let one = message("create table \"a b\" (id int primary key); create table a_b (id int primary key);");
        assert!(one.contains("--table"), "{one}");
    }
}
