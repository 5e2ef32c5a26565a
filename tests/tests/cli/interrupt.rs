//! Ctrl-C and SIGTERM.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::project::Project;

/// A run whose tenants sleep, one at a time, and the first of them does.
async fn sleeping(project: &Project) -> Child {
    let mut command = project.command(&["migrate", "--jobs", "1", "--format", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let sleeping =
        "select count(*) from pg_stat_activity where datname = current_database() and query like 'select pg_sleep%'";
    while project.count(sleeping).await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    child
}

fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

async fn slow() -> Project {
    Project::with_tenants(&["a", "b"])
        .await
        .migration("shared/1_plans", "create table plans (id int);")
        .migration("tenant/1_slow", "create table slow (id int);\nselect pg_sleep(60);")
}

#[tokio::test]
async fn a_signal_rolls_back_and_reports() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let project = slow().await;
        let child = sleeping(&project).await;
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let outcomes: Vec<_> = document["targets"].as_array().unwrap().iter().map(|t| t["outcome"].clone()).collect();
        assert_eq!(outcomes[0], "applied", "{document}");
        assert!(outcomes[1..].iter().all(|outcome| *outcome != "applied"), "{document}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("once more ends at once"), "{output:?}");
        assert_eq!(project.count("select count(*) from pg_tables where tablename = 'slow'").await, 0);
    }
}

#[tokio::test]
async fn a_pause_ends_with_the_run() {
    let project = Project::with_tenants(&["a", "b"]).await.migration("tenant/1_users", "create table users (id int);");
    let mut command = project.command(&["migrate", "--canary", "a", "--pause", "10m", "--format", "json"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while project.count("select count(*) from pg_tables where tablename = 'users'").await == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    send("INT", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    let outcomes: Vec<_> = document["targets"].as_array().unwrap().iter().map(|t| t["outcome"].clone()).collect();
    assert_eq!(outcomes, ["applied", "not-tried"], "{document}");
}
