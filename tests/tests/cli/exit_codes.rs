//! Every exit code that is documented, by a command that answers with it.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::project::{Project, answer};

/// The line of a command's help in which the codes stand.
#[test]
fn the_codes_that_are_promised_are_the_ones_tried_here() {
    let help = Project::on_disk().run(&["--help"]).code(0).stdout.replace('\n', " ");
    let told = help.split("Exit codes:").nth(1).unwrap();
    let mut codes: Vec<u8> = told.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 1, 2, 3, 4, 10, 11, 12, 13, 20, 70, 130, 143], "{told}");
}

#[tokio::test]
async fn codes_of_what_the_project_and_the_database_say() {
    let project = Project::with_tenants(&["a", "b"])
        .await
        .migration("shared/1_plans", "create table plans (id int primary key);")
        .migration("tenant/1_users", "create table users (id int primary key);")
        .down("tenant/1_users", "drop table users;");
    project.run(&["status", "--check"]).code(1);
    project.run(&["migrate", "--jobs", "none"]).code(2);
    project.run(&["migrate", "--tenant", "nobody"]).code(4).complains(&["nobody"]);
    project.run(&["migrate"]).code(0);
    project.run(&["rollback"]).code(13).complains(&["--yes"]);
    // One tenant of two, then both.
    project.sql("create table tenant_a.orders (id int)").await;
    let project = project.migration("tenant/2_orders", "create table orders (id int primary key);");
    project.run(&["migrate"]).code(10);
    project.run(&["rollback", "--tenant", "b", "--yes"]).code(13).complains(&["down.sql"]);
    let project = project.migration("tenant/3_broken", "create table broken (id nothing);");
    project.run(&["migrate"]).code(11);
    let project = project.file("multitenant.toml", "[database]\nurll = \"x\"\n");
    project.run(&["migrate"]).code(3).complains(&["urll", "did you mean"]);
    Project::on_disk()
        .tenants(&["a"])
        .migration("tenant/1_users", "select 1;")
        .run(&["status", "--database-url", "postgres://127.0.0.1:1/nowhere"])
        .code(20);
}

/// A document that nobody got is not done.
#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_a_bug() {
    let mut command = Project::on_disk().command(&["json-schema", "status"]);
    command.current_dir(std::env::temp_dir());
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let status = command.stdout(full).stderr(Stdio::null()).status().unwrap();
    assert_eq!(status.code(), Some(70));
}

#[cfg(unix)]
#[tokio::test]
async fn codes_of_being_held_and_interrupted() {
    let project = Project::with_tenants(&["a"])
        .await
        .migration("tenant/1_slow", "create table slow (id int);\nselect pg_sleep(60);");
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let child = project.command(&["migrate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let sleeping = "select count(*) from pg_stat_activity where datname = current_database() and query like \
                        'select pg_sleep%'";
        while project.count(sleeping).await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        project.run(&["migrate", "--wait", "0s"]).code(12);
        assert!(Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(code));
    }
    let mut empty = project.command(&["migrate"]);
    empty.env("MULTITENANT_TENANTS_SOURCE", "schemas").env("MULTITENANT_ISOLATION_SCHEMA_NAME", "nobody_{id}");
    std::fs::remove_file(project.path("multitenant.toml")).unwrap();
    assert_eq!(answer(empty).code(0).code, Some(0), "no tenants at all are done");
}
