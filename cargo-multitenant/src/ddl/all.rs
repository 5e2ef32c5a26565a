//! All of a tier, in an order that works.

use multitenant_runtime::Tier;

use super::check::add_check;
use super::comment::{comment_on_column, comment_on_sequence, comment_on_table, comment_on_type};
use super::extension::{create_extension, drop_extension};
use super::foreign_key::add_foreign_key;
use super::index::create_index;
use super::key::{add_unique, drop_constraint};
use super::name::name;
use super::order::by_need;
use super::partition::Parted;
use super::sequence::{create_sequence, drop_sequence};
use super::table::{attach, create_table, drop_table, split_checks, uniques};
use super::types::{create_type, drop_type};
use crate::model::{Default, Extension, ForeignKey, Home, Model, Sequence, Table, Type, TypeKind, TypeRef};

/// What makes everything of a tier: extensions, which are the shared one's, types, sequences, tables, indexes, foreign keys, comments.
///
/// Types of which no more than the name is known are left out.
pub(crate) fn create_all(model: &Model, tier: Tier) -> Vec<String> {
    let extensions = extensions(model, tier);
    let mut statements: Vec<String> = extensions.flat_map(|extension| create_extension(model, extension)).collect();
    statements.extend(types(model, tier).into_iter().filter_map(|ty| create_type(model, ty)));
    statements.extend(sequences(model, tier).map(create_sequence));
    let tables = tables(model, tier);
    for table in &tables {
        statements.push(create_table(model, table));
        statements.extend(attach(model, table));
        let parted = Parted::of(model, table);
        let is_made_by_parent =
            parted.as_ref().is_some_and(|parted| table.is_partition() && parted.is_made_of_its_parent());
        if !is_made_by_parent {
            statements.extend(uniques(table, true).into_iter().map(|key| add_unique(table, key)));
        }
        let (_, later) = split_checks(table, parted.as_ref());
        statements.extend(later.into_iter().map(|check| add_check(table, check)));
        // `serial` says NOT NULL.
        let loose = table.columns.iter().filter(|column| column.is_nullable && column.default == Some(Default::Serial));
        statements.extend(loose.map(|column| {
            format!("ALTER TABLE {} ALTER COLUMN {} DROP NOT NULL;", name(&table.name), name(&column.name))
        }));
    }
    // A partition that has such an index already is given no other.
    for table in tables.iter().rev().filter(|table| table.is_partition()) {
        statements.extend(table.indexes.iter().map(|index| create_index(table, index, false)));
    }
    for table in tables.iter().filter(|table| !table.is_partition()) {
        statements.extend(table.indexes.iter().map(|index| create_index(table, index, false)));
    }
    for table in &tables {
        let parted = Parted::of(model, table);
        let own = |key: &&ForeignKey| !parted.as_ref().is_some_and(|parted| parted.has_foreign_key(key));
        statements.extend(table.foreign_keys.iter().filter(own).map(|key| add_foreign_key(model, table, key)));
    }
    statements.extend(comments(model, tier));
    statements
}

/// What drops all that [`create_all`] makes: tables with those that lead to them first, then sequences, types, extensions.
pub(crate) fn drop_all(model: &Model, tier: Tier) -> Vec<String> {
    let mut statements = Vec::new();
    let made: Vec<&Table> = tables(model, tier).into_iter().rev().collect();
    let leads = |from: &Table, to: &Table| {
        let home = Home::of(to.tier);
        from.name != to.name && from.foreign_keys.iter().any(|key| key.home == home && key.table == to.name)
    };
    let part_of = |part: &Table, of: &Table| part.part.as_ref().is_some_and(|part| part.of == of.name);
    // What leads to a table is needed to be gone before it.
    let order = by_need(&made, |one, other| leads(other, one) || part_of(other, one));
    for (at, table) in order.iter().enumerate() {
        // Where tables lead to each other in a circle, one key goes first.
        for later in &order[at + 1..] {
            let keys = later.foreign_keys.iter().filter(|key| key.home == Home::of(tier) && key.table == table.name);
            let parted = Parted::of(model, later);
            let own = keys.filter(|key| !parted.as_ref().is_some_and(|parted| parted.has_foreign_key(key)));
            statements.extend(own.map(|key| drop_constraint(later, &key.name)));
        }
    }
    statements.extend(order.into_iter().map(drop_table));
    statements.extend(sequences(model, tier).map(drop_sequence));
    let known = types(model, tier).into_iter().filter(|ty| create_type(model, ty).is_some());
    statements.extend(known.map(drop_type).collect::<Vec<_>>().into_iter().rev());
    statements.extend(extensions(model, tier).map(drop_extension).collect::<Vec<_>>().into_iter().rev());
    statements
}

/// A database has each of them once: the shared migration makes them, before any tenant's needs them.
fn extensions(model: &Model, tier: Tier) -> impl Iterator<Item = &Extension> {
    model.extensions.iter().filter(move |_| tier == Tier::Shared)
}

fn comments(model: &Model, tier: Tier) -> Vec<String> {
    let mut statements = Vec::new();
    for ty in model.types.iter().filter(|ty| ty.tier == tier && create_type(model, ty).is_some()) {
        statements.extend(ty.comment.iter().map(|comment| comment_on_type(ty, Some(comment))));
    }
    for sequence in sequences(model, tier) {
        statements.extend(sequence.comment.iter().map(|comment| comment_on_sequence(sequence, Some(comment))));
    }
    for table in model.tables.iter().filter(|table| table.tier == tier) {
        statements.extend(table.comment.iter().map(|comment| comment_on_table(table, Some(comment))));
        for column in &table.columns {
            let comment = column.comment.iter();
            statements.extend(comment.map(|comment| comment_on_column(model, table, &column.name, Some(comment))));
        }
    }
    statements
}

fn sequences(model: &Model, tier: Tier) -> impl Iterator<Item = &Sequence> {
    model.sequences.iter().filter(move |sequence| sequence.tier == tier)
}

/// The tables of a tier, partitions and children after their parents.
fn tables(model: &Model, tier: Tier) -> Vec<&Table> {
    let own: Vec<&Table> = model.tables.iter().filter(|table| table.tier == tier).collect();
    by_need(&own, |table, other| table.part.as_ref().is_some_and(|part| part.of == other.name))
}

/// The types of a tier, each after those that it is made of.
fn types(model: &Model, tier: Tier) -> Vec<&Type> {
    let own: Vec<&Type> = model.types.iter().filter(|ty| ty.tier == tier).collect();
    let is = |used: &Option<TypeRef>, other: &Type| {
        used.as_ref().is_some_and(|used| used.home == Home::of(other.tier) && used.name == other.name)
    };
    by_need(&own, |ty, other| match &ty.kind {
        TypeKind::Domain { base, .. } => is(base, other),
        TypeKind::Composite { fields } => fields.iter().any(|field| is(&field.ty, other)),
        TypeKind::Enum { .. } | TypeKind::Opaque => false,
    })
}
