//! Where the configuration comes from, and what is said when it cannot be used.

use crate::project::{Project, answer};

#[test]
fn mistakes_are_pointed_at() {
    let project = Project::on_disk().migration("tenant/1_a", "select 1;");
    let project = project.file("multitenant.toml", "[isolation]\nschema-name = \"t_{id}\"\n");
    project.run(&["status"]).code(3).complains(&["multitenant.toml:2:1", "schema-name = \"t_{id}\"", "`schema_name`"]);
    let project = project.file("multitenant.toml", "[database]\nurl = \"mysql://u:secret@h/d\"\n");
    let answer = project.run(&["status"]).code(3).complains(&["multitenant.toml:2:7"]);
    assert!(!answer.stderr.contains("secret"), "{answer:?}");
    project.run(&["status", "--config", "nowhere.toml"]).code(3).complains(&["nowhere.toml"]);
}

#[test]
fn without_anything_the_remedy_is_named() {
    let project = Project::on_disk();
    project.run(&["migrate"]).code(3).complains(&["multitenant.toml", "migrations/tenant", "generate tenant"]);
    let project = project.migration("tenant/1_a", "select 1;");
    project.run(&["migrate"]).code(3).complains(&["DATABASE_URL", "[database]", "embedded"]);
    let project = project.file("multitenant.toml", "[migrations]\nshared_folder = \"db\"\n");
    project.run(&["migrate"]).code(3).complains(&["multitenant.toml:2:17", "the folder db does not exist"]);
}

#[test]
fn migrations_that_cannot_be_used_are_named() {
    let project = Project::on_disk().file("multitenant.toml", "[database]\nurl = \"postgres://h/d\"\n");
    let project = project.migration("tenant/1_a", "select 1;\nselect 'x").migration("tenant/2_b", "");
    project.run(&["migrate"]).code(3).complains(&["migrations/tenant/1_a/up.sql:2:8", "migrations/tenant/2_b/up.sql"]);
}

#[tokio::test]
async fn defaults_do_without_a_file() {
    let project = Project::with_tenants(&["a"]).await;
    std::fs::remove_file(project.path("multitenant.toml")).unwrap();
    let project = project
        .migration("shared/1_tenants", "create table tenants (id text primary key);\ninsert into tenants values ('a');")
        .migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate"]).code(0).says(&["public  applied 1", "tenant_a  applied 1"]);
}

#[tokio::test]
async fn later_layers_win() {
    let project = Project::with_tenants(&["a"]).await.migration("tenant/1_users", "create table users (id int);");
    let nowhere = "postgres://127.0.0.1:1/nowhere";
    let config = std::fs::read_to_string(project.path("multitenant.toml")).unwrap();
    let project = project.file("multitenant.toml", &format!("{config}[database]\nurl = \"{nowhere}\"\n"));
    // The environment wins over the file, …
    project.run(&["status"]).code(0);
    // … the process's over that of `.env`, …
    let project = project.file(".env", &format!("DATABASE_URL={nowhere}\n"));
    project.run(&["status"]).code(0);
    let without = |args: &[&str]| {
        let mut command = project.command(args);
        command.env_remove("DATABASE_URL");
        command
    };
    answer(without(&["status"])).code(20);
    // … a flag over both, …
    answer(without(&["status", "--database-url", project.url()])).code(0);
    // … and what migrates prefers the URL that is for it.
    let mut command = project.command(&["status"]);
    command.env("MULTITENANT_MIGRATE_URL", nowhere);
    answer(command).code(20);
}

#[tokio::test]
async fn project_is_found_from_below_and_by_its_name() {
    let project = Project::with_tenants(&["a"]).await.migration("tenant/1_users", "create tabel users (id int);");
    let project = project.file("src/deep/x.rs", "");
    let mut below = project.command(&["migrate"]);
    below.current_dir(project.path("src/deep"));
    answer(below).code(11).says(&["../../migrations/tenant/1_users/up.sql:1:8"]);
    let mut elsewhere = project.command(&["migrate"]);
    elsewhere.current_dir(std::env::temp_dir()).env("MULTITENANT_CONFIG", project.path("multitenant.toml"));
    answer(elsewhere).code(11);
}
