//! Two runs on the same targets.

use std::process::Stdio;

use crate::project::Project;

#[tokio::test]
async fn a_target_that_another_run_holds_is_left_when_the_wait_is_over() {
    let project = Project::with_tenants(&["a"])
        .await
        .migration("tenant/1_slow", "create table slow (id int);\nselect pg_sleep(60);");
    let mut first = project.command(&["migrate"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let sleeping =
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'select pg_sleep%'";
    while project.count(sleeping).await == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    project.run(&["migrate", "--wait", "200ms"]).code(12).says(&["tenant_a  skipped: still held by another run"]);
    first.kill().unwrap();
    first.wait().unwrap();
}
