//! Questions, on a terminal, answered as they come.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::folder::{contents, files};
use crate::project::Project;
use crate::terminal::on_its_own_terminal;

const UP: &str = "\u{1b}[A";
const DOWN: &str = "\u{1b}[B";

/// Runs a command on a terminal; each text is waited for, and then answered. The exit code, and all that was shown; `None`
/// where there is no `script` of util-linux.
fn asked(project: &Project, args: &[&str], answers: &[(&str, &str)]) -> Option<(Option<i32>, String)> {
    let mut command = on_its_own_terminal(&project.command(args))?;
    command.stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let (sender, shown) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(read @ 1..) = stdout.read(&mut buffer) {
            let _ = sender.send(buffer[..read].to_vec());
        }
    });
    let mut all = String::new();
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut seen = 0;
    for (question, keys) in answers {
        while !all[seen..].contains(question) {
            match shown.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(bytes) => all += &String::from_utf8_lossy(&bytes),
                Err(_) => {
                    child.kill().unwrap();
                    panic!("{question:?} was not asked:\n{all}");
                }
            }
        }
        // It is shown before keys are waited for.
        std::thread::sleep(Duration::from_millis(200));
        seen = all.len();
        stdin.write_all(keys.as_bytes()).unwrap();
    }
    while let Ok(bytes) = shown.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        all += &String::from_utf8_lossy(&bytes);
    }
    if child.try_wait().unwrap().is_none() && Instant::now() >= deadline {
        child.kill().unwrap();
        panic!("it did not end:\n{all}");
    }
    Some((child.wait().unwrap().code(), all))
}

#[test]
#[expect(clippy::disallowed_macros, reason = "a test that is left out says so")]
fn a_person_chooses() {
    let project = Project::on_disk();
    let (template, framework) = (format!("{UP}\r"), format!("{UP}\r"));
    let database = format!("{DOWN}\r");
    let answers = [
        ("Template", &*template),
        ("Framework", &framework),
        ("Features", "\r"),
        ("Database", &database),
        ("Write these files?", "y"),
    ];
    let Some((code, shown)) = asked(&project, &["init", "app"], &answers) else {
        eprintln!("skipped: there is no `script` of util-linux");
        return;
    };
    assert_eq!(code, Some(0), "{shown}");
    let files = files(&project, "app");
    assert!(files.contains(&"build.rs".to_owned()) && !files.contains(&"src/routes.rs".to_owned()), "{files:?}");
}

#[test]
fn what_flags_say_is_not_asked_and_no_and_ctrl_c_leave_nothing() {
    let project = Project::on_disk();
    let args = ["init", "app", "--template", "minimal"];
    let Some((code, shown)) = asked(&project, &args, &[("Database", "\r"), ("Write these files?", "n")]) else {
        return;
    };
    assert!(!shown.contains("Framework"), "{shown}");
    assert_eq!(code, Some(13), "{shown}");
    for (args, question) in [(&args[..2], "Template"), (&args[..], "Database")] {
        let (code, shown) = asked(&project, args, &[(question, "\u{3}")]).unwrap();
        assert_eq!(code, Some(130), "{shown}");
        assert!(shown.rfind("\u{1b}[?25h") > shown.rfind("\u{1b}[?25l"), "the cursor is back: {shown:?}");
    }
    assert_eq!(contents(&project.path("")).len(), 0);
}
