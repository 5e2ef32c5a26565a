//! What of a project is not known for certain, or not exported, in words.

use std::collections::BTreeMap;

use multitenant_runtime::Tier;

use super::needs::needs;
use super::questions::word;
use super::value::{Home, Model, Type};
use crate::finding::Level;
use crate::lint::{Catalog, Ground, Linted, Project, RelationKind, Space, find_rule, unkept};

/// The rules that compare schema code with migrations.
const RULES: [&str; 2] = ["schema-rs-drift", "tier-mismatch"];

/// The functions that Diesel's first migration makes in every project.
const DIESEL: [&str; 2] = ["diesel_manage_updated_at", "diesel_set_updated_at"];

/// What is worth a word about an export of this project.
pub(crate) fn doubts(project: &Project, catalog: &Catalog, model: &Model, ground: &Ground<'_>) -> Vec<String> {
    let mut doubts = unread(project);
    for (tier, space) in [(Tier::Shared, &catalog.shared), (Tier::Tenant, &catalog.tenant)] {
        of_space(tier, space, &mut doubts);
    }
    let shown =
        |names: &[&str]| if names.len() > 8 { format!("{}, …", names[..8].join(", ")) } else { names.join(", ") };
    for (schema, space) in &catalog.others {
        let tables: Vec<&str> = space.tables().map(|(name, _)| name.as_str()).collect();
        if !tables.is_empty() {
            let (count, names) = (tables.len(), shown(&tables));
            doubts.push(format!(
                "the schema {schema:?} is neither the shared one nor a tenant's: its {count} tables are left out: {names}"
            ));
        }
    }
    of_model(model, &mut doubts);
    doubts.extend(needs(project, catalog, model));
    doubts.extend(disagreements(project, ground));
    doubts
}

/// What of the migrations could not be read.
fn unread(project: &Project) -> Vec<String> {
    let mut doubts = Vec::new();
    for part in project.unreadable.iter().filter(|part| part.is_migration) {
        let path = &project.sources.get(part.place.file).path;
        doubts.push(format!("{path} is left out: {}", part.message));
    }
    let scripts = project.migrations.iter().filter_map(|migration| migration.up.as_ref());
    for script in scripts {
        let source = project.sources.get(script.file);
        let first = script.script.excess.iter().chain(&script.script.errors).next();
        if let Some((span, message)) = first {
            let point = source.point(span.start);
            doubts.push(format!(
                "{}:{}:{} is no SQL that can be read ({message}): what it makes may be missing",
                source.path, point.line, point.column
            ));
        }
        for (span, what) in unkept(&source.text) {
            doubts.push(format!("{}:{}: {what} is left out", source.path, source.point(span.start).line));
        }
    }
    doubts
}

fn of_space(tier: Tier, space: &Space, doubts: &mut Vec<String>) {
    let whose = whose(tier);
    if space.is_opaque {
        doubts.push(format!(
            "{whose} migrations run SQL that is put together at run time: there may be more, or less, than is exported"
        ));
    }
    let of_kind = |wanted: &[RelationKind]| -> Vec<&str> {
        let found = space.relations.iter().filter(|(_, relation)| wanted.contains(&relation.kind));
        found.map(|(name, _)| name.as_str()).collect()
    };
    let views = of_kind(&[RelationKind::View, RelationKind::MaterializedView]);
    let foreign = of_kind(&[RelationKind::ForeignTable]);
    let routines = space.routines.iter().map(|(name, _)| name.as_str());
    let routines: Vec<&str> = routines.filter(|name| !DIESEL.contains(name)).collect();
    for (what, names) in [("views", views), ("foreign tables", foreign), ("functions", routines)] {
        if !names.is_empty() {
            let more = if names.len() > 8 { ", …" } else { "" };
            let names = names.iter().take(8).copied().collect::<Vec<_>>().join(", ");
            doubts.push(format!("{whose} {what} are left out: {names}{more}"));
        }
    }
}

fn of_model(model: &Model, doubts: &mut Vec<String>) {
    for table in &model.tables {
        let name = format!("{} table {}", word(table.tier), table.name);
        let unknown: Vec<&str> =
            table.columns.iter().filter(|column| column.ty.is_none()).map(|column| column.name.as_str()).collect();
        match (table.is_complete, unknown.as_slice()) {
            (false, []) => doubts.push(format!("{name}: nobody can know all of its columns without a database")),
            (_, []) => {}
            (_, names) => doubts.push(format!("{name}: the type is not known of {}", names.join(", "))),
        }
        for key in table.foreign_keys.iter().filter(|key| key.home == Home::Other) {
            doubts.push(format!("{name}: {} leads to {}, which no migration makes", key.name, key.table));
        }
    }
    for Type { tier, name, .. } in model.types.iter().filter(|ty| !ty.is_complete) {
        doubts.push(format!("{} type {name}: no more than its name is known for certain", word(*tier)));
    }
    // A name may be there twice, and then means something else in each tier.
    let mut tiers: BTreeMap<&str, usize> = BTreeMap::new();
    model.tables.iter().for_each(|table| *tiers.entry(table.name.as_str()).or_default() += 1);
    for (name, _) in tiers.iter().filter(|(_, count)| **count > 1) {
        doubts.push(format!("{name} is a table of both tiers: a tenant's migration means its own"));
    }
}

/// Where schema code and migrations disagree, as the linter says it; what the migrations say is exported.
fn disagreements(project: &Project, ground: &Ground<'_>) -> Vec<String> {
    let rules: Vec<_> = RULES.iter().filter_map(|name| find_rule(name)).collect();
    let Linted { findings, .. } = crate::lint::run(project, ground, &rules);
    let findings = findings.iter().filter(|finding| finding.level != Level::Info && RULES.contains(&finding.code));
    findings
        .map(|finding| {
            let source = project.sources.get(finding.place.file);
            let line = source.point(finding.place.span.start).line;
            format!("{}:{line}: {}; the migrations are exported", source.path, finding.message)
        })
        .collect()
}

fn whose(tier: Tier) -> &'static str {
    match tier {
        Tier::Shared => "the shared schema's",
        Tier::Tenant => "the tenants'",
    }
}
