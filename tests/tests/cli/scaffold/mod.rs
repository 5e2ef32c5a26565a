//! `scaffold`: what it writes, what it refuses, and that what it writes is right.

mod code;
mod compiled;
mod editing;
mod killed;
mod migrations;
mod refused;
mod seeds;
mod templates;
mod verified;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::project::{Answer, Project};

/// A package with a library, without a database; its dependencies are declared, and nothing is built.
pub(crate) fn package() -> Project {
    with_package(Project::on_disk(), &["chrono", "uuid", "serde_json", "numeric"])
}

fn with_package(project: Project, features: &[&str]) -> Project {
    let manifest = format!(
        "[package]\nname = \"shop\"\nversion = \"0.0.0\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         diesel = {{ version = \"2\", features = {features:?} }}\nmultitenant-runtime = \"0.1\"\n\
         chrono = \"0.4\"\nuuid = \"1\"\nserde_json = \"1\"\nbigdecimal = \"0.4\"\n"
    );
    project.file("Cargo.toml", &manifest).file("src/lib.rs", "//! A shop.\n")
}

/// Every file of a project and its text.
fn files(project: &Project) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    walk(&project.path(""), &project.path(""), &mut found);
    found
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.insert(format!("{name}/"), String::new());
            walk(root, &path, found);
        } else {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
}

/// Everything of a project without versions, as one text.
fn shown(project: &Project, under: &str) -> String {
    let files = files(project).into_iter().filter(|(name, _)| name.starts_with(under) && !name.ends_with('/'));
    files.map(|(name, text)| format!("--- {}\n{text}", unversioned(&name))).collect()
}

/// A path without a version in it.
fn unversioned(path: &str) -> String {
    let parts = path.split('/').map(|part| match part.as_bytes() {
        [b'2', b'0', ..] if part.len() > 18 && part.as_bytes()[17] == b'_' => format!("V{}", &part[17..]),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("/")
}

fn scaffold(project: &Project, line: &str) -> Answer {
    let args: Vec<&str> = std::iter::once("scaffold").chain(line.split_whitespace()).collect();
    project.run(&args)
}

#[test]
fn help_has_examples() {
    for what in [&["scaffold"][..], &["scaffold", "schema"], &["scaffold", "seed"], &["scaffold", "migration"]] {
        let args: Vec<&str> = what.iter().copied().chain(["--help"]).collect();
        Project::on_disk().run(&args).code(0).says(&["Examples:\n  cargo multitenant scaffold ", "--format"]);
    }
}
