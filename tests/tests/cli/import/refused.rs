//! What is refused, and that nothing is written then.

use crate::project::Project;

use super::super::scaffold::package;
use super::{exported, files};

fn empty() -> Project {
    Project::on_disk().tenants(&["a"])
}

fn shop() -> Project {
    empty()
        .migration("shared/2026-01-01-000000_a", "create type mood as enum ('a'); create table plans (id int primary key, mood mood);")
        .migration(
            "tenant/2026-01-01-000000_a",
            "create table orders (id int primary key, plan int references plans, note text default 'x');
             create index orders_note on orders (note); create table items (id int primary key, o int references orders);",
        )
}

#[test]
fn what_stands_in_the_way_is_told_and_nothing_written() {
    for (migration, sql, expected) in [
        (
            "shared/1_a",
            "create table plans (id bigint primary key);",
            &["plans\" cannot be imported", "shared/1_a/up.sql:1 makes another one"][..],
        ),
        (
            "tenant/1_a",
            "create table x (id int);\ncreate view orders as select 1 as id;",
            &["tenant/1_a/up.sql:2 makes a view of that name"],
        ),
        ("tenant/1_a", "create table plans (id int primary key);", &["in the other tier"]),
        (
            "tenant/1_a",
            "create table x (id int); create index orders_note on x (id);",
            &["the tenant index \"orders_note\""],
        ),
        ("shared/1_a", "create type mood as enum ('b');", &["the shared type \"mood\"", "makes another one"]),
        ("tenant/1_a", "create type orders as enum ('b');", &["makes a type of that name"]),
    ] {
        let project = empty().migration(migration, sql);
        exported(&shop(), &project);
        let before = files(&project);
        project.run(&["import", "--from", "schema.json", "--no-code"]).code(13).complains(expected);
        assert_eq!(files(&project), before);
    }
    let project = package().tenants(&["a"]).file("src/schema.rs", "diesel::table! { orders (id) { id -> Int4, } }\n");
    exported(&shop(), &project);
    project
        .run(&["import", "--from", "schema.json", "--no-code"])
        .code(13)
        .complains(&["src/schema.rs has a `table!` of it"]);
}

#[test]
fn what_is_needed_must_be_there() {
    let project = empty();
    exported(&shop(), &project);
    let import = |more: &[&str]| project.run(&[&["import", "--from", "schema.json", "--no-code"], more].concat());
    import(&["--table", "items"])
        .code(13)
        .complains(&["leads to the tenant table orders", "neither there nor imported"]);
    import(&["--tier", "tenant"]).code(13).complains(&["leads to the shared table plans"]);
    import(&["--table", "order"]).code(4).complains(&["did you mean \"orders\""]);
    assert_eq!(files(&project).len(), 1);
    import(&["--table", "plans"]).code(0).says(&["_import/up.sql"]);
    import(&["--tier", "tenant", "--name", "orders", "--dry-run"]).code(0).says(&[
        "--- /dev/null\n+++ b/migrations/tenant/",
        "_orders/up.sql\n@@ -0,0 +1,",
        "+ALTER TABLE orders\n+    ADD CONSTRAINT orders_plan_fkey FOREIGN KEY (plan) REFERENCES public.plans (id);\n",
        "+DROP TABLE items;\n+DROP TABLE orders;\n",
    ]);
    assert!(!project.path("migrations/tenant").exists());
    let document = import(&["--tier", "tenant", "--dry-run", "--format", "json"]).code(0).json();
    assert!(document["files"][0]["diff"].as_str().unwrap().starts_with("--- /dev/null"), "{document}");
    import(&["--tier", "tenant", "--format", "json"]).code(0);
    assert_eq!(import(&["--format", "json"]).code(0).json()["left_out"][0]["kind"], "table");
}

#[test]
fn a_document_that_is_none_is_told() {
    let project = empty();
    let document = exported(&shop(), &project);
    let evil = document.replace("\"orders\"", "\"../../evil\"");
    let attack = document.replace("\"expression\": \"'x'\"", "\"expression\": \"0); DROP TABLE x; --\"");
    assert!(evil != document && attack != document);
    for (text, expected) in [
        ("", "this is no JSON"),
        ("{}", "no document of `cargo multitenant export"),
        (&document[..document.len() / 2], "cut off"),
        (&document.replace("\"x-format\": 1", "\"x-format\": 2"), "/x-format: the document has the format 2"),
        (&document.replace("\"x-nullable\": true", "\"x-nullable\": 7"), "/x-nullable: invalid type"),
        (&evil, "/$defs/tenant/$defs/..~1..~1evil: the name \"../../evil\" could be read as a path"),
        (&attack, "/$defs/tenant/$defs/orders/properties/note/x-default/expression: this is not one expression"),
    ] {
        let project = project_with(text);
        project.run(&["import", "--from", "schema.json", "--no-code"]).code(3).complains(&[expected]);
        assert_eq!(files(&project).len(), 1);
    }
    project.run(&["import", "--from", "none.json", "--no-code"]).code(3).complains(&["none.json cannot be read"]);
    project.run(&["import"]).code(2);
    project.run(&["import", "--from", "schema.json"]).code(3).complains(&["no Cargo.toml", "--no-code"]);
    // Names are taken as `generate` takes them.
    for name in ["../x", "a b;c", "$(x)", ""] {
        let import = project.run(&["import", "--from", "schema.json", "--no-code", "--name", name]).code(2);
        let generate = project.run(&["generate", "tenant", name]).code(2);
        let why = |text: &str| text.lines().next().and_then(|line| line.split_once("the name ")).unwrap().1.to_owned();
        assert_eq!(why(&import.stderr), why(&generate.stderr), "{name:?}");
    }
    assert_eq!(files(&project).len(), 1);
    // What is not wanted need not be right.
    let project = project_with(&attack);
    project.run(&["import", "--from", "schema.json", "--no-code", "--tier", "shared"]).code(0);
}

fn project_with(document: &str) -> Project {
    empty().file("schema.json", document)
}
