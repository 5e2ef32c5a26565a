//! `tenant`: what each of its commands does, says and refuses.

mod archive;
mod copies;
mod create;
mod drop;
mod list;
mod rename;
mod seeded;

use crate::project::Project;

/// A project whose tenants are the rows of a table that says who is archived.
async fn shop() -> Project {
    let project = Project::with_tenants(&[])
        .await
        .file(
            "multitenant.toml",
            "[tenants]\nsource = \"table\"\narchived_column = \"archived_at\"\n[isolation]\nrole_per_tenant = true\n",
        )
        .migration(
            "shared/1_tenants",
            "create table tenants (id text primary key, name text not null default '', seats int, archived_at timestamptz);",
        )
        .migration("tenant/1_users", "create table users (id serial primary key, name text);");
    project.run(&["migrate"]).code(0);
    project
}

/// The same with these tenants.
async fn shop_with(ids: &[&str]) -> Project {
    let project = shop().await;
    let mut args = vec!["tenant", "create"];
    args.extend(ids);
    project.run(&args).code(0);
    project
}

#[test]
fn every_command_explains_itself() {
    let project = Project::on_disk();
    for command in ["create", "list", "drop", "rename", "archive", "restore", "clone", "dump", "load"] {
        project.run(&["tenant", command, "--help"]).code(0).says(&["Usage: cargo multitenant tenant", "Examples:"]);
    }
    project
        .run(&["tenant", "--help"])
        .code(0)
        .says(&["create", "list", "drop", "rename", "archive", "restore", "clone", "dump", "load"]);
    for args in [
        &["tenant"][..],
        &["tenant", "create"],
        &["tenant", "create", ""],
        &["tenant", "create", "a", "--set", "name"],
        &["tenant", "create", "a", "--set", "=x"],
        &["tenant", "create", "a", "b", "--schema", "s"],
        &["tenant", "create", "a", "--unregistered", "--set", "a=b"],
        &["tenant", "create", "a", "--schema", &"x".repeat(64)],
        &["tenant", "rename", "a"],
        &["tenant", "drop", "a", "b"],
        &["tenant", "list", "--match", ""],
        &["tenant", "clone", "a"],
        &["tenant", "clone", "a", "b", "--structure", "--data"],
        &["tenant", "clone", "a", "b", "--anonymise", "--no-anonymise"],
        &["tenant", "clone", "a", ""],
        &["tenant", "dump", "a"],
        &["tenant", "load"],
    ] {
        project.run(args).code(2).complains(&["--help"]);
    }
}
