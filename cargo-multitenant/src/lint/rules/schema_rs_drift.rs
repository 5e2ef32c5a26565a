//! `schema-rs-drift`

use multitenant_runtime::Tier;

use crate::finding::Level;
use crate::lint::catalog::{Catalog, Relation, RelationKind};
use crate::lint::context::Context;
use crate::lint::diesel::fits;
use crate::lint::rule::{Check, rule};
use crate::lint::schema::{RustColumn, RustTable};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Compares each `table!` with what the migrations make: a column too many or too few is an error, another type or
    /// another nullability a warning. A table that no migration makes is an error, if there are migrations at all.
    ///
    /// Views and tables made of queries are compared by the names of their columns only.
    ///
    /// ## Why is this bad?
    ///
    /// Diesel trusts `table!`. What is not in the database fails when it is queried; what is nullable there and not here
    /// fails when the first NULL arrives.
    ///
    /// ## Example
    ///
    /// ```rust
    /// // CREATE TABLE orders (id bigint PRIMARY KEY, note text);
    /// diesel::table! { orders { id -> Int8, note -> Text, } }
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```rust
    /// diesel::table! { orders { id -> Int8, note -> Nullable<Text>, } }
    /// ```
    "schema-rs-drift": Error, Convention, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    let catalog = cx.catalog;
    let has_migrations = !cx.project.migrations.is_empty();
    let is_opaque = catalog.shared.is_opaque || catalog.tenant.is_opaque;
    for (table, marked) in cx.marking.tables(cx.project) {
        match relation(catalog, table, marked.tier()) {
            Some(relation) => columns(table, relation, sink),
            None if has_migrations && !is_opaque && is_ours(catalog, table) => {
                sink.report(table.place.clone(), format!("no migration makes the table `{}`", table.sql_name))
                    .help("write a migration, or remove the declaration")
                    .object(table.sql_name.clone())
                    .around(table.around.clone());
            }
            None => {}
        }
    }
}

/// Whether the migrations should make the table: it is in no schema, or in one that they know.
fn is_ours(catalog: &Catalog, table: &RustTable) -> bool {
    match &table.schema {
        None => true,
        Some((schema, _)) => schema == catalog.shared_schema() || catalog.others.contains_key(schema),
    }
}

fn relation<'a>(catalog: &'a Catalog, table: &RustTable, tier: Option<Tier>) -> Option<&'a Relation> {
    let name = table.sql_name.as_str();
    let spaces = match (&table.schema, tier) {
        (Some((schema, _)), _) if schema == catalog.shared_schema() => vec![&catalog.shared],
        (Some((schema, _)), _) => catalog.others.get(schema).into_iter().collect(),
        (None, Some(Tier::Shared)) => vec![&catalog.shared, &catalog.tenant],
        (None, _) => vec![&catalog.tenant, &catalog.shared],
    };
    let found = spaces.into_iter().find_map(|space| space.relations.get(name)).map(std::sync::Arc::as_ref);
    found.filter(|relation| !matches!(relation.kind, RelationKind::Index(_) | RelationKind::Sequence))
}

fn columns(table: &RustTable, relation: &Relation, sink: &mut Sink<'_>) {
    let is_partly_known = relation.is_opaque || !relation.kind.is_table();
    for column in &table.columns {
        match relation.column(&column.sql_name) {
            Some(known) => {
                let Some(ty) = known.ty.as_ref().filter(|_| relation.kind.is_table()) else { continue };
                if !fits(&column.ty, ty) {
                    report(
                        table,
                        column,
                        &format!("is {} here, and {} in the migrations", column.ty, ty.shown()),
                        sink,
                    )
                    .related(known.origin.place.clone(), "made here")
                    .level(Level::Warning);
                } else if known.not_null == column.is_nullable && !relation.is_opaque {
                    let (here, there) =
                        if column.is_nullable { ("nullable", "NOT NULL") } else { ("not null", "nullable") };
                    report(table, column, &format!("is {here} here, and {there} in the migrations"), sink)
                        .related(known.origin.place.clone(), "made here")
                        .level(Level::Warning);
                }
            }
            None if is_partly_known => {}
            None => {
                report(table, column, "is not in the migrations", sink)
                    .related(relation.origin.place.clone(), "the table is made here");
            }
        }
    }
    for known in &relation.columns {
        if relation.kind.is_table() && !relation.is_opaque && !table.columns.iter().any(|c| c.sql_name == known.name) {
            sink.report(table.place.clone(), format!("`{}` lacks the column `{}`", table.name, known.name))
                .related(known.origin.place.clone(), "made here")
                .help("run `diesel print-schema` again")
                .object(format!("{}.{}", table.sql_name, known.name))
                .around(table.around.clone());
        }
    }
}

fn report<'s>(
    table: &RustTable,
    column: &RustColumn,
    what: &str,
    sink: &'s mut Sink<'_>,
) -> crate::lint::sink::Draft<'s> {
    sink.report(column.place.clone(), format!("the column `{}.{}` {what}", table.name, column.name))
        .help("run `diesel print-schema` again")
        .object(format!("{}.{}", table.sql_name, column.sql_name))
        .around(table.around.clone())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            -- file: tenant/1_a/up.sql
            create table orders (id bigint primary key, note text, added int, at timestamptz not null, tags text[]);
            -- file: src/schema.rs
            table! { orders { id -> Int4, note -> Text, extra -> Int4, at -> Nullable<Timestamptz>, tags -> Nullable<Text>, } }
            table! { missing { id -> Int4, } }
        "), @"
        src/schema.rs:1:22 error: `orders` lacks the column `added` [orders]
        src/schema.rs:1:31 warning: the column `orders.id` is Int4 here, and int8 in the migrations [id]
        src/schema.rs:1:43 warning: the column `orders.note` is not null here, and nullable in the migrations [note]
        src/schema.rs:1:57 error: the column `orders.extra` is not in the migrations [extra]
        src/schema.rs:1:72 warning: the column `orders.at` is nullable here, and NOT NULL in the migrations [at]
        src/schema.rs:1:101 warning: the column `orders.tags` is Text here, and text[] in the migrations [tags]
        src/schema.rs:2:22 error: no migration makes the table `missing` [missing]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "
            -- file: shared/1_a/up.sql
            create table plans (id text primary key);
            create table audit.log (id int primary key);
            -- file: tenant/1_a/up.sql
            create type mood as enum ('a');
            create table orders (
                id bigserial, n varchar(20) not null, m mood, tags text[], \"Odd\" int, d double precision,
                c character varying, i int generated always as identity, primary key (id)
            );
            create view v as select id from orders;
            create table q as select id from orders;
            -- file: src/schema.rs
            table! { public.plans { id -> Text, } }
            table! { audit.log { id -> Integer, } }
            table! { unknown.log { id -> Integer, } }
            diesel::table! {
                use diesel::sql_types::*;
                use super::Mood;
                orders (id) {
                    id -> Int8, #[max_length = 20] n -> Varchar, m -> Nullable<Mood>, tags -> Nullable<Array<Nullable<Text>>>,
                    #[sql_name = \"Odd\"] odd -> Nullable<Int4>, d -> Nullable<Float8>, c -> Nullable<Varchar>, i -> Int4,
                }
            }
            table! { v { id -> Int4, more -> Text, } }
            table! { q { id -> Nullable<Int4>, } }
        ");
        silent(&RULE, "-- file: src/schema.rs\ntable! { orders { id -> Int4, } }");
    }
}
