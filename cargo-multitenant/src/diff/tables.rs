//! Tables that come and go, each with all that is its own.

use super::change::{Act, Change};
use super::columns::LOST;
use super::steps::{Between, Phase, Rank, Step, allowed, needs_new_key, validated};
use crate::ddl::{add_check, add_foreign_key, create_index, create_table, drop_constraint, drop_table};
use crate::model::{ForeignKey, Home, Model, Table};

/// The steps of all tables at once: they refer to each other.
pub(super) fn steps(between: &Between<'_>) -> Vec<Step> {
    let of = |wanted: Act| -> Vec<&Table> {
        let tables = between.changes.iter().filter_map(|change| match change {
            Change::Table(act, table) if *act == wanted => Some(table),
            _ => None,
        });
        tables.collect()
    };
    let (made, dropped) = (of(Act::Make), of(Act::Drop));
    let is_late = |key: &ForeignKey| needs_new_key(between, key);
    let mut steps: Vec<Step> = Vec::new();
    let (each, late) = in_order(between.after, &made, &is_late);
    steps.extend(each.into_iter().map(|(table, create)| Step::main(Rank::MakeTable, create, vec![drop_table(table)])));
    for (table, key) in late {
        if is_late(key) {
            steps.extend(validated(between.after, table, key, true));
        } else {
            let add = add_foreign_key(between.after, table, key);
            steps.push(Step::main(Rank::MakeTable, vec![add], vec![drop_constraint(table, &key.name)]));
        }
    }
    // The way back, and so in the other order.
    let (each, late) = in_order(between.before, &dropped, &|_| false);
    for (table, key) in late.into_iter().rev() {
        let add = add_foreign_key(between.before, table, key);
        steps.push(Step::main(Rank::DropTable, vec![drop_constraint(table, &key.name)], vec![add]));
    }
    for (table, mut create) in each.into_iter().rev() {
        if let Some(first) = create.first_mut() {
            *first = format!("{NOT_RESTORED}\n{first}");
        }
        let step = Step::main(Rank::DropTable, vec![allowed(LOST, &drop_table(table))], create);
        steps.push(step.losing(format!("the table {} with all of its rows", table.name)));
    }
    debug_assert!(steps.iter().all(|step| step.phase != Phase::Index));
    steps
}

/// What no model has of a table.
const NOT_RESTORED: &str = "-- Not restored: rows, row level security and policies, triggers, rights, comments, statistics, storage \
                            parameters.";

/// Tables with what makes them, each after those that it refers to, and the foreign keys that must wait.
#[expect(clippy::type_complexity, reason = "two lists that are made together")]
fn in_order<'a>(
    model: &Model,
    tables: &[&'a Table],
    is_late: &dyn Fn(&ForeignKey) -> bool,
) -> (Vec<(&'a Table, Vec<String>)>, Vec<(&'a Table, &'a ForeignKey)>) {
    let mut left: Vec<&Table> = tables.to_vec();
    let (mut made, mut late): (Vec<(&Table, Vec<String>)>, Vec<(&Table, &ForeignKey)>) = (Vec::new(), Vec::new());
    while !left.is_empty() {
        let waits = |table: &Table, key: &ForeignKey| {
            let is_it = |other: &&Table| Home::of(other.tier) == key.home && other.name == key.table;
            key.table != table.name && left.iter().any(is_it)
        };
        // In a circle, the first one goes without the keys that must wait.
        let next = left.iter().position(|table| !table.foreign_keys.iter().any(|key| waits(table, key))).unwrap_or(0);
        let table = left[next];
        let mut up = vec![create_table(model, table)];
        up.extend(table.checks.iter().filter(|check| check.not_valid).map(|check| add_check(table, check)));
        up.extend(table.indexes.iter().map(|index| create_index(table, index, false)));
        for key in &table.foreign_keys {
            if waits(table, key) || is_late(key) {
                late.push((table, key));
            } else {
                up.push(add_foreign_key(model, table, key));
            }
        }
        made.push((table, up));
        left.remove(next);
    }
    (made, late)
}
