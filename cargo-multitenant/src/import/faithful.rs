//! Whether what is written makes what the document says, before it is written.

use multitenant_runtime::Tier;

use super::parts::Parts;
use super::plan::script;
use crate::ddl::create_all;
use crate::finding::{FileId, Level};
use crate::lint::{Ground, Project, RULES, made, run};
use crate::model::{Home, Table, of_catalog};

/// What is not as it should be, in words.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// What would be exported otherwise than it was imported.
    pub(crate) different: Vec<String>,
    /// What the linter calls an error.
    pub(crate) errors: Vec<String>,
}

/// Rules about files that are not there yet.
const OF_FILES: [&str; 4] = ["bad-version", "missing-down", "empty-down", "duplicate-version"];

/// Folds a project with the new migrations behind its own.
pub(crate) fn faithful(mut project: Project, parts: &Parts, ground: &Ground<'_>) -> Findings {
    let mut findings = Findings::default();
    let first = project.migrations.len();
    for tier in [Tier::Shared, Tier::Tenant] {
        let statements = create_all(&parts.new, tier);
        if !statements.is_empty() {
            let name = format!("the new {} migration", crate::model::word(tier));
            project.stand_in(tier, &name, &script(&statements));
        }
    }
    let made = of_catalog(&made(&project, ground.shared_schema), &[]);
    for table in &parts.new.tables {
        match made.table(Home::of(table.tier), &table.name) {
            None => findings.different.push(format!("{} would not be there", table.name)),
            Some(other) => findings.different.extend(differences(table, other)),
        }
    }
    for ty in &parts.new.types {
        if !made.types.contains(ty) && ty.is_complete {
            findings.different.push(format!("the type {} would be another one", ty.name));
        }
    }
    for sequence in &parts.new.sequences {
        if !made.sequences.contains(sequence) {
            findings.different.push(format!("the sequence {} would be another one", sequence.name));
        }
    }
    for extension in parts.new.extensions.iter().filter(|extension| !made.extensions.contains(extension)) {
        findings.different.push(format!("the extension {} would be another one", extension.name));
    }
    let files: Vec<FileId> =
        project.migrations[first..].iter().filter_map(|new| new.up.as_ref()).map(|up| up.file).collect();
    let linted = run(&project, ground, RULES);
    let errors = linted.findings.iter().filter(|finding| {
        finding.level == Level::Error && files.contains(&finding.place.file) && !OF_FILES.contains(&finding.code)
    });
    findings.errors = errors
        .map(|finding| {
            let line = project.sources.get(finding.place.file).point(finding.place.span.start).line;
            format!(
                "lint will say of {}:{line}: {} ({})",
                project.sources.get(finding.place.file).path,
                finding.message,
                finding.code
            )
        })
        .collect();
    findings
}

fn differences(wanted: &Table, made: &Table) -> Vec<String> {
    let mut found = Vec::new();
    let mut say = |is_same: bool, what: &str| {
        if !is_same {
            found.push(format!("{}: {what} would be others", wanted.name));
        }
    };
    let names = |table: &Table| -> Vec<String> { table.columns.iter().map(|column| column.name.clone()).collect() };
    say(names(wanted) == names(made), "the columns");
    for column in &wanted.columns {
        let mut same = made.column(&column.name).cloned();
        // Neither is part of a document.
        same.iter_mut().for_each(|same| {
            same.diesel.clone_from(&column.diesel);
            same.sequence.clone_from(&column.sequence);
        });
        say(same.as_ref() == Some(column), &format!("the column {}", column.name));
    }
    say(wanted.primary_key == made.primary_key && wanted.uniques == made.uniques, "the keys");
    let keys = |table: &Table| {
        let mut keys = table.foreign_keys.clone();
        keys.iter_mut().for_each(|key| key.crosses_tiers = false);
        keys
    };
    say(keys(wanted) == keys(made), "the foreign keys");
    say(wanted.indexes == made.indexes, "the indexes");
    say(wanted.checks == made.checks, "the conditions");
    say(wanted.partition_by == made.partition_by && wanted.part == made.part, "the partitions");
    say(wanted.comment == made.comment, "the comment");
    found
}
