//! Questions, on a terminal. `script` makes one.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::project::{Answer, Project};

async fn shop() -> Project {
    let project = Project::with_tenants(&["a"])
        .await
        .migration("tenant/1_users", "create table users (id int);")
        .down("tenant/1_users", "drop table users;");
    project.run(&["migrate"]).code(0);
    project
}

/// The command, on a terminal of its own; what is typed is piped to it. `None` where there is no `script` of util-linux.
pub(crate) fn on_its_own_terminal(inner: &Command) -> Option<Command> {
    let version = Command::new("script").arg("--version").stderr(Stdio::null()).output().ok()?;
    if !String::from_utf8_lossy(&version.stdout).contains("util-linux") {
        return None;
    }
    let words = std::iter::once(inner.get_program()).chain(inner.get_args());
    let line: Vec<_> = words.map(|word| format!("'{}'", word.to_string_lossy())).collect();
    let mut command = Command::new("script");
    command.args(["-qefc", &line.join(" "), "/dev/null"]).env("TERM", "xterm");
    for (name, value) in inner.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.current_dir(inner.get_current_dir().unwrap()).stdin(Stdio::piped()).stdout(Stdio::piped());
    Some(command)
}

/// Runs a command on a terminal on which somebody types this. `None` where there is no `script` of util-linux.
pub(crate) fn on_a_terminal(project: &Project, args: &[&str], typed: &str) -> Option<Answer> {
    let mut command = on_its_own_terminal(&project.command(args))?;
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(typed.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    Some(Answer {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}

#[tokio::test]
#[expect(clippy::disallowed_macros, reason = "a test that is left out says so")]
async fn a_person_is_asked_and_obeyed() {
    let project = shop().await;
    for (typed, code, left) in [("n", 13, 1), ("y", 0, 0)] {
        let Some(answer) = on_a_terminal(&project, &["rollback"], typed) else {
            eprintln!("skipped: there is no `script` of util-linux");
            return;
        };
        let answer = answer.code(code).says(&["tenant_a  revert 1", "Roll back 1 schema by 1 migration?"]);
        assert_eq!(answer.stdout.contains("1 rolled back"), code == 0, "{answer:?}");
        assert_eq!(project.count("select count(*) from pg_tables where tablename = 'users'").await, left);
    }
}
