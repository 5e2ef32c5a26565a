//! The command: what it refuses, asks for, and leaves alone.

use std::fs;

use super::case::{findings, generate, project};
use crate::project::Project;

#[tokio::test(flavor = "multi_thread")]
async fn types_and_their_labels() {
    let code = |labels: &str| {
        format!(
            "pub mod sql_types {{ #[diesel(postgres_type(name = \"mood\", schema = \"public\"))] pub struct Mood; }}
             table! {{ public.a {{ id -> Int4, m -> Nullable<Mood>, }} }}
             #[derive(SharedTable)] #[diesel(table_name = a)] struct A; #[derive(SharedEnum)] enum Mood {{ {labels} }}"
        )
    };
    let project = project("", "", &code("Glad, Sad")).await;
    generate(&project, "shared", &[]).code(0);
    project.run(&["migrate"]).code(0);
    let labels = "select enumlabel::text from pg_enum order by enumsortorder";
    assert_eq!(project.texts(labels).await, ["glad", "sad"]);
    let project = project.file("src/schema.rs", &code("First, Glad, Between, Sad, Last"));
    generate(&project, "shared", &[]).code(0);
    assert_eq!(findings(&project), [""; 0]);
    project.run(&["migrate"]).code(0);
    assert_eq!(project.texts(labels).await, ["first", "glad", "between", "sad", "last"]);
    // It cannot be taken back, and is no error the second time.
    project.run(&["rollback", "shared", "--steps", "1", "--yes"]).code(0);
    project.run(&["migrate"]).code(0);
    let project = project.file("src/schema.rs", &code("Glad, Sad"));
    generate(&project, "shared", &[]).code(13).complains(&["has labels that the code has not", "another type"]);
}

#[test]
fn nothing_is_lost_without_consent() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .migration("tenant/1_a", "create table orders (id int primary key, total int, note varchar(9)); create table old (id int primary key);")
        .migration("shared/1_a", "create table tenants (id text primary key);")
        .file("src/schema.rs", "table! { orders { id -> Int4, amount -> Nullable<Int4>, #[max_length = 5] note -> Nullable<Varchar>, } }");
    let before = fs::read_dir(project.path("migrations/tenant")).unwrap().count();
    generate(&project, "tenant", &[]).code(13).complains(&[
        "nothing was written, since this would lose data:",
        "the column orders.total",
        "values of orders.note that are no varchar(5)",
        "the table old with all of its rows",
        "--allow-data-loss",
        "--keep NAME",
        "--rename orders.total=orders.amount",
    ]);
    // A registry needs no `table!`.
    generate(&project, "shared", &["--check"]).code(0);
    let check = generate(&project, "tenant", &["--check"]).code(1).json();
    assert_eq!(check["loses"].as_array().unwrap().len(), 3);
    let dry = project.run(&["generate", "tenant", "x", "--from-schema", "--dry-run", "--allow-data-loss"]).code(0);
    dry.says(&["-- loses data: the column orders.total\n", "-- migrations/tenant/"]);
    for wrong in ["orders.total=orders.nothing", "nothing=orders", "orders.total", "orders.total="] {
        generate(&project, "tenant", &["--rename", wrong]).code(2);
    }
    assert_eq!(fs::read_dir(project.path("migrations/tenant")).unwrap().count(), before);
    let flags =
        ["--rename", "orders.total=orders.amount", "--keep", "old", "--keep", "orders.note", "--allow-data-loss"];
    let made = generate(&project, "tenant", &flags).code(0).json();
    assert_eq!(made["changes"][0], "rename orders.total to amount");
    assert_eq!(made["loses"].as_array().unwrap().len(), 1);
}

#[test]
fn a_refused_column_may_have_another_name_only() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .migration("tenant/1_a", "create table jobs (id int primary key, state text not null);")
        .migration("shared/1_a", "create table tenants (id text primary key);")
        .file("src/schema.rs", "table! { jobs { id -> Int4, status -> Text, } } table! { notes { id -> Int4, } }");
    let hint = "or, where something has only another name:\n  --rename jobs.state=jobs.status\n";
    generate(&project, "tenant", &[]).code(13).complains(&["`jobs.status` is not nullable", hint]);
    // What the migrations know is theirs; of what is new nobody has said whose it is.
    let renamed = generate(&project, "tenant", &["--rename", "jobs.state=jobs.status"]).code(0);
    renamed.complains(&["src/schema.rs:1: `notes` is marked as neither tier's, and taken for a tenant's: derive"]);
}

#[test]
fn the_other_tier_is_hinted_at_and_not_written() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .file("src/schema.rs", "table! { public.plans { id -> Int4, } } table! { orders { id -> Int4, plan -> Int4, } }
            #[derive(TenantTable)] #[diesel(table_name = orders)] struct O { #[multitenant(references = \"plans(id)\")] plan: i32 }");
    generate(&project, "tenant", &[]).code(13).complains(&["run `generate shared NAME --from-schema` first"]);
    generate(&project, "shared", &[]).code(0).complains(&["the tenant migrations differ from the schema code too"]);
    assert!(!project.path("migrations/tenant").exists());
    generate(&project, "tenant", &[]).code(0);
    let none = project.run(&["generate", "tenant", "x", "--from-schema"]).code(0);
    none.says(&["the tenant migrations make what the schema code says"]);
    let empty = Project::on_disk();
    empty.run(&["generate", "tenant", "x", "--from-schema"]).code(3).complains(&["there is no `table!`"]);
    let broken = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .file("src/schema.rs", "table! { a { id -> Int4, } }\nfn broken( {");
    let answer = broken.run(&["generate", "tenant", "x", "--from-schema"]).code(13);
    answer.complains(&["src/schema.rs:2: this is no Rust"]);
    for name in ["../../evil", "a/b", ""] {
        project.run(&["generate", "tenant", "--from-schema", "--", name]).code(2);
    }
}

#[test]
fn several_at_once_write_it_once() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .migration("shared/1_a", "create table tenants (id text primary key);")
        .file("src/schema.rs", "table! { orders { id -> Int4, } }");
    let mut runs: Vec<_> = (0..4)
        .map(|_| {
            project.command(&["generate", "tenant", "change", "--from-schema", "--allow-data-loss"]).spawn().unwrap()
        })
        .collect();
    assert!(runs.iter_mut().all(|run| run.wait().unwrap().success()));
    assert_eq!(fs::read_dir(project.path("migrations/tenant")).unwrap().count(), 1);
}

#[test]
fn tables_of_a_schema_of_neither_tier_are_told_with_the_setting() {
    let project = Project::on_disk()
        .file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n")
        .file("src/schema.rs", "pub mod app { table! { app.orders { id -> Int4, } } }");
    generate(&project, "tenant", &[]).code(3).complains(&[
        "src/schema.rs:1: the schema \"app\" is neither tier's, and `orders` is left out",
        "by `shared_schema` in `[database]`",
        "there is no `table!` of either tier",
    ]);
    let project = project.file("multitenant.toml", "[database]\nshared_schema = \"app\"\n");
    let made = generate(&project, "shared", &[]).code(0).json();
    assert_eq!(made["changes"][0], "add the table orders");
}
