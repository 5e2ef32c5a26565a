//! A project that is changed, on a server.

use std::collections::BTreeSet;

use crate::project::{Answer, Project};

/// A project before, the code after, and what is then true of the tenant's schema.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) shared: &'static str,
    pub(super) tenant: &'static str,
    /// What stands in the tables then.
    pub(super) rows: &'static str,
    pub(super) code: &'static str,
    pub(super) flags: &'static [&'static str],
    /// Queries of one column, and their rows.
    pub(super) facts: &'static [(&'static str, &'static [&'static str])],
}

pub(super) const CONSTRAINTS: &str = "select conname || ' ' || pg_get_constraintdef(oid) from pg_constraint \
                           where connamespace = 'tenant_a'::regnamespace and contype <> 'n' and conname not like '\\_\\_%' order by 1";
pub(super) const COLUMNS: &str = "select concat_ws(' ', table_name || '.' || column_name, udt_name, character_maximum_length, is_nullable, \
                       column_default, identity_generation, generation_expression) from information_schema.columns \
                       where table_schema = 'tenant_a' and table_name not like '\\_\\_%' order by table_name, ordinal_position";
pub(super) const INDEXES: &str = "select indexdef from pg_indexes where schemaname = 'tenant_a' and tablename not like '\\_\\_%' \
                       and indexname not like '%key' order by 1";

pub(super) const SEQUENCES: &str = "select relname || ' ' || seqtypid::regtype from pg_sequence join pg_class on oid = seqrelid \
                                    where relnamespace = 'tenant_a'::regnamespace order by relname";

/// What is made of a case does on a server what the case says, finds nothing more to make, and leads back.
pub(super) async fn holds(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let project = project(case.shared, case.tenant, case.code).await;
        project.run(&["migrate"]).code(0);
        project.sql(&format!("set search_path = tenant_a, public; {}", case.rows)).await;
        let before = described(&project).await;
        let made = generate(&project, "tenant", case.flags).code(0).json();
        assert_eq!(findings(&project), [""; 0], "{}: {made:#}", case.name);
        let again: Vec<&str> = case
            .flags
            .iter()
            .enumerate()
            .filter(|(at, flag)| **flag != "--rename" && !(*at > 0 && case.flags[*at - 1] == "--rename"))
            .map(|(_, flag)| *flag)
            .collect();
        let nothing = generate(&project, "tenant", &[&["--check"], again.as_slice()].concat()).code(0).json();
        assert_eq!(nothing["changes"].as_array().unwrap().len(), 0, "{}: {nothing:#}", case.name);
        project.run(&["migrate"]).code(0);
        for (query, rows) in case.facts {
            let there = project.texts(query).await;
            if there != *rows {
                wrong.push(format!("{}: {there:#?}", case.name));
            }
        }
        // As the server has it, `table!` is what the code says.
        let drift = project.run(&["lint", "--format", "json"]).json().to_string();
        assert!(!drift.contains("schema-rs-drift"), "{}: {drift}", case.name);
        let folders: BTreeSet<&str> = made["files"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|file| file["path"].as_str()?.rsplit_once('/').map(|(folder, _)| folder))
            .collect();
        let steps = folders.len().to_string();
        project.run(&["rollback", "tenants", "--steps", &steps, "--yes"]).code(0);
        // A column that comes back stands behind the others.
        let sorted = |mut rows: Vec<String>| {
            rows.sort();
            rows
        };
        assert_eq!(sorted(described(&project).await), sorted(before), "{}", case.name);
        project.run(&["migrate"]).code(0);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A project with a tenant, and these migrations and this code.
pub(super) async fn project(shared: &str, tenant: &str, code: &str) -> Project {
    let mut project = Project::with_tenants(&["a"]).await.file("src/schema.rs", code);
    project = project.file("Cargo.toml", "[package]\nname = \"p\"\nversion = \"0.0.0\"\n");
    for folder in ["shared", "tenant"] {
        project = project.file(&format!("migrations/{folder}/.gitkeep"), "");
    }
    for (folder, up) in [("shared/1_a", shared), ("tenant/1_a", tenant)] {
        if !up.is_empty() {
            project = project.migration(folder, up).down(folder, "-- irreversible: the first one");
        }
    }
    project
}

pub(super) fn generate(project: &Project, tier: &str, flags: &[&str]) -> Answer {
    project.run(&[&["generate", tier, "change", "--from-schema", "--format", "json"], flags].concat())
}

/// What our lint says of the migrations that were made.
pub(super) fn findings(project: &Project) -> Vec<String> {
    let document = project.run(&["lint", "--format", "json"]).json();
    let findings = document["findings"].as_array().unwrap().iter();
    let text = |finding: &serde_json::Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    findings
        .filter(|finding| text(finding, "level") != "info" && text(finding, "file").contains("_change"))
        .filter(|finding| !text(finding, "code").ends_with("-naming"))
        .map(|finding| format!("{}: {}: {}", text(finding, "file"), text(finding, "code"), text(finding, "message")))
        .collect()
}

/// All that a catalogue says of the tenant's schema.
pub(super) async fn described(project: &Project) -> Vec<String> {
    let mut all = Vec::new();
    for query in [COLUMNS, CONSTRAINTS, INDEXES, SEQUENCES] {
        all.extend(project.texts(query).await);
    }
    all
}
