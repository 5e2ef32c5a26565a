//! What stands on a column or a key, and so in the way of a change that PostgreSQL would refuse.

use super::change::{Act, Change};
use super::loss::using;
use super::sequence::{has_own_type, nameless};
use super::types::{Ease, can_be_sorted, can_lead, ease, is_plain_item, is_simple};
use crate::lint::has_name;
use crate::model::{Column, ForeignKey, Home, Model, Table, TypeRef, word};

/// What of these changes cannot be made, each with what is in the way and what to do.
pub(crate) fn obstacles(before: &Model, after: &Model, changes: &[Change]) -> Vec<String> {
    let mut found = Vec::new();
    for change in changes {
        match change {
            Change::ColumnType(table, from, to) => {
                of_type(before, after, table, (from, to), &mut found);
                if has_own_type(from, to) || from.default != to.default {
                    found.extend(nameless(table, from));
                }
            }
            Change::Default(table, from, _) => found.extend(nameless(table, from)),
            Change::Column(Act::Drop, table, column) => of_drop(after, table, column, &mut found),
            Change::Unique(Act::Drop, table, key) => {
                of_key(before, after, table, ("unique constraint", &key.name, &key.columns), &mut found);
            }
            Change::PrimaryKey(table, Some(key), _) => {
                of_key(before, after, table, ("primary key", &key.name, &key.columns), &mut found);
            }
            Change::Index(Act::Drop, table, index) if index.unique && index.predicate.is_none() => {
                let columns: Option<Vec<String>> = index.items.iter().map(|item| item.column.clone()).collect();
                let columns = columns.unwrap_or_default();
                of_key(before, after, table, ("unique index", &index.name, &columns), &mut found);
            }
            _ => {}
        }
    }
    found
}

/// What is made for a column's old type.
fn of_type(before: &Model, after: &Model, table: &Table, (from, to): (&Column, &Column), found: &mut Vec<String>) {
    let (Some(old), Some(new)) = (&from.ty, &to.ty) else { return };
    let (old, beneath) = (after.beneath(old), after.beneath(new));
    let ease = ease(&old, &beneath);
    let (own, column) = (&table.name, &to.name);
    let there = before.table(Home::of(table.tier), own).unwrap_or(table);
    let mut in_the_way = |what: &str| {
        found.push(format!(
            "{own}.{column} cannot become {}: {what}; take that away with one migration, change the type with a second, and make \
             it anew with a third",
            new.sql()
        ));
    };
    for generated in table.columns.iter().filter(|of| uses(of, column) && there.column(&of.name) == Some(of)) {
        in_the_way(&format!("the generated column {own}.{} is computed from it", generated.name));
    }
    if to.generated.is_some() && using(after, column, &old, &beneath, "").is_some() {
        in_the_way("it is a generated column");
    }
    if table.partition_by.as_ref().is_some_and(|by| has_name(by, column)) {
        in_the_way(&format!("{own} is partitioned by it"));
    }
    let holds = |text: &str| !has_name(text, column) || is_simple(text, ease);
    for check in table.checks.iter().filter(|check| there.checks.contains(check) && !holds(&check.text)) {
        in_the_way(&format!("the check {} was written for the old type", check.name));
    }
    for index in table.indexes.iter().filter(|index| ease != Ease::Same && there.indexes.contains(index)) {
        let is_kept = index.items.iter().all(|item| match &item.column {
            Some(of) if of == column => is_plain_item(&item.text) && index.method == "btree" && can_be_sorted(&beneath),
            _ => holds(&item.text),
        });
        if !is_kept || index.predicate.as_ref().is_some_and(|text| !holds(text)) {
            in_the_way(&format!("the index {} was made for the old type", index.name));
        }
    }
    let keys = || table.primary_key.iter().chain(&table.uniques).filter(|key| key.columns.contains(column));
    if !can_be_sorted(&beneath) {
        keys().for_each(|key| in_the_way(&format!("the key {} has it, and such values are not sorted", key.name)));
    }
    for (other, key, is_possible) in keys_of(after, table, column) {
        let is_ours = other.tier == table.tier && key.home == Home::of(table.tier);
        if !is_possible || (!is_ours && ease != Ease::Same) {
            let (tier, from) = (word(other.tier), &other.name);
            in_the_way(&format!(
                "the foreign key {} of the {tier} table {from} needs the old type on both sides",
                key.name
            ));
        }
    }
}

/// The foreign keys that have a column on either side, and whether one can lead from what it has to what it leads to.
fn keys_of<'a>(model: &'a Model, table: &Table, column: &str) -> Vec<(&'a Table, &'a ForeignKey, bool)> {
    let mut found = Vec::new();
    for from in &model.tables {
        for key in from.foreign_keys.iter().filter(|key| touches(model, from, key, table, column)) {
            let to = model.table(key.home, &key.table);
            let ty = |of: Option<&Column>| of.and_then(|of| of.ty.as_ref()).map(|ty| model.beneath(ty));
            let is_possible = key.columns.iter().zip(targets(model, key)).all(|(own, target)| {
                let pair: (Option<TypeRef>, Option<TypeRef>) =
                    (ty(from.column(own)), ty(to.and_then(|to| to.column(&target))));
                !matches!(&pair, (Some(one), Some(other)) if !can_lead(one, other))
            });
            found.push((from, key, is_possible));
        }
    }
    found
}

/// Whether a foreign key has a column on either side.
pub(super) fn touches(model: &Model, from: &Table, key: &ForeignKey, table: &Table, column: &str) -> bool {
    let has = |columns: &[String]| columns.iter().any(|of| of == column);
    let is_own = from.tier == table.tier && from.name == table.name && has(&key.columns);
    is_own || (key.home == Home::of(table.tier) && key.table == table.name && has(&targets(model, key)))
}

/// The columns that it leads to; without any said, the other table's primary key.
fn targets(model: &Model, key: &ForeignKey) -> Vec<String> {
    if !key.target.is_empty() {
        return key.target.clone();
    }
    let primary = model.table(key.home, &key.table).and_then(|table| table.primary_key.as_ref());
    primary.map(|key| key.columns.clone()).unwrap_or_default()
}

fn uses(of: &Column, column: &str) -> bool {
    of.name != column && of.generated.as_ref().is_some_and(|generated| has_name(&generated.expression, column))
}

/// What needs a column that goes.
fn of_drop(after: &Model, table: &Table, column: &Column, found: &mut Vec<String>) {
    let (own, called) = (&table.name, &column.name);
    let Some(left) = after.table(Home::of(table.tier), own) else { return };
    for generated in left.columns.iter().filter(|of| uses(of, called)) {
        found.push(format!(
            "the column {own}.{called} cannot go: the generated column {own}.{} is computed from it; take that one out of the \
             code too, or keep {own}.{called}",
            generated.name
        ));
    }
    if left.partition_by.as_ref().is_some_and(|by| has_name(by, called)) {
        found.push(format!("the column {own}.{called} cannot go: {own} is partitioned by it; keep it in the code"));
    }
}

/// What leads to a key that goes.
fn of_key(
    before: &Model,
    after: &Model,
    table: &Table,
    (what, name, columns): (&str, &str, &[String]),
    found: &mut Vec<String>,
) {
    for from in &after.tables {
        let there = before.table(Home::of(from.tier), &from.name);
        for key in from.foreign_keys.iter().filter(|key| there.is_some_and(|there| there.foreign_keys.contains(key))) {
            let targets = targets(before, key);
            let is_it = targets.len() == columns.len() && columns.iter().all(|column| targets.contains(column));
            if key.home == Home::of(table.tier) && key.table == table.name && is_it {
                let (tier, other, own) = (word(from.tier), &from.name, &table.name);
                found.push(format!(
                    "the {what} {name} of {own} cannot go: the foreign key {} of the {tier} table {other} leads to it; keep the \
                     key in the code, as in `unique({})`, or drop the foreign key with a migration of its own first",
                    key.name,
                    columns.join(", ")
                ));
            }
        }
    }
}
