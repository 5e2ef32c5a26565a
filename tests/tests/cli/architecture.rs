//! What the rooms of the command line know of each other.

use std::fs;
use std::path::{Path, PathBuf};

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// No file but those of `rooms` may hold `what`.
#[track_caller]
fn only(rooms: &[&str], what: &str) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cargo-multitenant/src");
    let all = sources(&src);
    assert!(!all.is_empty());
    for path in all.iter().filter(|path| !rooms.iter().any(|room| path.starts_with(src.join(room)))) {
        assert!(!fs::read_to_string(path).unwrap().contains(what), "{} holds {what:?}", path.display());
    }
}

#[test]
fn only_commands_know_the_command_line_s_parser() {
    only(&["application", "cli.rs", "commands"], "clap::");
}

#[test]
fn only_the_layers_read_the_environment() {
    only(&["config/layers.rs"], "env::var");
}

#[test]
fn only_the_tree_names_the_parser_of_sql() {
    only(&["lint/sql/tree.rs"], "squawk_");
    only(&["lint/sql"], "tree::");
}

#[test]
fn only_output_writes_to_the_terminal() {
    for what in ["io::stdout", "io::stderr", "println!", "eprintln!"] {
        only(&["output", "tui/terminal.rs"], what);
    }
}
