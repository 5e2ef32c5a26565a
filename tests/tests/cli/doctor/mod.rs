//! `doctor`: each check fires where something is wrong, and is silent where nothing is.

mod fleet;
mod histories;
mod indexes;
mod layout;
mod registry;
mod roles;
mod schemas;
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
