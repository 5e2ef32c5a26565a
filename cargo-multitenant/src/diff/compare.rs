//! In what two models differ.

use multitenant_runtime::Tier;

use super::change::{Act, Change};
use crate::model::{Column, Default, Model, Table, TypeKind};

/// The differences of a tier, things by their names. Comments are nobody's schema.
pub(crate) fn compare(before: &Model, after: &Model, tier: Tier) -> Vec<Change> {
    let mut changes = Vec::new();
    let types = |model: &Model| model.types.iter().filter(|ty| ty.tier == tier).cloned().collect::<Vec<_>>();
    both(&types(before), &types(after), |ty| &ty.name, &mut |act, ty| changes.push(Change::Type(act, ty.clone())));
    for ty in after.types.iter().filter(|ty| ty.tier == tier) {
        let there = before.types.iter().find(|of| of.tier == tier && of.name == ty.name);
        if let Some(there) = there
            && let (TypeKind::Enum { labels: old }, TypeKind::Enum { labels: new }) = (&there.kind, &ty.kind)
            && old != new
        {
            changes.push(Change::Labels(there.clone(), ty.clone()));
        }
    }
    let tables = |model: &Model| model.tables.iter().filter(|table| table.tier == tier).cloned().collect::<Vec<_>>();
    let (old, new) = (tables(before), tables(after));
    both(&old, &new, |table| &table.name, &mut |act, table| changes.push(Change::Table(act, table.clone())));
    for table in &new {
        if let Some(there) = old.iter().find(|of| of.name == table.name) {
            of_table(there, table, &mut changes);
        }
    }
    changes
}

fn of_table(before: &Table, after: &Table, changes: &mut Vec<Change>) {
    let of = |act: Act| if act == Act::Make { after.clone() } else { before.clone() };
    both(&before.columns, &after.columns, |column| &column.name, &mut |act, column| {
        changes.push(Change::Column(act, of(act), column.clone()));
    });
    for column in &after.columns {
        if let Some(there) = before.column(&column.name) {
            of_column(after, there, column, changes);
        }
    }
    let columns = |table: &Table| table.primary_key.as_ref().map(|key| key.columns.clone());
    if columns(before) != columns(after) {
        changes.push(Change::PrimaryKey(after.clone(), before.primary_key.clone(), after.primary_key.clone()));
    }
    both(&before.uniques, &after.uniques, |key| &key.name, &mut |act, key| {
        changes.push(Change::Unique(act, of(act), key.clone()));
    });
    both(&before.foreign_keys, &after.foreign_keys, |key| &key.name, &mut |act, key| {
        changes.push(Change::ForeignKey(act, of(act), key.clone()));
    });
    both(&before.indexes, &after.indexes, |index| &index.name, &mut |act, index| {
        changes.push(Change::Index(act, of(act), index.clone()));
    });
    both(&before.checks, &after.checks, |check| &check.name, &mut |act, check| {
        changes.push(Change::Check(act, of(act), check.clone()));
    });
}

fn of_column(table: &Table, before: &Column, after: &Column, changes: &mut Vec<Change>) {
    if before.ty != after.ty {
        changes.push(Change::ColumnType(table.clone(), before.clone(), after.clone()));
    }
    if before.identity.as_ref().map(|of| of.always) != after.identity.as_ref().map(|of| of.always) {
        changes.push(Change::Identity(table.clone(), before.clone(), after.clone()));
    } else if before.default != after.default && after.default != Some(Default::Serial) {
        changes.push(Change::Default(table.clone(), before.clone(), after.clone()));
    }
    if before.is_nullable != after.is_nullable && !table.is_in_key(&after.name) {
        changes.push(Change::Nullable(table.clone(), after.clone()));
    }
}

/// What is only in the first list goes, what is only in the second comes; what has the same name and is another thing does
/// both, where things are no more than their parts.
fn both<T: Differs>(before: &[T], after: &[T], name: impl Fn(&T) -> &String, tell: &mut dyn FnMut(Act, &T)) {
    for old in before {
        if !after.iter().any(|new| name(new) == name(old) && !new.is_another(old)) {
            tell(Act::Drop, old);
        }
    }
    for new in after {
        if !before.iter().any(|old| name(new) == name(old) && !new.is_another(old)) {
            tell(Act::Make, new);
        }
    }
}

/// What is replaced as a whole where it is not the same.
trait Differs {
    fn is_another(&self, other: &Self) -> bool;
}

impl Differs for crate::model::Type {
    fn is_another(&self, _: &Self) -> bool {
        false
    }
}

impl Differs for Table {
    fn is_another(&self, _: &Self) -> bool {
        false
    }
}

impl Differs for Column {
    fn is_another(&self, _: &Self) -> bool {
        false
    }
}

impl Differs for crate::model::Key {
    fn is_another(&self, other: &Self) -> bool {
        self != other
    }
}

impl Differs for crate::model::ForeignKey {
    fn is_another(&self, other: &Self) -> bool {
        self != other
    }
}

impl Differs for crate::model::Index {
    fn is_another(&self, other: &Self) -> bool {
        self != other
    }
}

impl Differs for crate::model::Check {
    fn is_another(&self, other: &Self) -> bool {
        self != other
    }
}
