//! Schema code as text, as `rustfmt` leaves it where nobody has told it otherwise.

use super::content::Content;
use super::model::{Column, Table};
use super::names::literal;
use super::style::{Docs, Style};
use super::types::SqlType;
use multitenant_runtime::Tier;

/// The first line, by which tools know what not to edit.
pub(super) const HEAD: &str = "// @generated automatically by Diesel CLI.";

/// The second one, where it is not what Diesel CLI would write.
const BY_US: &str =
    "// Written by `cargo multitenant print-schema`, and not by `diesel print-schema`, which knows one schema.";

/// How wide a line may be.
const WIDTH: usize = 100;

/// The text of a file.
pub(super) fn write(content: &Content<'_>, style: &Style) -> String {
    let mut out = Lines::default();
    out.line(HEAD);
    let is_diesel_s =
        !content.marks && content.beside.is_none() && content.tables.iter().all(|table| table.schema.is_none());
    if !is_diesel_s {
        out.line(BY_US);
    }
    out.blank();
    if let Some((module, tables)) = &content.beside {
        imports(module, tables, &mut out);
        out.blank();
    }
    definitions(&content.types, style, &mut out);
    for table in &content.tables {
        self::table(table, style, &mut out);
        out.blank();
    }
    for (child, parent, column) in &content.joins {
        out.line(&format!("diesel::joinable!({child} -> {parent} ({column}));"));
    }
    out.blank();
    for group in &content.together {
        together(group, &mut out);
    }
    out.blank();
    if content.marks {
        for (tier, name) in [(Tier::Shared, "shared_tables"), (Tier::Tenant, "tenant_tables")] {
            let tables = content.tables.iter().filter(|table| table.tier == tier);
            marks(name, &tables.map(|table| table.rust_name.as_str()).collect::<Vec<_>>(), &mut out);
        }
    }
    out.text()
}

/// Whether a type gets a definition: Diesel has none, and nobody has said that there is one.
pub(crate) fn is_defined(ty: &SqlType, style: &Style) -> bool {
    style.defines_types && !ty.is_diesel_s() && !style.known_types.iter().any(|known| known.is_match(&ty.rust_name))
}

fn imports(module: &str, tables: &[(&Table, String)], out: &mut Lines) {
    let mut names: Vec<String> = tables
        .iter()
        .map(|(table, name)| match *name == table.rust_name {
            true => name.clone(),
            false => format!("{} as {name}", table.rust_name),
        })
        .collect();
    names.sort();
    match names.as_slice() {
        [name] => out.line(&format!("use {module}::{name};")),
        _ => {
            let line = format!("use {module}::{{{}}};", names.join(", "));
            if line.len() <= WIDTH {
                return out.line(&line);
            }
            out.line(&format!("use {module}::{{"));
            let mut row = String::new();
            for name in &names {
                if 4 + row.len() + name.len() + 1 > WIDTH {
                    out.line(&format!("    {}", row.trim_end()));
                    row.clear();
                }
                row += &format!("{name}, ");
            }
            out.line(&format!("    {}", row.trim_end()));
            out.line("};");
        }
    }
}

fn definitions(types: &[&SqlType], style: &Style, out: &mut Lines) {
    if types.is_empty() {
        return;
    }
    let has_docs = style.docs == Docs::Always;
    if has_docs {
        made_up("A module containing custom SQL type definitions", "", out);
    }
    out.line(&format!("pub mod {} {{", style.types_module()));
    let mut last: Option<&SqlType> = None;
    for ty in types {
        if last.is_some_and(|last| last.rust_name == ty.rust_name) {
            continue;
        }
        if last.is_some() {
            out.blank();
        }
        last = Some(ty);
        if has_docs {
            let name = ty.schema.as_ref().map_or_else(|| ty.name.clone(), |schema| format!("{schema}.{}", ty.name));
            made_up(&format!("The `{}` SQL type", name.replace('\n', "\\n")), "    ", out);
        }
        out.line(&format!("    #[derive({})]", style.derives.join(", ")));
        let schema = ty.schema.as_ref().map(|schema| format!(", schema = {}", literal(schema))).unwrap_or_default();
        out.line(&format!("    #[diesel(postgres_type(name = {}{schema}))]", literal(&ty.name)));
        out.line(&format!("    pub struct {};", ty.rust_name));
    }
    out.line("}");
    out.blank();
}

fn table(table: &Table, style: &Style, out: &mut Lines) {
    out.line("diesel::table! {");
    let mut is_imported = false;
    for import in style.imports.iter().flatten() {
        out.line(&format!("    use {import};"));
        is_imported = true;
    }
    let mut types: Vec<&str> = Vec::new();
    for ty in table.columns.iter().map(|column| &column.ty).filter(|ty| is_defined(ty, style)) {
        if types.contains(&ty.rust_name.as_str()) {
            continue;
        }
        types.push(&ty.rust_name);
        if !is_imported {
            out.line("    use diesel::sql_types::*;");
            is_imported = true;
        }
        out.line(&format!("    use super::{}::{};", style.types_module(), ty.rust_name));
    }
    if is_imported {
        out.blank();
    }
    let full_name = table.full_name();
    match (style.docs, &table.comment) {
        (Docs::None, _) | (Docs::FromDatabase, None) => {}
        (_, Some(comment)) => docs(comment, "    ", out),
        (Docs::Always, None) => made_up(&format!("Representation of the `{full_name}` table."), "    ", out),
    }
    if table.rust_name != table.name {
        // Without the schema, which stands before the name: Diesel would take both for the table's name.
        out.line(&format!("    #[sql_name = {}]", literal(&table.name)));
    }
    let schema = table.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
    out.line(&format!("    {schema}{} ({}) {{", table.rust_name, table.primary_key.join(", ")));
    for column in &table.columns {
        self::column(column, &full_name, style, out);
    }
    out.line("    }");
    out.line("}");
}

fn column(column: &Column, table: &str, style: &Style, out: &mut Lines) {
    let ty = column.diesel_type();
    match (style.docs, &column.comment) {
        (Docs::None, _) | (Docs::FromDatabase, None) => {}
        (_, Some(comment)) => docs(comment, "        ", out),
        (Docs::Always, None) => {
            let what = format!("The `{}` column of the `{table}` table.\n\nIts SQL type is `{ty}`.", column.name);
            made_up(&what, "        ", out);
        }
    }
    if column.rust_name != column.name {
        out.line(&format!("        #[sql_name = {}]", literal(&column.name)));
    }
    if let Some(length) = column.max_length {
        out.line(&format!("        #[max_length = {length}]"));
    }
    out.line(&format!("        {} -> {ty},", column.rust_name));
}

fn made_up(what: &str, indent: &str, out: &mut Lines) {
    docs(&format!("{what}\n\n(Automatically generated by Diesel.)"), indent, out);
}

fn docs(text: &str, indent: &str, out: &mut Lines) {
    for line in text.lines() {
        // Rust does not take a carriage return in a comment.
        let line = line.replace('\r', " ");
        let line = line.trim();
        out.line(&if line.is_empty() { format!("{indent}///") } else { format!("{indent}/// {line}") });
    }
}

fn together(tables: &[String], out: &mut Lines) {
    const MACRO: &str = "diesel::allow_tables_to_appear_in_same_query!";
    let list = tables.join(", ");
    // The last comma does not count.
    if MACRO.len() + list.len() + "();".len() <= WIDTH {
        return out.line(&format!("{MACRO}({list},);"));
    }
    out.line(&format!("{MACRO}("));
    for table in tables {
        out.line(&format!("    {table},"));
    }
    out.line(");");
}

fn marks(name: &str, tables: &[&str], out: &mut Lines) {
    if tables.is_empty() {
        return;
    }
    let line = format!("multitenant_runtime::{name}! {{ {} }}", tables.join(", "));
    if line.len() <= WIDTH {
        return out.line(&line);
    }
    out.line(&format!("multitenant_runtime::{name}! {{"));
    for table in tables {
        out.line(&format!("    {table},"));
    }
    out.line("}");
}

/// Lines, with at most one blank one between two, and none at the end.
#[derive(Default)]
struct Lines {
    text: String,
    is_blank_due: bool,
}

impl Lines {
    fn line(&mut self, line: &str) {
        if std::mem::take(&mut self.is_blank_due) && !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn blank(&mut self) {
        self.is_blank_due = true;
    }

    fn text(self) -> String {
        self.text
    }
}
