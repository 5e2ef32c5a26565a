//! The projects of `tests/fixtures/lint`: one in which every rule finds something in the place that is named after it, one
//! in which none does; in all four formats.

use std::path::Path;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::project::{Answer, Project};

/// Runs the command in a copy of a project, so that it is no part of a repository.
pub(super) fn lint(project: &str, args: &[&str]) -> Answer {
    copied(project).run(&[&["lint"], args].concat())
}

/// A copy of a project of `tests/fixtures/lint`.
pub(super) fn copied(project: &str) -> Project {
    let copy = Project::on_disk();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/lint/").to_owned() + project;
    copy_into(folder.as_ref(), &copy.path(""));
    copy
}

fn copy_into(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_into(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The names of all rules.
fn rules() -> Vec<String> {
    let list = lint("every-rule", &["--list-rules", "--format", "json"]).code(0).json();
    list["rules"].as_array().unwrap().iter().map(|rule| rule["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_rule_fires_in_its_place() {
    let findings = lint("every-rule", &["--format", "json"]).code(1).json();
    let findings = findings["findings"].as_array().unwrap();
    let fires = |rule: &str| {
        let place = rule.replace('-', "_");
        findings.iter().any(|finding| finding["code"] == rule && finding["file"].as_str().unwrap().contains(&place))
    };
    let silent: Vec<String> = rules().into_iter().filter(|rule| !fires(rule)).collect();
    assert_eq!(
        silent,
        [] as [&str; 0],
        "these find nothing in a place of their name: see tests/fixtures/lint/README.md"
    );
}

#[test]
fn nothing_is_found_in_a_clean_project() {
    // Every rule, at a level that counts.
    let all: Vec<String> = rules().iter().map(|rule| format!("-D{rule}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let clean = |format: &str| lint("clean", &[&all[..], &["--fail-on", "info", "--format", format]].concat()).code(0);
    assert_eq!(clean("text").stdout, "2 schemas checked: nothing found\n");
    assert_eq!(clean("github").stdout, "");
    assert_eq!(clean("json").json()["findings"], json!([]));
    assert_eq!(clean("sarif").json()["runs"][0]["results"], json!([]));
}

#[test]
fn as_text() {
    assert_snapshot!(lint("every-rule", &[]).code(1).stdout);
}

#[test]
fn as_json() {
    assert_snapshot!(lint("every-rule", &["--format", "json"]).code(1).stdout);
}

#[test]
fn as_annotations_for_github() {
    assert_snapshot!(lint("every-rule", &["--format", "github"]).code(1).stdout);
}

#[test]
fn as_sarif() {
    let mut log = lint("every-rule", &["--format", "sarif"]).code(1).json();
    let driver = &mut log["runs"][0]["tool"]["driver"];
    driver["version"] = json!("…");
    // What the rules say of themselves is the manual's, and has a test there.
    for rule in driver["rules"].as_array_mut().unwrap() {
        assert!(rule["help"]["text"].as_str().is_some_and(|text| text.starts_with("## What it does")));
        let summary = rule["shortDescription"]["text"].as_str().unwrap();
        assert!(!summary.is_empty() && summary.len() <= 1024, "code scanning shows no more: {rule}");
        let without: Vec<Value> = vec![rule["id"].clone(), rule["defaultConfiguration"].clone()];
        *rule = json!(without);
    }
    assert_snapshot!(serde_json::to_string_pretty(&log).unwrap());
}
