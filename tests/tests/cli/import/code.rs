//! Where schema code goes. That it compiles is tested with what is scaffolded, in one package.

use std::process::Stdio;

use crate::project::Project;

use super::super::scaffold::package;
use super::{exported, files};

fn shop() -> Project {
    Project::on_disk()
        .tenants(&["a"])
        .migration("shared/2026-01-01-000000_a", "create type mood as enum ('a'); create table plans (id int primary key, mood mood);")
        .migration(
            "tenant/2026-01-01-000000_a",
            "create type state as enum ('new'); create table orders (id int primary key, plan int references plans, state state);
             create table keyless (id int);",
        )
}

#[test]
fn an_empty_package_gets_both_files() {
    let project = package();
    exported(&shop(), &project);
    let before = files(&project);
    project
        .run(&["import", "--from", "schema.json", "--dry-run"])
        .code(0)
        .says(&["+++ b/src/schema.rs", "+pub mod schema;"]);
    assert_eq!(files(&project), before);
    project
        .run(&["import", "--from", "schema.json"])
        .code(0)
        .says(&[
            "src/schema.rs\n",
            "src/models.rs\n",
            "src/lib.rs (appended)\n",
            "migrations/shared/",
            "migrations/tenant/",
        ])
        .complains(&["the table keyless is left out: Diesel needs a primary key"]);
    let files = files(&project);
    let lib = &files["src/lib.rs"];
    assert!(lib.starts_with(&before["src/lib.rs"]) && lib.contains("pub mod models;\npub mod schema;\n"), "{lib}");
    let (schema, models) = (&files["src/schema.rs"], &files["src/models.rs"]);
    assert!(
        schema.contains("public.plans (id)") && schema.contains("diesel::joinable!(orders -> plans (plan));"),
        "{schema}"
    );
    assert!(schema.matches("pub mod sql_types").count() == 1, "{schema}");
    for expected in
        ["table_name = crate::schema::orders", "sql_type = crate::schema::sql_types::State", "pub state: Option<State>"]
    {
        assert!(models.contains(expected), "{models}");
    }
    assert!(!schema.contains("@generated") && !models.contains("@generated"));
}

#[test]
fn files_that_are_there_keep_every_byte() {
    let tables = "// Mine.\npub mod sql_types {}\ndiesel::table! { users (id) { id -> Int4, } }\nmultitenant_runtime::tenant_tables! { users }\n";
    let models = "pub struct State;\r\n";
    let project = package()
        .file("src/schema/mod.rs", "pub mod shared;\npub mod tenant;\n")
        .file("src/schema/shared.rs", "")
        .file("src/schema/tenant.rs", tables)
        .file("src/models/mod.rs", models)
        .file("src/lib.rs", "pub mod models;\npub mod schema;\n");
    exported(&shop(), &project);
    let before = files(&project);
    project.run(&["import", "--from", "schema.json"]).code(0);
    let after = files(&project);
    for (name, text) in &before {
        assert!(after[name].starts_with(text), "{name}: {}", after[name]);
    }
    let (tenant, code) = (&after["src/schema/tenant.rs"], &after["src/models/mod.rs"]);
    assert!(tenant.contains("pub mod sql_types_2 {") && tenant.contains("use super::sql_types_2::State;"), "{tenant}");
    assert!(tenant.contains("use crate::schema::shared::plans;") && !tenant.contains("public.plans"), "{tenant}");
    assert!(after["src/schema/shared.rs"].contains("public.plans (id)"));
    assert!(
        code.contains("pub enum State2 {\r\n") && code.contains("crate::schema::tenant::sql_types_2::State"),
        "{code}"
    );
}

#[test]
fn what_the_package_lacks_is_told() {
    let project = Project::on_disk()
        .file(
            "Cargo.toml",
            "[package]\nname = \"shop\"\nversion = \"0.0.0\"\n[workspace]\n[dependencies]\ndiesel = \"2\"\n",
        )
        .file("src/lib.rs", "");
    exported(&shop(), &project);
    let before = files(&project);
    project.run(&["import", "--from", "schema.json"]).code(3).complains(&[
        "cargo add",
        "multitenant-runtime",
        "--no-code",
    ]);
    assert_eq!(files(&project), before);
}

#[test]
fn two_at_once_write_it_once() {
    let project = package();
    exported(&shop(), &project);
    let import =
        || project.command(&["import", "--from", "schema.json"]).stderr(Stdio::null()).stdout(Stdio::null()).spawn();
    let runs = [import().unwrap(), import().unwrap()];
    let codes = runs.map(|mut run| run.wait().unwrap().code());
    assert!(codes.contains(&Some(0)), "{codes:?}");
    let files = files(&project);
    let migrations = files.keys().filter(|file| file.ends_with("/up.sql") && file.contains("_import/"));
    assert_eq!(migrations.count(), 2, "{:?}", files.keys());
    assert_eq!(files["src/schema.rs"].matches("orders (id)").count(), 1);
    assert!(files["src/lib.rs"].contains("pub mod schema;"));
}
