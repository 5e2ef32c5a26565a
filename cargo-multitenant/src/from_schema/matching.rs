//! Whether what the code says is there already.

use super::code::{CodeCheck, CodeForeignKey, CodeIndex, CodeItem, CodeKey};
use crate::lint::{is_index_item, normal};
use crate::model::{Check, ForeignKey, Home, Index, Key, Table};

/// Whether a text is one item of an index and stays in its place.
pub(super) fn is_one_item(text: &str, statement: &str) -> bool {
    is_index_item(text, statement)
}

/// Whether a unique constraint is what the code says. A name counts where one is said.
pub(super) fn is_key(said: &CodeKey, key: &Key) -> bool {
    said.columns == key.columns && said.name.as_ref().is_none_or(|name| *name == key.name)
}

/// Whether an index is what the code says.
pub(super) fn is_index(said: &CodeIndex, index: &Index) -> bool {
    let items = said.items.len() == index.items.len()
        && said.items.iter().zip(&index.items).all(|(said, item)| match (said, &item.column) {
            (CodeItem::Column(column), Some(of)) => column == of && is_plain(&item.text, of),
            (CodeItem::Text(text), _) => normal(text) == normal(&item.text),
            (CodeItem::Column(_), None) => false,
        });
    items
        && said.name.as_ref().is_none_or(|name| *name == index.name)
        && said.unique == index.unique
        && said.method.as_deref().unwrap_or("btree").eq_ignore_ascii_case(&index.method)
        && said.filter.as_deref().map(normal) == index.predicate.as_deref().map(normal)
        && said.include == index.include
}

/// Whether an item says no more than its column.
fn is_plain(text: &str, column: &str) -> bool {
    [column, &crate::ddl::name(column)].iter().any(|name| normal(text) == normal(name))
        || text.trim_matches('"').replace("\"\"", "\"") == column
}

/// Whether a condition is what the code says.
pub(super) fn is_check(said: &CodeCheck, check: &Check) -> bool {
    !check.exclude
        && normal(&said.text) == normal(&check.text)
        && said.name.as_ref().is_none_or(|name| *name == check.name)
}

/// Whether a foreign key leads where the code says; what it does there is another question. `target` is what the code means.
pub(super) fn is_foreign_key(said: &CodeForeignKey, target: &[String], key: &ForeignKey) -> bool {
    said.columns == key.columns
        && said.table == key.table
        && (said.home == key.home || key.home == Home::Other)
        && (key.target.is_empty() || key.target == target)
        && said.name.as_ref().is_none_or(|name| *name == key.name)
}

/// Whether something sorts rows by these columns first, so that a foreign key needs no index of its own.
pub(super) fn is_indexed(table: &Table, columns: &[String]) -> bool {
    let leads = |of: &[&String]| of.len() >= columns.len() && columns.iter().all(|c| of[..columns.len()].contains(&c));
    let keys = table.primary_key.iter().chain(&table.uniques).any(|key| leads(&key.columns.iter().collect::<Vec<_>>()));
    let is_whole = |index: &&Index| index.predicate.is_none() && index.method == "btree";
    keys || table.indexes.iter().filter(is_whole).any(|index| {
        let leading: Vec<&String> = index.items.iter().map_while(|item| item.column.as_ref()).collect();
        leads(&leading)
    })
}
