//! Questions, on a terminal.
#![cfg(unix)]

use super::folder::{contents, files};
use crate::project::Project;
use crate::terminal::on_a_terminal;

const DOWN: &str = "\u{1b}[B";

#[test]
#[expect(clippy::disallowed_macros, reason = "a test that is left out says so")]
fn a_person_chooses() {
    let project = Project::on_disk();
    // The template above the first one, no framework, the features as they are, the database by hand, and yes.
    let typed = format!("\u{1b}[A\r\u{1b}[A\r\r{DOWN}\r\r");
    let Some(answer) = on_a_terminal(&project, &["init", "app"], &typed) else {
        eprintln!("skipped: there is no `script` of util-linux");
        return;
    };
    let answer = answer.code(0);
    answer.says(&[
        "Template",
        "Framework",
        "Features",
        "Database",
        "create       multitenant.toml",
        "Write these files?",
        "created      multitenant.toml",
    ]);
    let files = files(&project, "app");
    assert!(files.contains(&"build.rs".to_owned()) && !files.contains(&"src/routes.rs".to_owned()), "{files:?}");
}

#[test]
fn what_flags_say_is_not_asked() {
    let project = Project::on_disk();
    let args = ["init", "app", "--template", "minimal"];
    let Some(answer) = on_a_terminal(&project, &args, "\r\r") else { return };
    let stdout = answer.code(0).stdout;
    assert!(stdout.contains("Database") && !stdout.contains("Framework"), "{stdout}");
    assert_eq!(files(&project, "app"), ["multitenant.toml"]);
}

#[test]
fn no_and_ctrl_c_leave_nothing() {
    let project = Project::on_disk();
    let args =
        ["init", "app", "--template", "full", "--framework", "axum", "--feature", "shared", "--database", "manual"];
    let Some(answer) = on_a_terminal(&project, &args, "n") else { return };
    answer.code(13).says(&["nothing was written"]);
    assert!(!project.path("app").exists());
    // At the last question, and at one of the first.
    for args in [&args[..], &args[..4], &args[..2]] {
        let answer = on_a_terminal(&project, args, "\u{3}").unwrap();
        assert_eq!(answer.code, Some(130), "{answer:?}");
        assert!(answer.stdout.contains("\u{1b}[?25h") || !answer.stdout.contains("\u{1b}[?25l"), "the cursor is back");
    }
    assert_eq!(contents(&project.path("")).len(), 0);
}
