//! `--edit`.
#![cfg(unix)]

use std::fs;

use super::files;
use crate::project::{Answer, Project, answer};

fn edited(project: &Project, visual: Option<&str>, editor: Option<&str>) -> Answer {
    let mut command = project.command(&["scaffold", "migration", "backfill", "--type", "tenant", "--edit"]);
    for (name, value) in [("VISUAL", visual), ("EDITOR", editor)] {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    answer(command)
}

#[test]
fn the_editor_is_given_the_files_behind_its_arguments() {
    let project = Project::on_disk().file("edit it.sh", "#!/bin/sh\nprintf '%s\\n' \"$@\" > asked\n");
    edited(&project, Some("sh 'edit it.sh' --wait"), Some("false")).code(0).says(&["up.sql\n"]);
    let asked = fs::read_to_string(project.path("asked")).unwrap();
    let lines: Vec<_> = asked.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, "--wait"));
    assert!(lines[1].ends_with("_backfill/up.sql") && lines[2].ends_with("_backfill/down.sql"), "{asked}");
    edited(&project, None, Some("true")).code(0);
}

#[test]
fn without_an_editor_nothing_is_written_and_one_that_fails_is_an_error() {
    let project = Project::on_disk();
    edited(&project, None, None).code(2).complains(&["$VISUAL or $EDITOR, and neither is set"]);
    edited(&project, Some(" "), None).code(2);
    assert_eq!(files(&project).len(), 0);
    edited(&project, None, Some("exit 3;"))
        .code(3)
        .complains(&["the editor `exit 3;` ended with exit status: 3", "stays"]);
    edited(&project, None, Some("no-such-editor")).code(3).complains(&["exit status: 127"]);
    assert_eq!(files(&project).keys().filter(|name| name.ends_with("up.sql")).count(), 2);
}
