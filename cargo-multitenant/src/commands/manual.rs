//! The reference of the command line: what every command's `--help` says, in one file.

use std::fmt::Write as _;
use std::path::Path;

use clap::Command;

use crate::cli::command;

const HEAD: &str = "\
# The commands of `cargo multitenant`

Made from what `cargo multitenant COMMAND --help` says, and checked to be so by a test. What they have in
common is told once, at the end.
";

/// How wide help is here; on a terminal it is as wide as that.
const WIDTH: usize = 100;

#[test]
fn manual_is_fresh() {
    let mut root = command().term_width(WIDTH);
    root.build();
    let mut text = HEAD.to_owned();
    for (path, mut command) in leaves(&root, "cargo multitenant") {
        let help = command.render_long_help().to_string();
        let help = help.split("\nCommon options:").next().unwrap_or_default();
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let _ = write!(text, "\n## `{path}`\n\n```text\n{}\n", trimmed(help));
        // What stands behind the common options.
        if !help.contains(&examples) {
            let _ = write!(text, "\n{}\n", trimmed(&examples));
        }
        text.push_str("```\n");
    }
    let help = root.render_long_help().to_string();
    let common = help.split("Common options:").nth(1).unwrap_or_default();
    let _ =
        write!(text, "\n## Common options, exit codes\n\n```text\n{}\n```\n", trimmed(common.trim_start_matches('\n')));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/commands.md");
    if option_env!("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/commands.md is out of date: run this test with UPDATE=1");
}

/// Lines as they are seen.
fn trimmed(text: &str) -> String {
    text.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_command_s_help_is_worth_reading() {
    let mut root = command();
    root.build();
    for (path, command) in leaves(&root, "cargo multitenant") {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        assert!(about.split(' ').count() > 3 && !about.ends_with('.'), "{path}: {about:?}");
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(examples.contains("Examples:\n") && examples.contains(&path), "{path} has no example");
        for argument in command.get_arguments().filter(|argument| !argument.is_global_set()) {
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!help.is_empty() && !help.ends_with('.'), "{path} {}: {help:?}", argument.get_id());
        }
    }
}

/// All commands that do something, with their whole names.
fn leaves(command: &Command, path: &str) -> Vec<(String, Command)> {
    let below: Vec<&Command> = command.get_subcommands().filter(|below| below.get_name() != "help").collect();
    if below.is_empty() {
        return vec![(path.to_owned(), command.clone())];
    }
    below.into_iter().flat_map(|below| leaves(below, &format!("{path} {}", below.get_name()))).collect()
}
