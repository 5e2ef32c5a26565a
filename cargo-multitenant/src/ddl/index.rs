//! Indexes.

use super::name::{listed, name};
use crate::model::{Index, Table};

/// `CREATE INDEX`. Concurrently, it must be the only statement of a migration without a transaction.
pub(crate) fn create_index(table: &Table, index: &Index, concurrently: bool) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let concurrently = if concurrently { "CONCURRENTLY " } else { "" };
    let method = if index.method == "btree" { String::new() } else { format!(" USING {}", name(&index.method)) };
    let items: Vec<&str> = index.items.iter().map(|item| item.text.as_str()).collect();
    let include =
        if index.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", listed(&index.include)) };
    let nulls = if index.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    let predicate = index.predicate.as_ref().map(|predicate| format!(" WHERE {predicate}")).unwrap_or_default();
    format!(
        "CREATE {unique}INDEX {concurrently}{} ON {}{method} ({}){include}{nulls}{predicate};",
        name(&index.name),
        name(&table.name),
        items.join(", ")
    )
}

/// `DROP INDEX`, of the table's own tier.
pub(crate) fn drop_index(index: &Index, concurrently: bool) -> String {
    format!("DROP INDEX {}{};", if concurrently { "CONCURRENTLY " } else { "" }, name(&index.name))
}
