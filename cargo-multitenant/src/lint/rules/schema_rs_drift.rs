//! `schema-rs-drift`

use std::collections::BTreeMap;

use multitenant_runtime::Tier;

use crate::finding::Level;
use crate::lint::catalog::{Catalog, ColumnType, Domain, Relation, RelationKind, TypeKind};
use crate::lint::context::Context;
use crate::lint::diesel::fits;
use crate::lint::rule::{Check, rule};
use crate::lint::schema::{By, Printed, RustColumn, RustTable};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Compares each `table!` with what the migrations make: a column too many or too few is an error, another type or
    /// another nullability a warning. A table that no migration makes is an error, if there are migrations at all; one that
    /// the migrations make, and that has no `table!`, is a warning where Diesel CLI writes the schema code.
    ///
    /// Views and tables made of queries are compared by the names of their columns only; partitions are judged by their
    /// table. What `diesel.toml` leaves out by `filter`, or changes by `patch_file`, is meant. Beside a file that Diesel CLI
    /// writes, what is declared by hand may have fewer columns, and be made by nobody; what both have is judged in the
    /// written file. Code in folders and files called `mysql` or `sqlite`, and in tests, is left out.
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
    let declared = Declared::of(cx);
    for (table, marked) in cx.marking.tables(cx.project) {
        if !declared.is_judged(cx, table) {
            continue;
        }
        let printed = printed(cx, table);
        match relation(catalog, table, marked.tier()) {
            Some(relation) if relation.is_partition && declared.has_parent_of(relation) => {}
            Some(relation) => columns(cx, table, relation, &declared, printed, sink),
            None if printed.is_some_and(|printed| printed.adds(&table.sql_name)) => {}
            None if has_migrations && !is_opaque && is_ours(catalog, table) => {
                // Beside a printed file people declare temporary tables, results of queries, views of others.
                let level = if declared.is_beside(printed) { Level::Info } else { Level::Error };
                sink.report(table.place.clone(), format!("no migration makes the table `{}`", table.sql_name))
                    .help("write a migration, or remove the declaration")
                    .object(table.sql_name.clone())
                    .around(table.around.clone())
                    .level(level);
            }
            None => {}
        }
    }
    if !is_opaque {
        undeclared(cx, &declared, sink);
    }
}

/// Which tables are declared, and in which files they are judged.
struct Declared<'a> {
    best: BTreeMap<&'a str, By>,
    /// What writes the best file of all.
    by: By,
}

impl<'a> Declared<'a> {
    fn of(cx: &'a Context<'_>) -> Self {
        let mut declared = Self { best: BTreeMap::new(), by: By::Nobody };
        for file in &cx.project.rust {
            for table in &file.tables {
                let by = file.printed.by;
                declared.by = declared.by.max(by);
                let best = declared.best.entry(table.sql_name.as_str()).or_default();
                *best = by.max(*best);
            }
        }
        declared
    }

    /// A table that a printed file has is not judged where another file has it too: for another version of the
    /// application, another database, or with fewer columns.
    fn is_judged(&self, cx: &Context<'_>, table: &RustTable) -> bool {
        self.best.get(table.sql_name.as_str()) == Some(&printed(cx, table).map_or(By::Nobody, |printed| printed.by))
    }

    /// Whether a file is written by hand, or for another database, and there is one that is the project's.
    fn is_beside(&self, printed: Option<&Printed>) -> bool {
        printed.map_or(By::Nobody, |printed| printed.by) < self.by
    }

    /// A partition has its parent's columns, and is judged there.
    fn has_parent_of(&self, relation: &Relation) -> bool {
        relation.parent.as_deref().is_some_and(|parent| self.best.contains_key(parent))
    }
}

fn printed<'a>(cx: &'a Context<'_>, table: &RustTable) -> Option<&'a Printed> {
    cx.project.rust.iter().find(|file| file.file == Some(table.place.file)).map(|file| &file.printed)
}

/// Tables that migrations make, and that no `table!` is for, where Diesel CLI would have written one.
fn undeclared(cx: &Context<'_>, declared: &Declared<'_>, sink: &mut Sink<'_>) {
    let files: Vec<&Printed> =
        cx.project.rust.iter().map(|file| &file.printed).filter(|printed| printed.by == declared.by).collect();
    if declared.by == By::Nobody {
        return;
    }
    let level = if declared.by == By::DieselToml { Level::Warning } else { Level::Info };
    for space in [&cx.catalog.shared, &cx.catalog.tenant] {
        for (name, relation) in space.tables() {
            // Diesel CLI leaves out what has no primary key, and what is its own.
            let is_left_out = relation.is_partition || relation.primary_key.is_none() || name.starts_with("__diesel");
            if is_left_out || declared.best.contains_key(name.as_str()) || !files.iter().any(|file| file.wants(name)) {
                continue;
            }
            sink.report(relation.origin.place.clone(), format!("no `table!` stands for the table `{name}`"))
                .help("run `cargo multitenant print-schema` or `diesel print-schema` again, or leave it out by `filter` in diesel.toml")
                .object(name.as_str())
                .around(relation.origin.around.clone())
                .level(level);
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

/// Whether a type can stand for what is beneath a domain: Diesel CLI writes that.
fn fits_domain(diesel: &str, ty: &ColumnType, cx: &Context<'_>) -> bool {
    let spaces = [&cx.catalog.tenant, &cx.catalog.shared].into_iter().chain(cx.catalog.others.values());
    let mut kinds = spaces.filter_map(|space| space.types.get(&ty.name)).map(|entry| &entry.kind);
    kinds.any(|kind| match kind {
        TypeKind::Domain(Domain { ty: Some(beneath), .. }) => {
            let beneath = ColumnType { is_array: beneath.is_array || ty.is_array, ..beneath.clone() };
            fits(diesel, &beneath)
        }
        _ => false,
    })
}

/// Whether a column holds no NULL because of its type: Diesel CLI asks `information_schema`, where a domain counts too.
fn is_not_null_domain(ty: &ColumnType, cx: &Context<'_>) -> bool {
    let spaces = [&cx.catalog.tenant, &cx.catalog.shared].into_iter().chain(cx.catalog.others.values());
    let mut kinds = spaces.filter_map(|space| space.types.get(&ty.name)).map(|entry| &entry.kind);
    !ty.is_array && kinds.any(|kind| matches!(kind, TypeKind::Domain(Domain { not_null: true, .. })))
}

fn columns(
    cx: &Context<'_>,
    table: &RustTable,
    relation: &Relation,
    declared: &Declared<'_>,
    printed: Option<&Printed>,
    sink: &mut Sink<'_>,
) {
    let is_partly_known = relation.is_opaque || !relation.kind.is_table();
    let is_added = |column: &RustColumn| printed.is_some_and(|printed| printed.adds(&column.name));
    for column in table.columns.iter().filter(|column| !is_added(column)) {
        match relation.column(&column.sql_name) {
            Some(known) => {
                let Some(ty) = known.ty.as_ref().filter(|_| relation.kind.is_table()) else { continue };
                if !fits(&column.ty, ty) && !fits_domain(&column.ty, ty, cx) {
                    report(
                        table,
                        column,
                        &format!("is {} here, and {} in the migrations", column.ty, ty.shown()),
                        sink,
                    )
                    .related(known.origin.place.clone(), "made here")
                    .level(Level::Warning);
                } else if (known.not_null || is_not_null_domain(ty, cx)) == column.is_nullable && !relation.is_opaque {
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
    // Who writes a declaration by hand may leave out what the code does not need.
    let is_schema = declared.by != By::Nobody || table.modules.iter().any(|module| module.starts_with("schema"));
    let level = if is_schema { Level::Error } else { Level::Warning };
    if declared.is_beside(printed) || relation.is_opaque || !relation.kind.is_table() {
        return;
    }
    for known in &relation.columns {
        let is_removed = printed.is_some_and(|printed| printed.removes(&known.name));
        if !is_removed && !table.columns.iter().any(|c| c.sql_name == known.name) {
            sink.report(table.place.clone(), format!("`{}` lacks the column `{}`", table.name, known.name))
                .related(known.origin.place.clone(), "made here")
                .help("run `cargo multitenant print-schema` or `diesel print-schema` again")
                .object(format!("{}.{}", table.sql_name, known.name))
                .around(table.around.clone())
                .level(level);
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
        .help("run `cargo multitenant print-schema` or `diesel print-schema` again")
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
    fn a_domain_says_not_null_for_its_columns() {
        assert_snapshot!(check(&RULE, "
            -- file: tenant/1_a/up.sql
            create domain posint as int not null;
            create domain loose as int;
            create table a (id int primary key, p posint, q posint, many posint[], l loose);
            -- file: src/schema.rs
            table! { a { id -> Int4, p -> Int4, q -> Nullable<Int4>, many -> Nullable<Array<Nullable<Int4>>>, l -> Int4, } }
        "), @"
        src/schema.rs:1:49 warning: the column `a.q` is nullable here, and NOT NULL in the migrations [q]
        src/schema.rs:1:111 warning: the column `a.l` is not null here, and nullable in the migrations [l]
        ");
    }

    #[test]
    fn the_printed_file_is_judged() {
        assert_snapshot!(check(&RULE, "
            -- file: tenant/1_a/up.sql
            create table orders (id bigint primary key, note text, hidden int);
            create table plans (id text primary key, price int);
            create table forgotten (id int primary key);
            create table audit_log (id int primary key);
            create table without_key (id int);
            create table log (id int primary key) partition by range (id);
            create table log_1 partition of log for values from (1) to (2);
            create table log_2 partition of log for values from (2) to (3);
            -- file: diesel.toml
            [print_schema]
            file = \"src/schema.rs\"
            filter = { except_tables = [\"^audit_\"] }
            -- file: src/schema.rs
            table! { orders { id -> Int8, note -> Nullable<Text>, } }
            table! { log { id -> Int8, } }
            table! { log_1 { id -> Int8, } }
            -- file: src/schema_v2.rs
            // @generated automatically by Diesel CLI.
            table! { orders { id -> Int8, another -> Text, } }
            table! { of_v2 { id -> Int8, } }
            -- file: src/import.rs
            table! { plans { id -> Text, cost -> Nullable<Int4>, } }
            table! { temp_import { id -> Text, } }
            table! { pg_namespace (nspname) { nspname -> Text, } }
            #[cfg(test)] mod tests { table! { x { id -> Text, } } }
            #[test] fn works() { table! { y { id -> Text, } } }
        "), @"
        src/import.rs:1:42 error: the column `plans.cost` is not in the migrations [cost]
        src/import.rs:2:22 info: no migration makes the table `temp_import` [temp_import]
        src/schema.rs:1:22 error: `orders` lacks the column `hidden` [orders]
        src/schema.rs:2:28 warning: the column `log.id` is Int8 here, and int4 in the migrations [id]
        src/schema_v2.rs:3:22 info: no migration makes the table `of_v2` [of_v2]
        tenant/1_a/up.sql:3:26 warning: no `table!` stands for the table `forgotten` [forgotten]
        ");
    }

    #[test]
    fn schema_code_for_another_database_is_left_out() {
        silent(
            &RULE,
            "
            -- file: tenant/1_a/up.sql
            create table orders (id bigint primary key);
            -- file: src/schema/mysql.rs
            table! { orders { id -> Bigint, extra -> Blob, } }
            -- file: src/db/sqlite/schema.rs
            table! { orders { id -> Integer, } }
        ",
        );
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "
            -- file: shared/1_a/up.sql
            create table plans (id text primary key);
            create table audit.log (id int primary key);
            -- file: tenant/1_a/up.sql
            create type mood as enum ('a');
            create domain slug as varchar check (value <> '');
            create table orders (
                s slug, id bigserial, n varchar(20) not null, m mood, tags text[], \"Odd\" int, d double precision,
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
                    s -> Nullable<Varchar>, id -> Int8, #[max_length = 20] n -> Varchar, m -> Nullable<Mood>, tags -> Nullable<Array<Nullable<Text>>>,
                    #[sql_name = \"Odd\"] odd -> Nullable<Int4>, d -> Nullable<Float8>, c -> Nullable<Varchar>, i -> Int4,
                }
            }
            table! { v { id -> Int4, more -> Text, } }
            table! { q { id -> Nullable<Int4>, } }
        ");
        silent(&RULE, "-- file: src/schema.rs\ntable! { orders { id -> Int4, } }");
    }
}
