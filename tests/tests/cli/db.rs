//! `db`, and `url = "embedded"`: a development server of the project's own.

use crate::project::Project;

#[test]
fn the_project_s_server_starts_on_demand_and_stops() {
    let project = Project::on_disk()
        .file("multitenant.toml", "[database]\nurl = \"embedded\"\n[tenants]\nsource = \"list\"\nids = [\"a\"]\n")
        .migration("tenant/1_users", "create table users (id int);");
    let url = project.run(&["db", "url"]).code(0).stdout;
    assert!(url.ends_with("/multitenant\n"), "{url}");
    project.run(&["migrate", "--create-schemas"]).code(0).says(&["tenant_a  applied 1"]);
    let started = project.run(&["db", "start", "--format", "json"]).code(0).json();
    assert_eq!((&started["running"], started["url"].as_str().unwrap()), (&true.into(), url.trim_end()));
    assert_eq!(std::fs::read_to_string(project.path(".multitenant/.gitignore")).unwrap(), "*\n");
    project.run(&["db", "stop"]).code(0);
    assert_eq!(project.run(&["db", "url", "--format", "json"]).code(0).json()["running"], false);
    project.run(&["db", "stop"]).code(0).complains(&["not running"]);
}

/// Both look at the development server from within a command that has found it running, or starts it.
#[test]
fn schema_code_is_written_of_the_project_s_server() {
    let project = Project::on_disk()
        .file(
            "multitenant.toml",
            "[database]\nurl = \"embedded\"\n[tenants]\nsource = \"list\"\nids = [\"a\"]\n\
             [print_schema]\nfile = \"src/schema.rs\"\n",
        )
        .migration("tenant/1_users", "create table users (id int primary key);");
    project.run(&["migrate", "--create-schemas"]).code(0).complains(&["src/schema.rs is written anew"]);
    assert!(std::fs::read_to_string(project.path("src/schema.rs")).unwrap().contains("users (id)"));
    project.run(&["db", "stop"]).code(0);
    project.run(&["print-schema", "--tenant", "a", "--stdout"]).code(0).says(&["users (id)"]);
    project.run(&["migrate", "--tenant", "a"]).code(0);
    project.run(&["db", "stop"]).code(0);
}
