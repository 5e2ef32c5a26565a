//! `multitenant.toml`: the four sections that concern migrations, and `format`.
//!
//! Only what stands there is carried; the defaults are the runtime's, and so are the rules about values. The
//! addresses of databases are checked to be texts, and go no further.

use proc_macro2::Span;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{Document, Located, Section};
use super::place::Place;
use super::registry::{self, Registry};
use super::similar::similar;
use crate::errors::Errors;

/// The newest configuration format that this version understands; the runtime has the same.
const FORMAT: u32 = 1;

const SECTIONS: [&str; 5] = ["database", "isolation", "tenants", "migrations", "seeds"];

/// What `multitenant.toml` says; what it does not say is `None`.
#[derive(Debug, Default)]
pub(crate) struct Config {
    pub(crate) shared_schema: Option<Located<String>>,
    pub(crate) schema_name: Option<Located<String>>,
    pub(crate) search_path: Option<Located<Vec<String>>>,
    pub(crate) role_per_tenant: Option<Located<bool>>,
    pub(crate) role_name: Option<Located<String>>,
    pub(crate) application_role: Option<Located<String>>,
    pub(crate) registry: Option<Registry>,
    pub(crate) archived_column: Option<Located<String>>,
    pub(crate) archived_schema: Option<Located<String>>,
    pub(crate) folder: Option<Located<String>>,
    pub(crate) shared_folder: Option<Located<String>>,
    pub(crate) table: Option<Located<String>>,
    pub(crate) shared_table: Option<Located<String>>,
    pub(crate) state_schema: Option<Located<String>>,
    pub(crate) lock_timeout: Option<Located<String>>,
    pub(crate) statement_timeout: Option<Located<String>>,
    pub(crate) out_of_order: Option<Located<String>>,
    pub(crate) jobs: Option<Located<u32>>,
    /// The folders of the seeds.
    pub(crate) seeds: Option<Located<String>>,
    pub(crate) shared_seeds: Option<Located<String>>,
}

/// Reads the file; every problem becomes an error at the macro call that names the place in the file.
pub(crate) fn read(file: &Place, errors: &mut Errors) -> Config {
    let mut problems = Vec::new();
    let config = match Document::open(file) {
        Ok(document) => match document.parse() {
            Ok(table) => config(&document, &table, &mut problems),
            Err(problem) => {
                problems.push(problem);
                Config::default()
            }
        },
        Err(problem) => {
            problems.push(problem);
            Config::default()
        }
    };
    problems.iter().for_each(|problem| errors.push(Span::call_site(), problem));
    config
}

fn config(document: &Document, top: &DeTable<'_>, problems: &mut Vec<String>) -> Config {
    // A newer format may mean other things by the same keys: nothing else is worth saying then.
    if !format(&mut Section::new(document, "", top, problems)) {
        return Config::default();
    }
    misspelt_sections(document, top, problems);
    let mut config = Config::default();
    let mut top = Section::new(document, "", top, problems);
    if let Some(mut section) = top.section("database") {
        database(&mut section, &mut config);
    }
    if let Some(mut section) = top.section("isolation") {
        isolation(&mut section, &mut config);
    }
    if let Some(mut section) = top.section("tenants") {
        config.registry = registry::read(&mut section);
        config.archived_column = section.text("archived_column");
        config.archived_schema = section.text("archived_schema");
    }
    if let Some(mut section) = top.section("migrations") {
        migrations(&mut section, &mut config);
    }
    if let Some(mut section) = top.section("seeds") {
        section.only(&["folder", "shared_folder"]);
        config.seeds = path(&mut section, "folder");
        config.shared_seeds = path(&mut section, "shared_folder");
    }
    config
}

fn format(top: &mut Section<'_, '_>) -> bool {
    let before = top.get("format").is_some();
    match top.number("format") {
        None => !before,
        Some(format) if format.value == FORMAT => true,
        Some(format) if format.value > FORMAT => {
            let problem = format!(
                "the configuration has format {}, and this version understands up to {FORMAT}: upgrade \
                 cargo-multitenant and multitenant-runtime to a version that understands format {}, or remove what \
                 needs it",
                format.value, format.value,
            );
            top.complain("format", &problem);
            false
        }
        Some(_) => {
            top.complain("format", "there is no such format: the first is 1");
            false
        }
    }
}

/// Other sections belong to the command line; but one that is nearly ours is ours, misspelt.
fn misspelt_sections(document: &Document, top: &DeTable<'_>, problems: &mut Vec<String>) {
    for (key, value) in top.iter() {
        let name = key.get_ref().as_ref();
        if name == "format" || SECTIONS.contains(&name) {
            continue;
        }
        let problem = match (similar(name, &SECTIONS), similar(name, &["format"])) {
            (Some(section), _) => format!("unknown section [{name}]: did you mean [{section}]?"),
            (None, Some(_)) => format!("unknown key `{name}`: did you mean `format`?"),
            (None, None) if is_section(value) => continue,
            (None, None) => {
                format!("unknown key `{name}` outside any section: move it below its section, or remove it")
            }
        };
        problems.push(document.at(&key.span(), &problem));
    }
}

fn is_section(value: &Spanned<DeValue<'_>>) -> bool {
    match value.get_ref() {
        DeValue::Table(_) => true,
        DeValue::Array(array) => array.iter().all(|value| value.get_ref().is_table()),
        _ => false,
    }
}

fn database(section: &mut Section<'_, '_>, config: &mut Config) {
    section.only(&["url", "migrate_url", "shared_schema", "max_connections"]);
    section.text("url");
    section.text("migrate_url");
    if section.number("max_connections").is_some_and(|number| number.value == 0) {
        section.complain("max_connections", "0 connections reach nothing: use 1 or more");
    }
    config.shared_schema = section.text("shared_schema");
}

fn isolation(section: &mut Section<'_, '_>, config: &mut Config) {
    section.only(&["strategy", "schema_name", "search_path", "role_per_tenant", "role_name", "application_role"]);
    if section.text("strategy").is_some_and(|strategy| strategy.value != "schema") {
        section.complain("strategy", "unknown strategy: this version has \"schema\" only");
    }
    config.schema_name = section.text("schema_name");
    config.search_path = section.texts("search_path");
    config.role_per_tenant = section.flag("role_per_tenant");
    config.role_name = section.text("role_name");
    config.application_role = section.text("application_role");
}

fn migrations(section: &mut Section<'_, '_>, config: &mut Config) {
    section.only(&[
        "folder",
        "shared_folder",
        "table",
        "shared_table",
        "state_schema",
        "lock_timeout",
        "statement_timeout",
        "out_of_order",
        "jobs",
    ]);
    config.folder = path(section, "folder");
    config.shared_folder = path(section, "shared_folder");
    config.table = section.text("table");
    config.shared_table = section.text("shared_table");
    config.lock_timeout = section.text("lock_timeout");
    config.state_schema = section.text("state_schema");
    config.statement_timeout = section.text("statement_timeout");
    config.out_of_order = section.text("out_of_order");
    config.jobs = section.number("jobs");
}

/// A text that is a path.
fn path(section: &mut Section<'_, '_>, key: &str) -> Option<Located<String>> {
    let path = section.text(key)?;
    if path.value.is_empty() {
        section.complain(key, "is empty: write a path, or remove the key");
        return None;
    }
    Some(path)
}
