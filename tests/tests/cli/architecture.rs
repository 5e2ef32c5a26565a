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

/// The files whose text holds `what`, and that are none of `rooms`.
fn strangers(what: &str, rooms: &[&str]) -> Vec<PathBuf> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cargo-multitenant/src");
    let all = sources(&src);
    assert!(!all.is_empty());
    all.into_iter()
        .filter(|path| !rooms.iter().any(|room| path.starts_with(src.join(room))))
        .filter(|path| fs::read_to_string(path).unwrap().contains(what))
        .collect()
}

#[test]
fn only_commands_know_the_command_line_s_parser() {
    assert_eq!(strangers("clap::", &["cli.rs", "commands"]), [PathBuf::new(); 0]);
}

#[test]
fn only_the_layers_read_the_environment() {
    assert_eq!(strangers("env::var", &["config/layers.rs"]), [PathBuf::new(); 0]);
}

#[test]
fn only_output_writes_to_the_terminal() {
    for what in ["io::stdout", "io::stderr", "println!", "eprintln!"] {
        assert_eq!(strangers(what, &["output"]), [PathBuf::new(); 0], "{what}");
    }
}
