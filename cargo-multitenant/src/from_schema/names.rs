//! The names that PostgreSQL would make for what has none.

use multitenant_runtime::Tier;

use crate::lint::{made_up, of_columns};
use crate::model::{Model, Table};

/// A key, an index or a sequence has a name among all relations of its schema.
pub(super) fn relation(model: &Model, table: &Table, columns: &[String], label: &str) -> String {
    let is_taken = |name: &str| {
        is_relation(model, table.tier, name) || has_constraint(table, name) || indexes_of(table).any(|of| of == name)
    };
    made_up(&table.name, &joined(columns), label, is_taken)
}

/// Another constraint has one among those of its table.
pub(super) fn constraint(table: &Table, columns: &[String], label: &str) -> String {
    made_up(&table.name, &joined(columns), label, |name| has_constraint(table, name))
}

fn joined(columns: &[String]) -> String {
    of_columns(columns.iter().map(String::as_str))
}

/// Whether a table, an index, a key or a sequence has the name.
pub(super) fn is_relation(model: &Model, tier: Tier, name: &str) -> bool {
    let mut tables = model.tables.iter().filter(|table| table.tier == tier);
    let mut sequences = model.sequences.iter().filter(|sequence| sequence.tier == tier);
    tables.any(|table| table.name == name || relations_of(table).any(|of| of == name))
        || sequences.any(|sequence| sequence.name == name)
}

/// What is said of a name that something else has already; `what` with its article.
pub(super) fn taken(name: &str, what: &str) -> String {
    format!("the migrations make {what} called {name}, and nothing else can be called so: rename one of them")
}

/// The names among a schema's relations that a table brings, without its own.
pub(super) fn relations_of(table: &Table) -> impl Iterator<Item = &str> {
    let sequences = table.columns.iter().filter_map(|column| column.sequence.as_deref());
    keys_of(table).chain(indexes_of(table)).chain(sequences)
}

/// The names of a table's constraints, each of which is once among them.
pub(super) fn constraints_of(table: &Table) -> impl Iterator<Item = &str> {
    let foreign = table.foreign_keys.iter().map(|key| key.name.as_str());
    keys_of(table).chain(foreign).chain(table.checks.iter().map(|check| check.name.as_str()))
}

/// Whether a table has a constraint of the name.
pub(super) fn has_constraint(table: &Table, name: &str) -> bool {
    constraints_of(table).any(|of| of == name)
}

fn keys_of(table: &Table) -> impl Iterator<Item = &str> {
    table.primary_key.iter().chain(&table.uniques).map(|key| key.name.as_str())
}

fn indexes_of(table: &Table) -> impl Iterator<Item = &str> {
    table.indexes.iter().map(|index| index.name.as_str())
}
