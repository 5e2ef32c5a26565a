//! Checks all cases by one call of Cargo, and collects what the compiler says of each.

pub(crate) mod expected;
mod package;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One program, and what the compiler said.
pub(crate) struct Case {
    pub name: String,
    pub source: String,
    pub errors: Vec<Diagnostic>,
    pub warnings: Vec<String>,
}

/// One error: its words, and all lines of the program that it points to.
pub(crate) struct Diagnostic {
    pub code: Option<String>,
    pub text: String,
    pub lines: Vec<usize>,
}

pub(crate) fn run() -> Vec<Case> {
    let package = package::write();
    let output = Command::new(env!("CARGO"))
        .args(["check", "--workspace", "--bins", "--keep-going", "--offline", "--quiet", "--message-format=json"])
        .arg("--target-dir")
        .arg(target())
        .current_dir(&package)
        .output()
        .expect("cargo runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let mut cases = cases();
    let mut heard = 0;
    for message in said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        // The name of a target is that of its case; those of the dependencies are no bins.
        let is_bin = message["target"]["kind"][0] == "bin";
        let Some(case) = message["target"]["name"].as_str().filter(|_| is_bin).and_then(|name| cases.get_mut(name))
        else {
            continue;
        };
        heard += 1;
        if message["reason"] == "compiler-message" {
            note(case, &message["message"]);
        }
    }
    assert!(heard >= cases.len(), "cargo did not check the cases:\n{}", String::from_utf8_lossy(&output.stderr));
    cases.into_values().collect()
}

/// The files that a case was made of, as the compiler notes them for Cargo.
pub(crate) fn watched_by(case: &str) -> String {
    let folder = target().join("debug/deps");
    let notes = std::fs::read_dir(folder).expect("the folder can be read").flatten().map(|entry| entry.path());
    let mine = notes.filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(&format!("{case}-")) && name.ends_with(".d")
    });
    let newest = mine.max_by_key(|path| path.metadata().and_then(|file| file.modified()).ok());
    let notes = std::fs::read_to_string(newest.expect("the case was checked")).expect("the file can be read");
    notes.replace("\\ ", " ").replace('\\', "/")
}

fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("the folder lies below the target folder")
}

fn cases() -> BTreeMap<String, Case> {
    let read = |(name, path): (String, PathBuf)| {
        let source = std::fs::read_to_string(&path).expect("a case can be read");
        (name.clone(), Case { name, source, errors: Vec::new(), warnings: Vec::new() })
    };
    package::programs().into_iter().map(read).collect()
}

fn note(case: &mut Case, message: &Value) {
    let words = message["message"].as_str().unwrap_or_default();
    let code = message["code"]["code"].as_str().map(str::to_owned);
    let mut lines = Vec::new();
    // Not the rendered form: it repeats the lines of the program, and with them what is expected.
    let mut text = code.clone().unwrap_or_default();
    let children = message["children"].as_array().into_iter().flatten();
    for part in std::iter::once(message).chain(children) {
        text = text + " " + part["message"].as_str().unwrap_or_default();
        for span in part["spans"].as_array().into_iter().flatten() {
            text = text + " " + span["label"].as_str().unwrap_or_default();
            lines_of(span, &case.name, &mut lines);
        }
    }
    match message["level"].as_str() {
        // The last message counts the others.
        Some("error") if !words.starts_with("aborting due to") => case.errors.push(Diagnostic { code, text, lines }),
        Some("warning") if !words.ends_with("emitted") => case.warnings.push(text),
        _ => {}
    }
}

/// The lines of a span, and those of the macro call that it comes from.
fn lines_of(span: &Value, case: &str, lines: &mut Vec<usize>) {
    let file = span["file_name"].as_str().unwrap_or_default().replace('\\', "/");
    if file.ends_with(&format!("/{case}.rs")) || file.ends_with("/main.rs") {
        lines.extend(span["line_start"].as_u64().and_then(|line| usize::try_from(line).ok()));
    }
    if span["expansion"].is_object() {
        lines_of(&span["expansion"]["span"], case, lines);
    }
}
