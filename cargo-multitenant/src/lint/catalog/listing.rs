//! The catalogue as a document, to be compared with what a server has.

use std::collections::BTreeMap;
use std::path::Path;

use multitenant_runtime::Tier;
use serde_json::{Value, json};

use super::object::TypeKind;
use super::{Catalog, CatalogColumn, CatalogForeignKey, CatalogKey, ColumnType, Relation, RelationKind, Space};
use crate::lint::paths::Paths;
use crate::lint::project::Project;
use crate::lint::sql::Action;

/// What a folder of migrations makes in an empty database whose `search_path` is `public`, as the linter folds it: for
/// this project's own tests.
///
/// For each schema: whether it is opaque, and its tables, views, indexes and types by their names. What is not known is
/// null.
#[must_use]
pub fn folded_catalog(folder: &Path) -> Value {
    let project = Project::read(&Paths { shared: Some(folder.to_owned()), ..Paths::default() });
    let mut catalog = Catalog::new("public");
    for migration in &project.migrations {
        catalog = catalog.begin();
        if let Some(up) = &migration.up {
            let text = &project.sources.get(up.file).text;
            up.script.statements.iter().for_each(|s| catalog.fold(s, up.file, Tier::Shared, text));
        }
    }
    let others = catalog.others.iter().map(|(name, space)| (name.as_str(), space));
    let schemas = std::iter::once(("public", &catalog.shared)).chain(others);
    schemas.map(|(name, space)| (name.to_owned(), of_space(space))).collect::<serde_json::Map<_, _>>().into()
}

fn of_space(space: &Space) -> Value {
    let relations = space
        .relations
        .iter()
        .filter(|(_, relation)| !matches!(relation.kind, RelationKind::Index(_) | RelationKind::Sequence));
    let relations: BTreeMap<_, _> = relations.map(|(name, relation)| (name, of_relation(relation))).collect();
    let indexes: BTreeMap<_, _> = space
        .relations
        .iter()
        .filter_map(|(name, relation)| match &relation.kind {
            RelationKind::Index(index) => Some((
                name,
                json!({ "table": index.table, "columns": index.columns, "unique": index.is_unique,
                        "partial": index.is_partial, "method": index.method }),
            )),
            _ => None,
        })
        .collect();
    let types: BTreeMap<_, _> = space
        .types
        .iter()
        .map(|(name, entry)| {
            let (kind, of) = match &entry.kind {
                TypeKind::Enum(labels) => ("enum", json!(labels)),
                TypeKind::Composite(_) => ("composite", Value::Null),
                TypeKind::Range => ("range", Value::Null),
                TypeKind::Domain(domain) => ("domain", json!(domain.ty.as_ref().map(type_name))),
                TypeKind::Other => ("other", Value::Null),
            };
            (name, json!({ "kind": kind, "of": of, "opaque": entry.is_opaque }))
        })
        .collect();
    json!({ "opaque": space.is_opaque, "relations": relations, "indexes": indexes, "types": types })
}

fn of_relation(relation: &Relation) -> Value {
    let columns = relation.columns.iter().map(|column| (&column.name, of_column(column, relation)));
    let columns: BTreeMap<_, _> = columns.collect();
    let order: Vec<_> = relation.columns.iter().map(|column| &column.name).collect();
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    let uniques = relation.uniques.iter().map(|key| (name(&key.name), json!(key.columns)));
    let foreign = relation.foreign_keys.iter().map(|key| (name(&key.name), of_foreign_key(key)));
    let mut checks: Vec<_> = relation.checks.iter().map(|check| name(&check.name)).collect();
    checks.sort();
    let key = |key: &CatalogKey| json!({ "name": key.name, "columns": key.columns });
    json!({
        "kind": relation.kind.noun(),
        "opaque": relation.is_opaque,
        "columns": columns,
        "order": order,
        "parent": relation.parent,
        "primary_key": relation.primary_key.as_ref().map(key),
        "uniques": uniques.collect::<BTreeMap<_, _>>(),
        "foreign_keys": foreign.collect::<BTreeMap<_, _>>(),
        "checks": checks,
        "comment": relation.comment.as_deref(),
    })
}

fn of_column(column: &CatalogColumn, of: &Relation) -> Value {
    // Partitions have their parent's identity columns as such from PostgreSQL 17 on.
    let is_known = !(of.is_partition && column.is_identity);
    json!({
        "type": column.ty.as_ref().map(type_name),
        "not_null": column.not_null,
        "default": column.has_default && !column.is_identity && !column.is_generated,
        "identity": is_known.then_some(column.is_identity),
        "generated": column.is_generated,
        "comment": column.comment.as_deref().unwrap_or_default(),
    })
}

fn of_foreign_key(key: &CatalogForeignKey) -> Value {
    let action = |action: &Option<(Action, crate::finding::Place)>| {
        action.as_ref().map_or(Action::Nothing, |(action, _)| *action).words()
    };
    json!({
        "columns": key.columns,
        "table": key.table.name(),
        "target": key.target,
        "on_delete": action(&key.on_delete),
        "on_update": action(&key.on_update),
    })
}

/// A type's name with its modifiers, as the server would give them.
fn type_name(ty: &ColumnType) -> String {
    let mut modifiers = ty.modifiers.clone();
    if ty.name == "numeric" && modifiers.len() == 1 {
        modifiers.push("0".to_owned());
    }
    let modifiers = if modifiers.is_empty() { String::new() } else { format!("({})", modifiers.join(",")) };
    format!("{}{modifiers}{}", ty.name, if ty.is_array { "[]" } else { "" })
}
