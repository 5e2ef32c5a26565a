//! The tables that are wanted.

use multitenant_runtime::Tier;

use crate::config::nearest;
use crate::error::CliError;
use crate::model::{Home, Model, word};

/// What is wanted of a model; all of it where nothing is said.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) tier: Option<Tier>,
    pub(crate) tables: Vec<String>,
}

/// The part of a model that is wanted, and what it refers to that is left out, in words.
///
/// # Errors
///
/// [`CliError::NoMatch`] names the tables that are not there, with those whose names are near.
pub(crate) fn select(model: &Model, wanted: &Wanted) -> Result<(Model, Vec<String>), CliError> {
    let in_tier = |tier: Tier| wanted.tier.is_none_or(|wanted| wanted == tier);
    let names: Vec<&str> =
        model.tables.iter().filter(|table| in_tier(table.tier)).map(|table| table.name.as_str()).collect();
    let unknown: Vec<String> = wanted
        .tables
        .iter()
        .filter(|table| !names.contains(&table.as_str()))
        .map(|table| near(table, &names, model))
        .collect();
    if !unknown.is_empty() {
        return Err(CliError::NoMatch(unknown.join("; ")));
    }
    let is_wanted = |tier, name: &String| in_tier(tier) && (wanted.tables.is_empty() || wanted.tables.contains(name));
    let tables: Vec<_> = model.tables.iter().filter(|table| is_wanted(table.tier, &table.name)).cloned().collect();
    let mut part = Model { tables, ..model.clone() };
    if wanted.tier.is_some() || !wanted.tables.is_empty() {
        part.types = needed_types(model, &part);
        let has_all = wanted.tables.is_empty();
        part.sequences.retain(|sequence| has_all && in_tier(sequence.tier));
    }
    let words = left_out(model, &part);
    Ok((part, words))
}

fn near(table: &str, names: &[&str], model: &Model) -> String {
    let other = model.tables.iter().find(|other| other.name == table);
    match (other, nearest(table, names.iter().copied())) {
        (Some(other), _) => {
            format!("{table:?} is a table of the other tier: leave --tier out, or give --tier {}", word(other.tier))
        }
        (None, Some(near)) => format!("there is no table {table:?}: did you mean {near:?}?"),
        (None, None) if names.is_empty() => format!("there is no table {table:?}: no migration makes any"),
        (None, None) => {
            let more = if names.len() > 10 { ", …" } else { "" };
            let some = names.iter().take(10).copied().collect::<Vec<_>>().join(", ");
            format!("there is no table {table:?}: there are {some}{more}")
        }
    }
}

/// The types of the columns that are left, and what these are made of.
fn needed_types(model: &Model, part: &Model) -> Vec<crate::model::Type> {
    use crate::model::TypeKind;
    let mut used: Vec<_> =
        part.tables.iter().flat_map(|table| &table.columns).filter_map(|column| column.ty.clone()).collect();
    let mut needed: Vec<&crate::model::Type> = Vec::new();
    while let Some(ty) = used.pop() {
        let Some(found) = model.type_of(&ty).filter(|found| !needed.contains(found)) else { continue };
        needed.push(found);
        match &found.kind {
            TypeKind::Domain { base, .. } => used.extend(base.clone()),
            TypeKind::Composite { fields } => used.extend(fields.iter().filter_map(|field| field.ty.clone())),
            TypeKind::Enum { .. } | TypeKind::Opaque => {}
        }
    }
    model.types.iter().filter(|ty| needed.contains(ty)).cloned().collect()
}

fn left_out(model: &Model, part: &Model) -> Vec<String> {
    let mut words = Vec::new();
    for table in &part.tables {
        for key in &table.foreign_keys {
            let is_left_out = part.table(key.home, &key.table).is_none() && model.table(key.home, &key.table).is_some();
            if is_left_out {
                let tier = if key.home == Home::Shared { "shared" } else { "tenant" };
                words.push(format!(
                    "{}: {} leads to the {tier} table {}, which is not exported",
                    table.name, key.name, key.table
                ));
            }
        }
    }
    words
}
