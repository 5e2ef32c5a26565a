//! What is not known for certain is said.

use crate::project::Project;

#[test]
fn functions_that_tables_need_are_told_with_their_place() {
    let project = Project::on_disk()
        .tenants(&["a"])
        .migration("shared/1_a", "create function public.stamp(text) returns text immutable language sql return $1;")
        .migration(
            "tenant/1_a",
            "create function next_number() returns int language sql return 1;
             create function unused() returns int language sql return 1;
             create function \"Is Good\"(n int) returns bool language sql return n > 0;
             create domain good as int check (\"Is Good\"(value));
             create table orders (
                 id int primary key, number int default next_number(), no int default (next_number() + 1), good good,
                 note text default 'unused()' check (lower(note) <> ''), mark text generated always as (stamp(note)) stored
             );
             create index on orders (public.stamp(note)) where \"Is Good\"(number);",
        );
    let answer = project.run(&["export", "--format", "json-schema"]).code(0).complains(&[
        "migrations/shared/1_a/up.sql:1: the function stamp is not exported, and is called by orders.mark, the index orders_stamp_idx",
        "migrations/tenant/1_a/up.sql:1: the function next_number is not exported, and is called by the default of orders.number, the default of orders.no: ",
        "migrations/tenant/1_a/up.sql:3: the function Is Good is not exported, and is called by the index orders_stamp_idx, the condition good_check",
    ]);
    assert!(!answer.stderr.contains("the function unused"), "{}", answer.stderr);
}

#[test]
fn what_rust_cannot_say_is_told_for_rust_alone() {
    let project = Project::on_disk().tenants(&["a"]).migration(
        "tenant/1_a",
        "create table plans (id int primary key);
         create table orders (
             id bigint generated always as identity (start 100) primary key, name text collate \"C\",
             plan int references plans deferrable, constraint alone exclude (plan with =),
             constraint one unique nulls not distinct (name) include (plan)
         );",
    );
    let told = [
        "tenant table orders: IDENTITY (start 100) of the column id is left out: no attribute says it",
        "tenant table orders: COLLATE \"C\" of the column name is left out",
        "tenant table orders: DEFERRABLE of the constraint orders_plan_fkey is left out",
        "tenant table orders: exclude (plan with =) of the constraint alone is left out",
        "tenant table orders: NULLS NOT DISTINCT, INCLUDE (plan) of the constraint one is left out",
    ];
    project.run(&["export", "--format", "rust"]).code(0).complains(&told);
    for format in ["json-schema", "typescript", "mermaid"] {
        let answer = project.run(&["export", "--format", format]).code(0);
        assert!(!answer.stderr.contains("is left out"), "{format}: {}", answer.stderr);
    }
    // Nor where nobody wants the table.
    let answer = project.run(&["export", "--format", "rust", "--table", "plans"]).code(0);
    assert!(!answer.stderr.contains("no attribute says it"), "{}", answer.stderr);
}

#[test]
fn what_is_open_or_disagrees_is_said_and_the_rest_exported() {
    let project = Project::on_disk()
        .tenants(&["a"])
        .file("Cargo.toml", "[package]\nname = \"shop\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n")
        .file(
            "src/lib.rs",
            "diesel::table! { orders (id) { id -> Int4, total -> Text, gone -> Int4, } }
             diesel::table! { later (id) { id -> Int4, note -> Nullable<Text>, } }
             diesel::table! { public.made (id) { id -> Int4, what -> Text, } }
             multitenant_runtime::shared_tables! { made }
             multitenant_runtime::tenant_tables! { orders, later }",
        )
        .migration(
            "shared/1_a",
            "create table made as select 1 as id, 'x'::text as what; create view v as select 1 as one;
             create function f() returns int language sql as 'select 1';",
        )
        .migration(
            "tenant/1_a",
            "create table orders (id int primary key, total bigint);
             do $$ begin execute format('create table %I (id int)', 'x' || current_user); end $$;
             create table other.t (id int); create tabel x (id int);
             create table refers (id int primary key references nobody_made);",
        );
    let answer = project.run(&["export", "--format", "typescript"]).code(0);
    for said in ["later: {", "export interface Later {", "what: string", "total: string | null"] {
        assert!(said == "later: {" || answer.stdout.contains(said), "no {said} in {}", answer.stdout);
    }
    answer.complains(&[
        "the tenants' migrations run SQL that is put together at run time",
        "the shared schema's views are left out: v",
        "the shared schema's functions are left out: f",
        "the schema \"other\" is neither the shared one nor a tenant's: its 1 tables are left out: t",
        "is no SQL that can be read",
        "src/lib.rs:1: ",
        "the migrations are exported",
        "refers: refers_id_fkey leads to nobody_made, which no migration makes",
        "tenant table later: nobody can know all of its columns without a database",
    ]);
    Project::on_disk().tenants(&["a"]).run(&["export", "--format", "rust"]).code(3).complains(&["nothing to export"]);
}
