//! Projects written as texts, for tests of rules.

use std::path::Path;

use multitenant_runtime::{SchemaTemplate, Tier, Version};

use super::project::{Migration, Project, ScriptFile};
use super::rule::Rule;
use super::run::Linted;
use super::settings::LintSettings;
use super::{Ground, rules, run, schema, sql};
use crate::finding::{Edit, Place};

/// Where a text without a file's name stands.
const DEFAULT_FILE: &str = "tenant/1_a/up.sql";

/// What one rule finds in a project, a line for each finding.
///
/// A line `-- file: shared/1_a/up.sql` begins a file: `shared/…` and `tenant/…` are migrations, `….rs` is schema code,
/// `multitenant.toml` and `diesel.toml` the configuration. What stands before any such line is a tenant's `up.sql`.
pub(crate) fn check(rule: &'static Rule, text: &str) -> String {
    let (project, linted) = lint(&[rule], text);
    let lines = linted.findings.iter().map(|finding| {
        let source = project.sources.get(finding.place.file);
        let point = source.point(finding.place.span.start);
        let at = project.sources.text(&finding.place).lines().next().unwrap_or_default();
        let (path, level, message) = (&source.path, finding.level.noun(), &finding.message);
        format!("{path}:{}:{} {level}: {message} [{at}]", point.line, point.column)
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Checks that a rule finds nothing.
#[track_caller]
pub(crate) fn silent(rule: &'static Rule, text: &str) {
    assert_eq!(check(rule, text), "", "{text}");
}

/// What these rules find in a project.
pub(crate) fn lint(rules: &[&'static Rule], text: &str) -> (Project, Linted) {
    let mut project = Project::empty();
    let mut settings = LintSettings::default();
    let files = files(text);
    let diesel = files.iter().find(|(path, _)| path == "diesel.toml").map(|(_, text)| text.clone());
    for (path, text) in files {
        if path == "multitenant.toml" {
            let (read, problems) = LintSettings::parse(&text);
            assert_eq!(problems, []);
            settings = read;
        } else if path == super::lock::FILE_NAME {
            project.lock = Some(super::lock::Lock::parse(&text).unwrap());
        } else if path.ends_with(".rs") {
            let file = project.sources.add(path.as_str(), text.as_str());
            let mut rust = schema::read(file, Path::new(&path), &text).unwrap();
            rust.printed.read(diesel.as_deref().unwrap_or_default(), Path::new(""), Path::new(&path));
            project.rust.push(rust);
        } else if path == "diesel.toml" {
        } else {
            migration_file(&mut project, &path, &text);
        }
    }
    // A rule that is off by default is tested all the same.
    for rule in rules.iter().filter(|rule| rule.level == crate::finding::Level::Off) {
        if settings.level(rule).is_none() {
            settings.set_level(rule, crate::finding::Level::Warning);
        }
    }
    project.migrations.sort_by_key(|migration| (migration.tier == Tier::Tenant, migration.version.clone()));
    let template = SchemaTemplate::new("tenant_{id}").unwrap();
    let ground = Ground { shared_schema: "public", template: &template, lint: &settings };
    let linted = run(&project, &ground, rules);
    (project, linted)
}

fn files(text: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.trim_start_matches('\n').split_inclusive('\n') {
        match line.trim_start().strip_prefix("-- file: ") {
            Some(path) => files.push((path.trim_end().to_owned(), String::new())),
            None => {
                if files.is_empty() {
                    files.push((DEFAULT_FILE.to_owned(), String::new()));
                }
                if let Some((_, text)) = files.last_mut() {
                    text.push_str(line);
                }
            }
        }
    }
    files
}

fn migration_file(project: &mut Project, path: &str, text: &str) {
    let parts: Vec<&str> = path.split('/').collect();
    let [tier, name, script] = parts[..] else { panic!("{path}") };
    let tier = if tier == "shared" { Tier::Shared } else { Tier::Tenant };
    let at = match project.migrations.iter().position(|m| m.tier == tier && m.name == name) {
        Some(at) => at,
        None => {
            let folder = path.rsplit_once('/').unwrap().0;
            let metadata = Place::new(project.sources.add(format!("{folder}/metadata.toml"), ""), 0..0);
            let folder = project.sources.add(folder, "");
            project.migrations.push(Migration {
                tier,
                name: name.to_owned(),
                version: Version::of_folder(name),
                folder,
                up: None,
                down: None,
                run_in_transaction: true,
                out_of_transaction: Some(Edit {
                    place: metadata,
                    text: super::metadata::OUT_OF_TRANSACTION.to_owned(),
                }),
            });
            project.migrations.len() - 1
        }
    };
    if script == "metadata.toml" {
        let metadata = super::metadata::read(text).unwrap();
        let place = Place::new(project.sources.add(path, text), metadata.value);
        project.migrations[at].run_in_transaction = metadata.run_in_transaction;
        project.migrations[at].out_of_transaction = Some(Edit { place, text: "false".to_owned() });
        return;
    }
    let file = project.sources.add(path, text);
    let read = Some(ScriptFile { file, script: sql::read(text) });
    let migration = &mut project.migrations[at];
    *(if script == "up.sql" { &mut migration.up } else { &mut migration.down }) = read;
}

/// The rule of a name.
pub(crate) fn rule(name: &str) -> &'static Rule {
    rules::find(name).unwrap_or_else(|| panic!("there is no rule {name}"))
}
