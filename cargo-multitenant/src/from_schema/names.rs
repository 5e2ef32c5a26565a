//! The names that PostgreSQL would make for what has none.

use multitenant_runtime::Tier;

use crate::lint::{made_up, of_columns};
use crate::model::{Model, Table};

/// A key, an index or a sequence has a name among all relations of its schema.
pub(super) fn relation(model: &Model, table: &Table, columns: &[String], label: &str) -> String {
    let is_taken =
        |name: &str| is_relation(model, table.tier, name) || has_constraint(table, name) || has_index(table, name);
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
    let tables = model.tables.iter().filter(|table| table.tier == tier);
    let sequences = model.sequences.iter().filter(|sequence| sequence.tier == tier);
    tables
        .clone()
        .any(|table| table.name == name || has_index(table, name) || has_key(table, name) || has_sequence(table, name))
        || sequences.into_iter().any(|sequence| sequence.name == name)
}

/// What is said of a name that something else has already; `what` with its article.
pub(super) fn taken(name: &str, what: &str) -> String {
    format!("the migrations make {what} called {name}, and nothing else can be called so: rename one of them")
}

fn has_index(table: &Table, name: &str) -> bool {
    table.indexes.iter().any(|index| index.name == name)
}

fn has_sequence(table: &Table, name: &str) -> bool {
    table.columns.iter().any(|column| column.sequence.as_deref() == Some(name))
}

fn has_key(table: &Table, name: &str) -> bool {
    table.primary_key.iter().chain(&table.uniques).any(|key| key.name == name)
}

/// Whether a table has a constraint of the name.
pub(super) fn has_constraint(table: &Table, name: &str) -> bool {
    has_key(table, name)
        || table.foreign_keys.iter().any(|key| key.name == name)
        || table.checks.iter().any(|check| check.name == name)
}
