//! The layout, the exit codes, and that nothing stops the rest.

use super::{examine, found, state};
use crate::project::Project;

#[tokio::test]
async fn a_healthy_project_has_nothing_but_ticks() {
    let project = Project::with_tenants(&["a", "b"]).await.migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate"]).code(0);
    let document = examine(&project);
    assert_eq!(state(&document, "registry").as_deref(), Some("good"), "{document:#}");
    project.run(&["doctor"]).says(&["✓ configuration", "✓ database", "✓ tenants", "2 found", "Health", "a round trip"]);
}

#[test]
fn what_cannot_be_checked_says_why_and_stops_nothing() {
    let project = Project::on_disk().migration("tenant/1_a", "select 1;");
    let project = project.file("multitenant.toml", "[database]\nurl = \"postgres://127.0.0.1:1/nowhere\"\n");
    let answer = project.run(&["doctor"]).code(20);
    answer.says(&["✓ configuration", "✗ database", "? tenants", "not checked: the database cannot be reached"]);
    let project = project.file("multitenant.toml", "[database]\nurrl = \"embedded\"\n");
    let answer = project.run(&["doctor"]).code(3);
    answer.says(&["✗ configuration", "multitenant.toml:2:1", "urrl", "? database", "the configuration cannot be used"]);
}

#[tokio::test]
async fn a_tenant_that_cannot_be_used_is_an_error() {
    let project = Project::with_tenants(&["a"]).await.file("multitenant.toml", "");
    let project = project.migration("tenant/1_users", "create table users (id int);");
    project.sql("create table tenants (id text primary key); insert into tenants values ('a'), ('')").await;
    let document = examine(&project);
    assert_eq!(found(&document, "registry").len(), 1, "{document:#}");
    project.run(&["doctor"]).code(1);
}

#[test]
fn a_url_that_is_none_is_blamed_on_where_it_comes_from() {
    let project = Project::on_disk().migration("tenant/1_a", "select 1;").file("multitenant.toml", "");
    let url = "postgres://me:s3cr3t@127.0.0.1:99999/shop";
    let says = ["✗ database", "a port is not a number from 1 to 65535", "(from the flag --database-url)"];
    let answer = project.run(&["doctor", "--database-url", url]).code(3).says(&says);
    let mut command = project.command(&["doctor"]);
    command.env("DATABASE_URL", url);
    let of_variable = crate::project::answer(command).code(3).says(&["(from the environment variable DATABASE_URL)"]);
    for text in [&answer.stdout, &answer.stderr, &of_variable.stdout, &of_variable.stderr] {
        assert!(
            !text.contains("s3cr3t") && !text.contains("start the server") && !text.contains("multitenant.toml:"),
            "{text}"
        );
    }
    // In the file it is the place that says so.
    let project = project.file("multitenant.toml", &format!("[database]\nurl = \"{url}\"\n"));
    let answer = project.run(&["doctor"]).code(3).says(&["multitenant.toml:2:7"]);
    assert!(!answer.stdout.contains("s3cr3t"), "{}", answer.stdout);
    let mut command = project.command(&["doctor", "--format", "json"]);
    command.env("DATABASE_URL", url).env("MULTITENANT_MIGRATE_URL", "postgres://127.0.0.1:1/nowhere");
    crate::project::answer(command).code(20);
}
