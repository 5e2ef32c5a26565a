//! What of a table is kept as it was written, and follows new names.

use std::sync::Arc;

use super::object::{CheckKind, RelationKind};
use super::{CatalogIndex, Relation};
use crate::lint::sql::renamed;

impl Relation {
    /// Gives a column or a type its new name in all expressions.
    pub(super) fn rename_in_texts(&mut self, from: &str, to: &str) {
        for column in &mut self.columns {
            let of_columns = column.default.iter_mut().chain(column.generated.iter_mut().map(|(text, _)| text));
            of_columns.for_each(|text| *text = renamed(text, from, to));
        }
        for check in &mut self.checks {
            let (CheckKind::Check { expression: text, .. } | CheckKind::Exclude { text, .. }) = &mut check.kind;
            *text = renamed(text, from, to);
            if check.words.remove(from) {
                check.words.insert(to.to_owned());
            }
        }
        self.partition_by.iter_mut().for_each(|text| *text = renamed(text, from, to));
        if let RelationKind::Index(index) = &mut self.kind {
            index.rename_in_texts(from, to);
        }
    }
}

impl CatalogIndex {
    /// The same in the expressions of an index.
    pub(super) fn rename_in_texts(&mut self, from: &str, to: &str) {
        let texts = self.items.iter_mut().chain(&mut self.predicate);
        texts.for_each(|text: &mut Arc<str>| *text = renamed(text, from, to));
        self.include.iter_mut().filter(|column| *column == from).for_each(|column| to.clone_into(column));
    }
}
