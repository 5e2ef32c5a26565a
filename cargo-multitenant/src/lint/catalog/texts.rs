//! What of a table is kept as it was written, and follows new names.

use std::sync::Arc;

use super::object::{CheckKind, RelationKind};
use super::{CatalogColumn, CatalogIndex, Domain, Relation};
use crate::lint::sql::{Label, has_name, relabelled, renamed};

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

/// The columns of a table, and whether each is of the enum whose label gets another name.
pub(super) type OfType = Vec<(String, bool)>;

impl Relation {
    pub(super) fn of_type(&self, ty: &str) -> OfType {
        self.columns.iter().map(|column| (column.name.clone(), column.is_of(ty))).collect()
    }

    /// Gives a label of an enum its new name in all expressions.
    pub(super) fn rename_label(&mut self, ty: &str, columns: &OfType, from: &str, to: &str) {
        for column in &mut self.columns {
            let own = Label { of: ty, from, to, is_only: column.is_of(ty) };
            column.default.iter_mut().for_each(|text| *text = relabelled(text, &own));
            let generated = column.generated.iter_mut().map(|(text, _)| text);
            generated.for_each(|text| rename_in(text, ty, columns, from, to));
        }
        for check in &mut self.checks {
            let (CheckKind::Check { expression: text, .. } | CheckKind::Exclude { text, .. }) = &mut check.kind;
            rename_in(text, ty, columns, from, to);
        }
    }
}

impl CatalogIndex {
    pub(super) fn rename_label(&mut self, ty: &str, columns: &OfType, from: &str, to: &str) {
        let texts = self.items.iter_mut().chain(&mut self.predicate);
        texts.for_each(|text| rename_in(text, ty, columns, from, to));
    }
}

impl Domain {
    pub(super) fn is_of(&self, ty: &str) -> bool {
        self.ty.as_ref().is_some_and(|of| of.name == ty && !of.is_array)
    }

    pub(super) fn rename_label(&mut self, from: &str, to: &str) {
        let of = self.ty.as_ref().map(|ty| ty.name.clone()).unwrap_or_default();
        let label = Label { of: &of, from, to, is_only: true };
        let texts = self.default.iter_mut().chain(self.checks.iter_mut().map(|(_, text)| text));
        texts.for_each(|text| *text = relabelled(text, &label));
    }
}

impl CatalogColumn {
    pub(super) fn is_of(&self, ty: &str) -> bool {
        self.ty.as_ref().is_some_and(|of| of.name == ty && !of.is_array)
    }
}

/// A text without a cast is a label where all columns beside it are of the enum.
fn rename_in(text: &mut Arc<str>, ty: &str, columns: &OfType, from: &str, to: &str) {
    let mut named = columns.iter().filter(|(name, _)| has_name(text, name)).peekable();
    let is_only = named.peek().is_some() && named.all(|(_, is_of)| *is_of);
    *text = relabelled(text, &Label { of: ty, from, to, is_only });
}
