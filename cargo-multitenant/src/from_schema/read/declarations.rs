//! Which declaration of a table counts, and whose the table is.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use multitenant_runtime::Tier;

use super::code::at;
use crate::lint::{By, Catalog, Printed, Project, Relation, RustColumn, RustTable, of_type};

/// Of two declarations of a table the one in the better file; of two as good, none where they differ.
pub(super) fn choose<'a>(
    project: &Project,
    chosen: &mut Vec<(Tier, &'a RustTable)>,
    tier: Tier,
    table: &'a RustTable,
) -> Option<String> {
    let by = |table: &RustTable| printed(project, table).map_or(By::Nobody, |printed| printed.by);
    let Some((_, other)) = chosen.iter_mut().find(|(of, other)| *of == tier && other.sql_name == table.sql_name) else {
        chosen.push((tier, table));
        return None;
    };
    let difference = difference(other, table);
    match by(other).cmp(&by(table)) {
        Ordering::Less => *other = table,
        Ordering::Equal if difference.is_some() => {
            return Some(format!(
                "{}: the table {} has {} at {}: give both the same, or leave one out",
                at(project, &table.place),
                table.sql_name,
                difference.unwrap_or_default(),
                at(project, &other.place)
            ));
        }
        _ => {}
    }
    None
}

/// What the first of two declarations of a table has that the second has not, in words.
fn difference(one: &RustTable, other: &RustTable) -> Option<&'static str> {
    let columns = |table: &RustTable| -> BTreeSet<(String, String, bool, Option<u64>)> {
        // Diesel has several words for a type.
        let ty = |column: &RustColumn| of_type(&column.ty).map_or_else(|| column.ty.clone(), str::to_owned);
        let of = table.columns.iter();
        of.map(|column| (column.sql_name.clone(), ty(column), column.is_nullable, column.max_length)).collect()
    };
    let key = |table: &RustTable| table.primary_key.iter().cloned().collect::<BTreeSet<_>>();
    if columns(one) != columns(other) {
        return Some("other columns");
    }
    (key(one) != key(other)).then_some("another primary key")
}

pub(super) fn printed<'a>(project: &'a Project, table: &RustTable) -> Option<&'a Printed> {
    project.rust.iter().find(|file| file.file == Some(table.place.file)).map(|file| &file.printed)
}

/// Whose a table is: as it is marked, else as the migrations have it; `None` for one in a schema of neither.
pub(super) fn tier_of(catalog: &Catalog, table: &RustTable, marked: Option<Tier>) -> Option<Tier> {
    let names_shared = match &table.schema {
        Some((schema, _)) if schema != catalog.shared_schema() => return None,
        schema => schema.is_some(),
    };
    let has = |tier| relation(catalog, tier, &table.sql_name).is_some();
    Some(marked.unwrap_or_else(|| match (has(Tier::Tenant), has(Tier::Shared)) {
        (true, false) => Tier::Tenant,
        (false, true) => Tier::Shared,
        _ if names_shared => Tier::Shared,
        _ => Tier::Tenant,
    }))
}

pub(super) fn relation<'a>(catalog: &'a Catalog, tier: Tier, name: &str) -> Option<&'a Relation> {
    let space = match tier {
        Tier::Shared => &catalog.shared,
        Tier::Tenant => &catalog.tenant,
    };
    space.relations.get(name).map(std::sync::Arc::as_ref)
}
