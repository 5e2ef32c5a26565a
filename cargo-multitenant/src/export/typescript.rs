//! TypeScript: for each table what is read and what is written, each tier a namespace.
//!
//! Values are what JSON has of them, and PostgreSQL's drivers for JavaScript by default: numbers where all of a type's
//! values are exact ones of JavaScript, texts where they are not, or where JSON has none of the kind (moments, bytes, ranges).

use multitenant_runtime::Tier;

use super::file::Mark;
use super::identifiers::{Identifiers, pascal};
use crate::model::{Column, Model, Table, Type, TypeKind, TypeRef, word};

/// What a `bigint` is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum BigInt {
    /// A text, as drivers have it: a number is exact up to 2⁵³ only.
    #[default]
    String,
    /// A number, as JSON has it.
    Number,
    /// JavaScript's own.
    Own,
}

/// Names that types cannot have, or that are used here.
const RESERVED: &[&str] = &["Json", "Array", "Shared", "Tenant"];

/// The file of a model.
pub(crate) fn typescript(model: &Model, bigint: BigInt) -> String {
    let mut out = format!("{}\n\n", Mark::Line("//").line());
    out += "export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };\n";
    let names = Names::of(model);
    let writer = Writer { model, names: &names, bigint };
    for (tier, namespace) in [(Tier::Shared, "Shared"), (Tier::Tenant, "Tenant")] {
        let types: Vec<_> = model.types.iter().zip(&names.types).filter(|(ty, _)| ty.tier == tier).collect();
        let tables = model.tables.iter().zip(&names.tables);
        let tables: Vec<_> = tables.filter(|(table, _)| table.tier == tier && !table.is_partition()).collect();
        if types.is_empty() && tables.is_empty() {
            continue;
        }
        out += &format!("\nexport namespace {namespace} {{\n");
        let types = types.into_iter().map(|(ty, name)| writer.ty(ty, name));
        let texts: Vec<String> =
            types.chain(tables.into_iter().map(|(table, name)| writer.table(table, name))).collect();
        out += &texts.join("\n");
        out += "}\n";
    }
    out
}

/// What each table and type is called, in their order.
struct Names {
    tables: Vec<String>,
    types: Vec<String>,
}

impl Names {
    fn of(model: &Model) -> Self {
        let mut given = [Tier::Shared, Tier::Tenant].map(|_| Identifiers::without(RESERVED));
        let mut room = |tier: Tier, name: &str, endings: &[&str]| {
            let given = &mut given[usize::from(tier == Tier::Tenant)];
            given.give_all(&pascal(name), endings)
        };
        let types = model.types.iter().map(|ty| room(ty.tier, &ty.name, &[""])).collect();
        let tables = model.tables.iter().map(|table| room(table.tier, &table.name, &["", "Insert"])).collect();
        Self { tables, types }
    }
}

struct Writer<'a> {
    model: &'a Model,
    names: &'a Names,
    bigint: BigInt,
}

impl Writer<'_> {
    fn ty(&self, ty: &Type, name: &str) -> String {
        let what = match &ty.kind {
            TypeKind::Enum { labels } if ty.is_complete && !labels.is_empty() => {
                labels.iter().map(|label| literal(label)).collect::<Vec<_>>().join(" | ")
            }
            TypeKind::Enum { .. } => "string".to_owned(),
            TypeKind::Domain { base: Some(base), .. } => self.used(base, ty.tier),
            // A driver has a composite value as a text, as the server writes it.
            TypeKind::Composite { .. } => "string".to_owned(),
            TypeKind::Domain { base: None, .. } | TypeKind::Opaque => "unknown".to_owned(),
        };
        let said = docs(&format!("The {} type {:?}", word(ty.tier), ty.name), ty.comment.as_deref(), "  ");
        format!("{said}  export type {name} = {what};\n")
    }

    fn table(&self, table: &Table, name: &str) -> String {
        let mut out =
            docs(&format!("A row of the {} table {:?}", word(table.tier), table.name), table.comment.as_deref(), "  ");
        out += &format!("  export interface {name} {{\n");
        for column in &table.columns {
            out += &comment(column);
            out += &format!("    {}: {};\n", literal_or_name(&column.name), self.column(column, table.tier));
        }
        out += &format!("  }}\n\n  /** What a new row of {} is made of. */\n", said(&format!("{:?}", table.name)));
        out += &format!("  export interface {name}Insert {{\n");
        for column in table.columns.iter().filter(|column| !column.is_only_read()) {
            let optional = if self.model.is_optional(column) { "?" } else { "" };
            out += &format!("    {}{optional}: {};\n", literal_or_name(&column.name), self.column(column, table.tier));
        }
        out + "  }\n"
    }

    fn column(&self, column: &Column, tier: Tier) -> String {
        let ty = column.ty.as_ref().map_or_else(|| "unknown".to_owned(), |ty| self.used(ty, tier));
        if self.model.can_be_null(column) && ty != "unknown" { format!("{ty} | null") } else { ty }
    }

    /// A type where a tier uses it.
    fn used(&self, ty: &TypeRef, tier: Tier) -> String {
        if ty.array {
            return format!("({} | null)[]", self.used(&ty.element(), tier));
        }
        let own = self.model.type_of(ty).and_then(|found| self.model.types.iter().position(|of| of == found));
        match own {
            Some(at) => {
                let of = self.model.types[at].tier;
                let name = &self.names.types[at];
                if of == tier {
                    name.clone()
                } else {
                    format!("{}.{name}", if of == Tier::Shared { "Shared" } else { "Tenant" })
                }
            }
            None => self.of_system(ty).to_owned(),
        }
    }

    fn of_system(&self, ty: &TypeRef) -> &'static str {
        match ty.name.as_str() {
            "bool" => "boolean",
            "int2" | "int4" | "oid" | "float4" | "float8" => "number",
            "int8" => match self.bigint {
                BigInt::String => "string",
                BigInt::Number => "number",
                BigInt::Own => "bigint",
            },
            "json" | "jsonb" => "Json",
            // A number has no decimal digits that can be relied on, a `Date` no microseconds and no infinity.
            _ => "string",
        }
    }
}

/// What is worth knowing of a column beyond its type.
fn comment(column: &Column) -> String {
    let sql = column.ty.as_ref().map_or_else(|| "of a type that is not known".to_owned(), TypeRef::sql);
    docs(&sql, column.comment.as_deref(), "    ")
}

fn docs(what: &str, comment: Option<&str>, indent: &str) -> String {
    let comment = comment.map(|comment| format!(": {}", said(comment))).unwrap_or_default();
    format!("{indent}/** {}{comment} */\n", said(what))
}

/// A text that does not end the comment that it stands in.
fn said(text: &str) -> String {
    let text: String =
        text.chars().map(|c| if c.is_control() || "\u{2028}\u{2029}".contains(c) { ' ' } else { c }).collect();
    text.replace("*/", "*\u{200b}/").trim().to_owned()
}

/// A name as it stands before a colon: quoted, unless it is an identifier.
fn literal_or_name(name: &str) -> String {
    let is_plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '$');
    if is_plain { name.to_owned() } else { literal(name) }
}

/// A text as a literal: JSON's are TypeScript's, but for two ends of lines.
fn literal(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    json.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::testing::model;

    #[test]
    fn what_a_row_holds_and_what_it_is_made_of() {
        let model = model(
            "-- file: shared/1_a/up.sql
             create type mood as enum ('happy', 'it''s \"so so\"');
             create table plans (id int primary key, \"2 words\" text);
             -- file: tenant/1_a/up.sql
             create domain email as text not null;
             create table orders (
                 id bigint generated always as identity primary key, no bigserial, plan_id int references plans,
                 mood mood not null default 'happy', mails email[], at timestamptz not null default now(),
                 total numeric(10, 2) not null, twice numeric generated always as (total * 2) stored, data jsonb not null
             );
             comment on table orders is 'what */ somebody
             bought';",
        );
        insta::assert_snapshot!(typescript(&model, BigInt::String));
        let with = |bigint| typescript(&model, bigint).lines().find(|line| line.contains(" no: ")).unwrap().to_owned();
        assert_eq!([with(BigInt::Number), with(BigInt::Own)], ["    no: number;", "    no: bigint;"]);
    }

    #[test]
    fn names_that_are_no_identifiers_are_quoted_and_none_is_there_twice() {
        let model = model(
            "create table json (\"a-b\" int, \"a\u{2028}\" int, \"q\"\"\" int, constructor int); create table \"Json\" (id int);
             create table orders_insert (id int); create table orders (id int); create type orders_ as enum ();",
        );
        let text = typescript(&model, BigInt::String);
        for expected in ["Json_2 {", "Json_3 {", "\"a-b\": number", "\"a\\u2028\": ", "\"q\\\"\": ", "constructor: "] {
            assert!(text.contains(expected), "no {expected} in:\n{text}");
        }
        let mut names: Vec<&str> =
            text.lines().filter_map(|line| line.trim().strip_prefix("export interface ")).collect();
        names.extend(
            text.lines()
                .filter_map(|line| line.trim().strip_prefix("export type "))
                .filter_map(|l| l.split(' ').next()),
        );
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
