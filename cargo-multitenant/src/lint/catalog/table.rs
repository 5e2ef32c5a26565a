//! Tables: how their definitions fold.

use std::collections::BTreeSet;
use std::sync::Arc;

use multitenant_runtime::Tier;

use super::entries::cut;
use super::fold::Site;
use super::{
    Catalog, CatalogCheck, CatalogColumn, CatalogForeignKey, CatalogKey, CheckKind, Origin, Relation, RelationKind,
};
use crate::finding::Place;
use crate::lint::sql::{
    Action, Class, Column, Constraint, ConstraintKind, ForeignKey, Ident, Like, Name, Span, TableDef, Timing,
};

impl Catalog {
    /// The table that a CREATE TABLE makes.
    pub(super) fn table(&self, definition: &TableDef, site: &Site<'_>, origin: Origin) -> Relation {
        let kind =
            if site.statement.class == Class::ForeignTable { RelationKind::ForeignTable } else { RelationKind::Table };
        let mut relation = Relation::new(kind, origin);
        relation.is_partitioned = definition.is_partitioned;
        relation.is_opaque = definition.of_type;
        relation.partition_by.clone_from(&definition.partition_by);
        relation.bounds.clone_from(&definition.bounds);
        for parent in definition.partition_of.iter().chain(&definition.inherits) {
            match self.relation(parent, site.tier) {
                Some(found) => relation.inherit(found.entry, definition.partition_of.is_some()),
                None => relation.is_opaque = true,
            }
            relation.parent = Some(cut(parent.name()).to_owned());
        }
        relation.is_partition = definition.partition_of.is_some();
        let own = site.statement.subject().map_or("", |subject| subject.name.name());
        // Keys first: a foreign key to the table itself needs its primary key.
        let mut foreign = Vec::new();
        let mut likes = definition.likes.iter().peekable();
        for column in &definition.columns {
            while let Some(like) = likes.next_if(|like| like.span.start < column.span.start) {
                self.copy(like, &mut relation, site.tier);
            }
            let (later, now) = column.constraints.iter().cloned().partition(is_foreign);
            foreign.extend(Vec::into_iter(later).map(|constraint| (constraint, Some(&column.name))));
            relation.add_column(&Column { constraints: now, ..column.clone() }, site);
        }
        likes.for_each(|like| self.copy(like, &mut relation, site.tier));
        for constraint in definition.constraints.iter().filter(|constraint| !is_foreign(constraint)) {
            relation.add_constraint(constraint, None, site);
        }
        relation.drop_equal_keys();
        let constraints = definition.constraints.iter().filter(|constraint| is_foreign(constraint)).cloned();
        foreign.extend(constraints.map(|constraint| (constraint, None)));
        for (mut constraint, of) in foreign {
            self.settle(&mut constraint, site.tier, Some((own, &relation)));
            relation.add_constraint(&constraint, of, site);
        }
        relation
    }

    fn copy(&self, like: &Like, relation: &mut Relation, tier: Tier) {
        match self.relation(&like.table, tier) {
            Some(found) => relation.copy(found.entry, like),
            None => relation.is_opaque = true,
        }
    }

    /// Gives a foreign key the columns that it leads to; `own` is the table that is being made.
    pub(super) fn settle(&self, constraint: &mut Constraint, tier: Tier, own: Option<(&str, &Relation)>) {
        let ConstraintKind::ForeignKey(key) = &mut constraint.kind else { return };
        if !key.target.is_empty() {
            return;
        }
        let own = own.filter(|(name, _)| *name == key.table.name()).map(|(_, relation)| relation);
        let known = || self.relation(&key.table, tier).map(|found| found.entry.as_ref());
        let primary = own.or_else(known).and_then(|relation| relation.primary_key.as_ref());
        let span = key.table.span();
        let columns = primary.iter().flat_map(|key| &key.columns);
        key.target = columns.map(|column| Ident { text: column.clone(), span: span.clone() }).collect();
    }
}

fn is_foreign(constraint: &Constraint) -> bool {
    matches!(constraint.kind, ConstraintKind::ForeignKey(_))
}

impl Constraint {
    /// Whether an index stands behind it.
    pub(super) fn is_key(&self) -> bool {
        matches!(self.kind, ConstraintKind::PrimaryKey { .. } | ConstraintKind::Unique { .. })
    }

    /// Whether children that are no partitions have it, too.
    pub(super) fn is_inherited(&self) -> bool {
        matches!(self.kind, ConstraintKind::Check { no_inherit: false, .. })
    }

    pub(super) fn using_index(&self) -> Option<&Name> {
        match &self.kind {
            ConstraintKind::PrimaryKey { using_index, .. } | ConstraintKind::Unique { using_index, .. } => {
                using_index.as_ref()
            }
            _ => None,
        }
    }
}

impl CatalogColumn {
    /// PostgreSQL keeps no NULL as a default, unless it has to be cut to the type's length.
    pub(super) fn set_default(&mut self, sequence: Option<&Name>, is_null: bool, expression: Option<&Arc<str>>) {
        self.has_default = !is_null || self.ty.as_ref().is_some_and(|ty| !ty.modifiers.is_empty());
        self.sequence = sequence.map(Name::shown);
        self.default = expression.filter(|_| self.has_default).cloned();
    }
}

impl Relation {
    pub(super) fn add_column(&mut self, column: &Column, site: &Site<'_>) {
        let mut entry = CatalogColumn::of(column, site);
        if let Some(ty) = &mut entry.ty {
            let serial = match ty.name.as_str() {
                "serial" => "int4",
                "bigserial" => "int8",
                "smallserial" => "int2",
                _ => "",
            };
            if !serial.is_empty() {
                serial.clone_into(&mut ty.name);
                (entry.not_null, entry.has_default, entry.is_serial) = (true, true, true);
            }
        }
        // What a partition or a child says about a column of its parent adds to it.
        match self.columns.iter_mut().find(|known| known.name == entry.name) {
            Some(known) if entry.ty.is_none() => known.origin = entry.origin,
            Some(known) => {
                entry.not_null |= known.not_null;
                *known = entry;
            }
            None => self.columns.push(entry),
        }
        for constraint in &column.constraints {
            self.add_constraint(constraint, Some(&column.name), site);
        }
    }

    pub(super) fn add_constraint(&mut self, constraint: &Constraint, of: Option<&Ident>, site: &Site<'_>) {
        let own = |columns: &[Ident]| -> Vec<String> {
            if columns.is_empty() {
                of.iter().map(|column| cut(&column.text).to_owned()).collect()
            } else {
                texts(columns)
            }
        };
        let origin = site.origin(constraint.span.clone());
        let name = constraint.name.as_ref().map(|name| cut(&name.text).to_owned());
        // A name that is there is an error, or stands in a branch that is not taken.
        let is_there = |of: &Option<String>| name.is_some() && *of == name;
        if self.keys().any(|key| is_there(&key.name)) || self.foreign_keys.iter().any(|key| is_there(&key.name)) {
            return;
        }
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, options, .. } => {
                let columns = own(columns);
                for column in &columns {
                    self.with_column(column, |column| column.not_null = true);
                }
                let (options, timing) = (options.clone(), constraint.timing);
                self.primary_key = Some(CatalogKey { name, columns, options, timing, origin });
            }
            ConstraintKind::Unique { columns, options, .. } => {
                let columns = own(columns);
                let (options, timing) = (options.clone(), constraint.timing);
                self.uniques.push(CatalogKey { name, columns, options, timing, origin });
            }
            ConstraintKind::ForeignKey(key) => {
                let columns = own(&key.columns);
                let key = foreign_key(key, name, columns, origin, site);
                self.foreign_keys.push(CatalogForeignKey {
                    not_valid: constraint.not_valid,
                    timing: constraint.timing,
                    ..key
                });
            }
            ConstraintKind::NotNullOf(column) => self.with_column(&column.text, |column| column.not_null = true),
            ConstraintKind::NotNull => self.with(of, |column| column.not_null = true),
            ConstraintKind::Null => {}
            ConstraintKind::Default { sequence, is_null, expression } => {
                self.with(of, |column| column.set_default(sequence.as_ref(), *is_null, Some(expression)));
            }
            ConstraintKind::Identity(identity) => self.with(of, |column| {
                (column.is_identity, column.has_default, column.not_null) = (true, true, true);
                column.identity = Some(identity.clone());
            }),
            ConstraintKind::Generated { expression, is_stored } => self.with(of, |column| {
                column.is_generated = true;
                column.generated = Some((expression.clone(), *is_stored));
            }),
            ConstraintKind::Check { expression, words, no_inherit } => {
                let kind = CheckKind::Check { expression: expression.clone(), no_inherit: *no_inherit };
                self.add_check(name, kind, words, constraint);
            }
            ConstraintKind::Exclude { text, words, labels } => {
                let kind = CheckKind::Exclude { text: text.clone(), labels: labels.clone() };
                self.add_check(name, kind, words, constraint);
            }
            ConstraintKind::Other => {}
        }
    }

    /// What children have is the parent's of the same name.
    fn add_check(&mut self, name: Option<String>, kind: CheckKind, words: &BTreeSet<String>, constraint: &Constraint) {
        self.checks.retain(|check| name.is_none() || check.name != name);
        let (not_valid, timing) = (constraint.not_valid, constraint.timing);
        self.checks.push(CatalogCheck { name, kind, words: words.clone(), not_valid, timing });
    }

    fn with(&mut self, of: Option<&Ident>, change: impl Fn(&mut CatalogColumn)) {
        if let Some(column) = of {
            self.with_column(&column.text, change);
        }
    }

    pub(super) fn with_column(&mut self, name: &str, change: impl Fn(&mut CatalogColumn)) {
        self.columns.iter_mut().filter(|column| column.name == cut(name)).for_each(change);
    }

    /// The primary key and the unique constraints.
    pub(super) fn keys(&self) -> impl Iterator<Item = &CatalogKey> {
        self.primary_key.iter().chain(&self.uniques)
    }

    /// The columns of each.
    pub(super) fn all_keys(&self) -> Vec<Vec<String>> {
        self.keys().map(|key| key.columns.clone()).collect()
    }

    /// Of keys with the same columns in one CREATE TABLE PostgreSQL makes one.
    fn drop_equal_keys(&mut self) {
        let mut kept: Vec<CatalogKey> = Vec::new();
        for unique in std::mem::take(&mut self.uniques) {
            let first = self.primary_key.iter_mut().chain(&mut kept).find(|key| key.columns == unique.columns);
            match first {
                Some(first) => first.name = first.name.take().or(unique.name),
                None => kept.push(unique),
            }
        }
        self.uniques = kept;
    }

    pub(super) fn drop_column(&mut self, name: &str) {
        let name = cut(name);
        self.columns.retain(|column| column.name != name);
        let of = |columns: &[String]| columns.iter().any(|column| column == name);
        self.uniques.retain(|key| !of(&key.columns));
        self.foreign_keys.retain(|key| !of(&key.columns));
        self.primary_key = self.primary_key.take().filter(|key| !of(&key.columns));
        self.checks.retain(|check| !check.words.contains(name));
    }

    pub(super) fn rename_column(&mut self, from: &str, to: &str) {
        let (from, to) = (cut(from), cut(to));
        self.with_column(from, |column| to.clone_into(&mut column.name));
        let lists = self.uniques.iter_mut().chain(&mut self.primary_key).map(|key| &mut key.columns);
        let lists = lists.chain(self.foreign_keys.iter_mut().map(|key| &mut key.columns));
        for column in lists.flatten().filter(|column| *column == from) {
            to.clone_into(column);
        }
        let included = self.uniques.iter_mut().chain(&mut self.primary_key).map(|key| &mut key.options.include);
        included.flatten().filter(|column| *column == from).for_each(|column| to.clone_into(column));
        let set = self.foreign_keys.iter_mut().flat_map(|key| &mut key.set_columns);
        set.filter(|column| *column == from).for_each(|column| to.clone_into(column));
        self.rename_in_texts(from, to);
    }

    pub(super) fn drop_constraint(&mut self, name: &str) {
        let is_it = |given: &Option<String>| given.as_deref() == Some(cut(name));
        self.primary_key = self.primary_key.take().filter(|key| !is_it(&key.name));
        self.uniques.retain(|key| !is_it(&key.name));
        self.foreign_keys.retain(|key| !is_it(&key.name));
        self.checks.retain(|check| !is_it(&check.name));
    }

    pub(super) fn rename_constraint(&mut self, from: &str, to: &str) {
        let names = self.uniques.iter_mut().chain(&mut self.primary_key).map(|key| &mut key.name);
        let names = names.chain(self.foreign_keys.iter_mut().map(|key| &mut key.name));
        let names = names.chain(self.checks.iter_mut().map(|check| &mut check.name));
        for name in names.filter(|name| name.as_deref() == Some(cut(from))) {
            *name = Some(cut(to).to_owned());
        }
    }

    /// What holds for all rows from now on.
    pub(super) fn validate(&mut self, name: &str) {
        let is_it = |given: &Option<String>| given.as_deref() == Some(cut(name));
        self.foreign_keys.iter_mut().filter(|key| is_it(&key.name)).for_each(|key| key.not_valid = false);
        self.checks.iter_mut().filter(|check| is_it(&check.name)).for_each(|check| check.not_valid = false);
    }
}

fn texts(idents: &[Ident]) -> Vec<String> {
    idents.iter().map(|ident| cut(&ident.text).to_owned()).collect()
}

fn foreign_key(
    key: &ForeignKey,
    name: Option<String>,
    columns: Vec<String>,
    origin: Origin,
    site: &Site<'_>,
) -> CatalogForeignKey {
    let action = |action: &Option<(Action, Span)>| {
        action.as_ref().map(|(action, span)| (*action, Place::new(site.file, span.clone())))
    };
    let (on_delete, on_update) = (action(&key.on_delete), action(&key.on_update));
    CatalogForeignKey {
        name,
        columns,
        table: key.table.clone(),
        target: texts(&key.target),
        on_delete,
        on_update,
        set_columns: texts(&key.set_columns),
        match_full: key.match_full,
        not_valid: false,
        timing: Timing::Immediate,
        origin,
    }
}
