//! `shell`: psql in one tenant.

use crate::project::{Project, answer};

async fn shop() -> Project {
    let project = Project::with_tenants(&["a", "O'B \\ \"x\""])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/1_users", "create table users (id int);");
    project.run(&["migrate"]).code(0);
    project
}

#[tokio::test]
async fn psql_stands_in_the_tenant_s_schema() {
    let project = shop().await;
    for (tenant, schema) in [("a", "tenant_a"), ("O'B \\ \"x\"", "tenant_O'B \\ \"x\"")] {
        let sql = "select current_schema(), (select count(*) from users), (select count(*) from plans)";
        let answer = project.run(&["shell", tenant, "--", "-XAtc", sql]).code(0);
        assert_eq!(answer.stdout, format!("{schema}|0|0\n"));
    }
    // The exit codes are psql's.
    project.run(&["shell", "a", "--", "-Xc", "select no_such_column"]).code(1).complains(&["no_such_column"]);
}

#[tokio::test]
async fn a_tenant_that_is_not_there_is_said() {
    let project = shop().await.tenants(&["a", "lost"]);
    project.run(&["shell", "nobody"]).code(4).complains(&["nobody"]);
    project.run(&["shell", "lost"]).code(11).complains(&["the schema tenant_lost does not exist", "create the tenant"]);
    project.run(&["shell"]).code(2);
}

#[tokio::test]
async fn without_psql_the_remedy_is_named() {
    let project = shop().await;
    let mut command = project.command(&["shell", "a"]);
    command.env("PG_BIN_DIR", "/nowhere");
    answer(command).code(11).complains(&["there is no psql on this machine", "PG_BIN_DIR"]);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_password_is_no_argument() {
    let project = shop().await;
    let url = project.url().replacen("://postgres@", "://postgres:hunter2@", 1);
    assert!(url.contains("hunter2"), "{url}");
    let mut command = project.command(&["shell", "a", "--", "-XAt", "-c", "\\! tr '\\0' ' ' </proc/$PPID/cmdline"]);
    command.env("DATABASE_URL", url);
    let answer = answer(command).code(0);
    assert!(answer.stdout.contains("dbname") && !answer.stdout.contains("hunter2"), "{answer:?}");
}
