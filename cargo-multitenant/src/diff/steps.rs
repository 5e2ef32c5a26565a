//! Changes as SQL, and when each may be done.

use multitenant_runtime::Tier;

use super::change::{Act, Change};
use super::obstacles::touches;
use super::{columns, tables, types};
use crate::ddl::{
    add_check, add_foreign_key, add_primary_key, add_unique, create_index, create_type, drop_constraint, drop_index,
    drop_type, literal, name, validate_constraint,
};
use crate::model::{Check, ForeignKey, Home, Index, IndexItem, Key, Model, Table, Type, TypeKind};

/// In which migration a step is done: one transaction each, but for indexes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// What must be there before anything uses it.
    Labels,
    Main,
    /// An index that is built, or dropped, while others write: a migration for each, without a transaction.
    Index,
    /// What needs these indexes, and what reads rows that the main one has not read.
    Validate,
    /// What needs the keys of the one before.
    Keys,
}

/// When a step is done in its migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Rename,
    MakeType,
    DropForeignKey,
    DropKey,
    /// Before the columns that they are computed from.
    DropGenerated,
    ChangeColumn,
    AddColumn,
    /// After the columns that they are computed from.
    AddGenerated,
    PrimaryKey,
    DropColumn,
    /// What goes may have a name that something new has.
    DropTable,
    MakeTable,
    MakeKey,
    MakeForeignKey,
    DropType,
}

/// A part of a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) phase: Phase,
    pub(super) rank: Rank,
    /// Whole statements, with the comments before them.
    pub(crate) up: Vec<String>,
    pub(crate) down: Vec<String>,
    /// What is gone for good.
    pub(crate) loses: Option<String>,
    /// What a migration of its own is called after.
    pub(crate) name: Option<String>,
}

/// Between which models.
pub(super) struct Between<'a> {
    pub(super) before: &'a Model,
    pub(super) after: &'a Model,
    pub(super) changes: &'a [Change],
}

impl Step {
    pub(super) fn main(rank: Rank, up: Vec<String>, down: Vec<String>) -> Self {
        Self { phase: Phase::Main, rank, up, down, loses: None, name: None }
    }

    pub(super) fn at(self, phase: Phase) -> Self {
        Self { phase, ..self }
    }

    pub(super) fn losing(self, what: String) -> Self {
        Self { loses: Some(what), ..self }
    }
}

/// The steps of changes that lead from one model to another, in the order in which they are done.
pub(crate) fn steps(before: &Model, after: &Model, changes: &[Change]) -> Vec<Step> {
    let between = Between { before, after, changes };
    let mut steps = Vec::new();
    for change in changes {
        steps.extend(of(&between, change));
    }
    steps.extend(tables::steps(&between));
    steps.extend(around(&between));
    steps.sort_by_key(|step| (step.phase, step.rank));
    steps
}

/// Foreign keys that are not to be changed, but have a column that gets another type: they go before it, and come after.
fn around(between: &Between<'_>) -> Vec<Step> {
    let is_changed = |from: &Table, key: &ForeignKey| {
        between.changes.iter().any(|change| match change {
            Change::ColumnType(table, old, new) => {
                let ease = old
                    .ty
                    .as_ref()
                    .zip(new.ty.as_ref())
                    .map(|(old, new)| types::ease(&between.after.beneath(old), &between.after.beneath(new)));
                from.tier == table.tier
                    && key.home == Home::of(table.tier)
                    && ease.is_some_and(|ease| ease != types::Ease::Same)
                    && touches(between.after, from, key, table, &new.name)
            }
            _ => false,
        })
    };
    let mut steps = Vec::new();
    for table in &between.after.tables {
        let Some(there) = between.before.table(Home::of(table.tier), &table.name) else { continue };
        let stays = |key: &&ForeignKey| there.foreign_keys.contains(key) && is_changed(table, key);
        for key in table.foreign_keys.iter().filter(stays) {
            steps.extend(foreign_key(between, Act::Drop, table, key));
            let made = validated(between.after, table, key, needs_new_key(between, key));
            steps.extend(made.into_iter().take(if key.not_valid { 1 } else { 2 }));
        }
    }
    steps
}

fn of(between: &Between<'_>, change: &Change) -> Vec<Step> {
    match change {
        Change::RenameTable(from, to) => {
            let rename = |from: &str, to: &str| format!("ALTER TABLE {} RENAME TO {};", name(from), name(to));
            vec![Step::main(Rank::Rename, vec![allowed(RENAMED, &rename(from, to))], vec![rename(to, from)])]
        }
        Change::RenameColumn(table, from, to) => {
            let rename = |from: &str, to: &str| {
                format!("ALTER TABLE {} RENAME COLUMN {} TO {};", name(&table.name), name(from), name(to))
            };
            vec![Step::main(Rank::Rename, vec![allowed(RENAMED, &rename(from, to))], vec![rename(to, from)])]
        }
        Change::Type(act, ty) => of_type(between, *act, ty),
        Change::Labels(from, to) => vec![labels(from, to)],
        // All of them at once, for they need each other.
        Change::Table(..) => Vec::new(),
        Change::Column(act, table, column) => vec![columns::column(between, *act, table, column)],
        Change::ColumnType(table, from, to) => vec![columns::ty(between, table, from, to)],
        Change::Nullable(table, to) => columns::nullable(table, to),
        Change::Default(table, from, to) => columns::default(between, table, from, to),
        Change::Identity(table, from, to) => vec![columns::identity(between, table, from, to)],
        Change::PrimaryKey(table, from, to) => vec![primary_key(between, table, from.as_ref(), to.as_ref())],
        Change::Unique(act, table, key) => unique(*act, table, key),
        Change::ForeignKey(act, table, key) => foreign_key(between, *act, table, key),
        Change::Index(act, table, index) => vec![of_index(between, *act, table, index)],
        Change::Check(act, table, check) => of_check(*act, table, check),
    }
}

const RENAMED: &str = "not-backward-compatible) asked for by --rename";

/// A statement with a comment that says why the linter need not warn of it.
pub(super) fn allowed(why: &str, statement: &str) -> String {
    format!("-- multitenant: allow({why}\n{statement}")
}

fn of_type(between: &Between<'_>, act: Act, ty: &Type) -> Vec<Step> {
    match act {
        Act::Make => create_type(between.after, ty)
            .map(|create| Step::main(Rank::MakeType, vec![create], vec![drop_type(ty)]))
            .into_iter()
            .collect(),
        Act::Drop => create_type(between.before, ty)
            .map(|create| Step::main(Rank::DropType, vec![drop_type(ty)], vec![create]))
            .into_iter()
            .collect(),
    }
}

fn labels(from: &Type, to: &Type) -> Step {
    let (TypeKind::Enum { labels: old }, TypeKind::Enum { labels: new }) = (&from.kind, &to.kind) else {
        return Step::main(Rank::MakeType, Vec::new(), Vec::new());
    };
    let mut up = Vec::new();
    for (at, label) in new.iter().enumerate().filter(|(_, label)| !old.contains(label)) {
        // Behind the last one is where it goes by itself.
        let is_last = !new[at..].iter().any(|label| old.contains(label));
        let place = match (is_last, at.checked_sub(1)) {
            (true, _) => String::new(),
            (false, Some(before)) => format!(" AFTER {}", literal(&new[before])),
            (false, None) => new.get(1).map(|next| format!(" BEFORE {}", literal(next))).unwrap_or_default(),
        };
        up.push(format!("ALTER TYPE {} ADD VALUE IF NOT EXISTS {}{place};", name(&to.name), literal(label)));
    }
    // A label stays, and to add it again is no error: so the way back may be gone, and the run has a statement to make.
    // `lint` and `verify` take the comment as said that this is meant.
    let stay = "-- irreversible: PostgreSQL removes no label of an enum, so those that up.sql adds stay.\nSELECT 1;";
    let down = vec![stay.to_owned()];
    Step::main(Rank::MakeType, up, down).at(Phase::Labels)
}

fn primary_key(between: &Between<'_>, table: &Table, from: Option<&Key>, to: Option<&Key>) -> Step {
    let replace = |from: Option<&Key>, to: Option<&Key>| -> Vec<String> {
        let drop = from.map(|key| drop_constraint(table, &key.name));
        drop.into_iter().chain(to.map(|key| add_primary_key(table, key))).collect()
    };
    // A key makes its columns NOT NULL, and they stay so without it.
    let before = between.before.table(Home::of(table.tier), &table.name);
    let nullable = to
        .into_iter()
        .flat_map(|key| &key.columns)
        .filter(|column| before.and_then(|before| before.column(column)).is_some_and(|column| column.is_nullable));
    let (own, mut down) = (name(&table.name), replace(to, from));
    down.extend(nullable.map(|column| format!("ALTER TABLE {own} ALTER COLUMN {} DROP NOT NULL;", name(column))));
    Step::main(Rank::PrimaryKey, replace(from, to), down)
}

fn unique(act: Act, table: &Table, key: &Key) -> Vec<Step> {
    if act == Act::Drop {
        return vec![Step::main(Rank::DropKey, vec![drop_constraint(table, &key.name)], vec![add_unique(table, key)])];
    }
    if table.partition_by.is_some() {
        let add =
            allowed("constraint-not-valid) of a partitioned table, which has no other way", &add_unique(table, key));
        return vec![Step::main(Rank::MakeKey, vec![locking(&add)], vec![drop_constraint(table, &key.name)])];
    }
    // A constraint that brings its own index would read all rows while nobody writes.
    let index = Index {
        name: key.name.clone(),
        method: "btree".to_owned(),
        unique: true,
        items: key.columns.iter().map(|of| IndexItem { column: Some(of.clone()), text: name(of) }).collect(),
        include: key.include.clone(),
        predicate: None,
        nulls_not_distinct: key.nulls_not_distinct,
    };
    let (own, called) = (name(&table.name), name(&key.name));
    let using = format!("ALTER TABLE {own} ADD CONSTRAINT {called} UNIQUE USING INDEX {called};");
    vec![
        concurrently(table, &index, Act::Make),
        Step::main(
            Rank::MakeKey,
            vec![using],
            // The constraint takes its index along.
            vec![drop_constraint(table, &key.name), create_index(table, &index, false)],
        )
        .at(Phase::Validate),
    ]
}

fn foreign_key(between: &Between<'_>, act: Act, table: &Table, key: &ForeignKey) -> Vec<Step> {
    if act == Act::Drop {
        let down = add_foreign_key(between.before, table, key);
        return vec![Step::main(Rank::DropForeignKey, vec![drop_constraint(table, &key.name)], vec![down])];
    }
    validated(between.after, table, key, needs_new_key(between, key))
}

/// A foreign key of a table that is there: new rows must hold it at once, the old ones are read by the next migration.
pub(super) fn validated(model: &Model, table: &Table, key: &ForeignKey, is_late: bool) -> Vec<Step> {
    let (first, then) = if is_late { (Phase::Validate, Phase::Keys) } else { (Phase::Main, Phase::Validate) };
    if table.partition_by.is_some() {
        let add = add_foreign_key(model, table, &ForeignKey { not_valid: false, ..key.clone() });
        let add = allowed("constraint-not-valid) of a partitioned table, which has no other way", &add);
        let step = Step::main(Rank::MakeForeignKey, vec![locking(&add)], vec![drop_constraint(table, &key.name)]);
        return vec![step.at(first)];
    }
    let not_valid = ForeignKey { not_valid: true, ..key.clone() };
    let add = add_foreign_key(model, table, &not_valid);
    let drop = drop_constraint(table, &key.name);
    vec![
        Step::main(Rank::MakeForeignKey, vec![add.clone()], vec![drop.clone()]).at(first),
        Step::main(Rank::MakeForeignKey, vec![validate_constraint(table, &key.name)], vec![drop, add]).at(then),
    ]
}

/// Whether the key that it leads to is made on a table that is there, and so only once its index is built.
pub(super) fn needs_new_key(between: &Between<'_>, key: &ForeignKey) -> bool {
    between.changes.iter().any(|change| match change {
        Change::Unique(Act::Make, table, unique) => {
            Home::of(table.tier) == key.home
                && table.name == key.table
                && unique.columns.iter().all(|of| key.target.contains(of))
        }
        Change::Index(Act::Make, table, index) => {
            Home::of(table.tier) == key.home && table.name == key.table && index.unique
        }
        _ => false,
    })
}

fn of_index(between: &Between<'_>, act: Act, table: &Table, index: &Index) -> Step {
    // An index of a column that goes is dropped with it, under the same lock; one that a new type would be in the way of,
    // before it.
    let is_lost = between.changes.iter().any(|change| match change {
        Change::Column(Act::Drop, of, _) | Change::ColumnType(of, ..) => of.name == table.name,
        _ => false,
    });
    if act == Act::Drop && is_lost {
        let (up, down) = (drop_index(index, false), create_index(table, index, false));
        return Step::main(Rank::DropKey, vec![up], vec![down]);
    }
    if table.partition_by.is_some() {
        let (create, drop) = (create_index(table, index, false), drop_index(index, false));
        return match act {
            Act::Make => {
                let why = "index-not-concurrent) of a partitioned table, which has no other way";
                // Of tenants' tables nobody is told, and what allows nothing is itself found.
                let is_told = table.tier == Tier::Shared;
                let create = if is_told { allowed(why, &create) } else { create };
                Step::main(Rank::MakeKey, vec![locking(&create)], vec![drop])
            }
            Act::Drop => Step::main(Rank::DropKey, vec![drop], vec![create]),
        };
    }
    concurrently(table, index, act)
}

/// Says what a partitioned table costs: neither CONCURRENTLY nor, before PostgreSQL 18, NOT VALID is allowed there.
fn locking(statement: &str) -> String {
    format!("-- Reads all partitions, while nobody writes to them.\n{statement}")
}

fn concurrently(table: &Table, index: &Index, act: Act) -> Step {
    let (create, drop) = (create_index(table, index, true), drop_index(index, true));
    let (rank, up, down) = match act {
        Act::Make => (Rank::MakeKey, create, drop),
        Act::Drop => (Rank::DropKey, drop, create),
    };
    let verb = if act == Act::Make { "" } else { "drop_" };
    let name = Some(format!("{verb}{}", index.name));
    Step { name, ..Step::main(rank, vec![up], vec![down]).at(Phase::Index) }
}

fn of_check(act: Act, table: &Table, check: &Check) -> Vec<Step> {
    let drop = drop_constraint(table, &check.name);
    if act == Act::Drop {
        return vec![Step::main(Rank::DropKey, vec![drop], vec![add_check(table, check)])];
    }
    let add = add_check(table, &Check { not_valid: true, ..check.clone() });
    vec![
        Step::main(Rank::MakeKey, vec![add.clone()], vec![drop.clone()]),
        Step::main(Rank::MakeKey, vec![validate_constraint(table, &check.name)], vec![drop, add]).at(Phase::Validate),
    ]
}
