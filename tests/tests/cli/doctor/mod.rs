//! `doctor`: each check fires where something is wrong, and is silent where nothing is.

mod embedded;
mod embedding;
mod explained;
mod fleet;
mod folders;
mod histories;
mod indexes;
mod layout;
#[cfg(unix)]
mod locks;
#[cfg(unix)]
mod pooler;
mod registry;
mod role;
mod roles;
mod schemas;
#[cfg(unix)]
mod server;
mod traps;

use crate::project::{Answer, Project};
/// What the doctor says of a project, as JSON.
fn examine(project: &Project) -> serde_json::Value {
    answer_of(project, &[]).json()
}

/// The doctor's answer, with more flags.
fn answer_of(project: &Project, flags: &[&str]) -> Answer {
    project.run(&[&["doctor", "--format", "json"], flags].concat())
}

/// The messages of what one check finds.
fn found(document: &serde_json::Value, check: &str) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == check);
    findings.map(|finding| finding["message"].as_str().unwrap().to_owned()).collect()
}

/// The first finding of one check.
fn finding(document: &serde_json::Value, check: &str) -> serde_json::Value {
    let mut findings = document["findings"].as_array().unwrap().iter();
    findings.find(|finding| finding["code"] == check).unwrap().clone()
}

/// What one check says that mends what it finds.
fn helps(document: &serde_json::Value, check: &str) -> Vec<String> {
    let findings = document["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == check);
    findings.map(|finding| finding["help"].as_str().unwrap().to_owned()).collect()
}

/// How one check has ended: `good`, `bad`, `not-run`; `None` where there was nothing to check.
fn state(document: &serde_json::Value, check: &str) -> Option<String> {
    let mut checks = document["checks"].as_array().unwrap().iter();
    checks.find(|line| line["code"] == check).map(|line| line["state"].as_str().unwrap().to_owned())
}

/// What a check's line says.
fn detail(document: &serde_json::Value, check: &str) -> String {
    let mut checks = document["checks"].as_array().unwrap().iter();
    let line = checks.find(|line| line["code"] == check).unwrap_or_else(|| panic!("no {check} in {document:#}"));
    line["detail"].as_str().unwrap().to_owned()
}

/// The check has found what has this in its message, of this level, and its help has that.
#[track_caller]
fn finds(document: &serde_json::Value, check: &str, level: &str, message: &str, help: &str) {
    let findings = document["findings"].as_array().unwrap().iter().filter(|finding| finding["code"] == check);
    let mut found = findings.filter(|finding| {
        finding["level"] == level
            && finding["message"].as_str().unwrap().contains(message)
            && finding["help"].as_str().unwrap().contains(help)
    });
    assert!(found.next().is_some(), "no {level} of {check} with {message:?} and {help:?} in {document:#}");
}
