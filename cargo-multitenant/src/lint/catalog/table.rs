//! Tables: how their definitions and changes fold.

use super::fold::Site;
use super::object::column_type;
use super::{
    Catalog, CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogKey, Origin, Relation, RelationKind, Space,
};
use crate::finding::Place;
use crate::lint::sql::{ChangeKind, Class, Column, Constraint, ConstraintKind, ForeignKey, Ident, Name, TableDef};

impl Catalog {
    /// The table that a CREATE TABLE makes.
    pub(super) fn table(&self, definition: &TableDef, site: &Site<'_>, origin: Origin) -> Relation {
        let kind =
            if site.statement.class == Class::ForeignTable { RelationKind::ForeignTable } else { RelationKind::Table };
        let mut relation = Relation::new(kind, origin);
        relation.is_partitioned = definition.is_partitioned;
        relation.is_opaque = definition.of_type;
        let parents = definition.partition_of.iter().chain(&definition.inherits);
        for parent in parents {
            match self.relation(parent, site.tier) {
                Some(found) => relation.inherit(found.entry, definition.partition_of.is_some()),
                None => relation.is_opaque = true,
            }
            relation.parent = Some(parent.name.text.clone());
        }
        relation.is_partition = definition.partition_of.is_some();
        for like in &definition.likes {
            match self.relation(&like.table, site.tier) {
                Some(found) => relation.copy(found.entry, like.defaults, like.identity, like.indexes),
                None => relation.is_opaque = true,
            }
        }
        for column in &definition.columns {
            relation.add_column(column, site);
        }
        for constraint in &definition.constraints {
            relation.add_constraint(constraint, None, site);
        }
        relation
    }

    /// One action of an ALTER TABLE, or of what else ALTER TABLE works on.
    pub(super) fn alter_table(&mut self, name: &Name, change: &ChangeKind, site: &Site<'_>) {
        if let ChangeKind::AttachPartition(partition) | ChangeKind::DetachPartition { name: partition, .. } = change {
            let attach = matches!(change, ChangeKind::AttachPartition(_));
            if let Some(partition) = self.relation_mut(partition, site.tier) {
                partition.is_partition = attach;
                partition.parent = attach.then(|| name.name.text.clone());
            }
            return;
        }
        if let ChangeKind::RenameConstraint { from, to } = change {
            self.rename_constraint(name, from, to, site);
            return;
        }
        let dropped = match change {
            ChangeKind::DropColumn { column, .. } => Some(column.text.clone()),
            _ => None,
        };
        let used = match change {
            ChangeKind::AddConstraint(Constraint {
                kind: ConstraintKind::PrimaryKey { using_index: Some(index), .. },
                ..
            }) => self.relation(index, site.tier).and_then(|found| match &found.entry.kind {
                RelationKind::Index(index) => Some(index.clone()),
                _ => None,
            }),
            _ => None,
        };
        let Some(relation) = self.relation_mut(name, site.tier) else { return };
        relation.change(change, site, used);
        if let ChangeKind::RenameColumn { from, to } = change {
            self.rename_in_indexes(name, from, to, site);
        }
        if let Some(column) = dropped {
            let has = |space: &Space| space.relations.contains_key(name.name());
            if let Some(space) = self.space_of(name, site.tier, has) {
                space.drop_indexes_on(name.name(), &column);
            }
        }
    }

    fn rename_constraint(&mut self, table: &Name, from: &Ident, to: &Ident, site: &Site<'_>) {
        let Some(relation) = self.relation_mut(table, site.tier) else { return };
        let names = relation.uniques.iter_mut().chain(&mut relation.primary_key).map(|key| &mut key.name);
        let names = names.chain(relation.foreign_keys.iter_mut().map(|key| &mut key.name));
        for name in names.filter(|name| name.as_deref() == Some(from.text.as_str())) {
            *name = Some(to.text.clone());
        }
        for name in relation.constraints.iter_mut().filter(|name| **name == from.text) {
            name.clone_from(&to.text);
        }
    }

    fn rename_in_indexes(&mut self, table: &Name, from: &Ident, to: &Ident, site: &Site<'_>) {
        let has = |space: &Space| space.relations.contains_key(table.name());
        let Some(space) = self.space_of(table, site.tier, has) else { return };
        for relation in space.relations.values_mut() {
            if let RelationKind::Index(index) = &relation.kind
                && index.table == table.name()
            {
                let mut index = index.clone();
                let named = index.columns.iter_mut().filter(|column| column.as_deref() == Some(from.text.as_str()));
                named.for_each(|column| *column = Some(to.text.clone()));
                std::sync::Arc::make_mut(relation).kind = RelationKind::Index(index);
            }
        }
    }
}

impl Space {
    /// PostgreSQL drops an index with any of its columns.
    fn drop_indexes_on(&mut self, table: &str, column: &str) {
        self.relations.retain(|_, relation| match &relation.kind {
            RelationKind::Index(index) => {
                index.table != table || !index.columns.iter().any(|of| of.as_deref() == Some(column))
            }
            _ => true,
        });
    }
}

impl Relation {
    fn add_column(&mut self, column: &Column, site: &Site<'_>) {
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
            Some(known) => *known = entry,
            None => self.columns.push(entry),
        }
        for constraint in &column.constraints {
            self.add_constraint(constraint, Some(&column.name), site);
        }
    }

    fn add_constraint(&mut self, constraint: &Constraint, of: Option<&Ident>, site: &Site<'_>) {
        let own = |columns: &[Ident]| -> Vec<String> {
            if columns.is_empty() { of.iter().map(|column| column.text.clone()).collect() } else { texts(columns) }
        };
        let origin = site.origin(constraint.span.clone());
        let name = constraint.name.as_ref().map(|name| name.text.clone());
        match &constraint.kind {
            ConstraintKind::PrimaryKey { columns, .. } => {
                let columns = own(columns);
                for column in &columns {
                    self.with_column(column, |column| column.not_null = true);
                }
                self.primary_key = Some(CatalogKey { name, columns, origin });
            }
            ConstraintKind::Unique { columns, .. } => {
                let columns = own(columns);
                self.uniques.push(CatalogKey { name, columns, origin });
            }
            ConstraintKind::ForeignKey(key) => {
                let columns = own(&key.columns);
                self.foreign_keys.push(foreign_key(key, name, columns, origin, site));
            }
            ConstraintKind::NotNull => self.with(of, |column| column.not_null = true),
            ConstraintKind::Null => self.with(of, |column| column.not_null = false),
            ConstraintKind::Default { sequence } => {
                let sequence = sequence.as_ref().map(Name::shown);
                self.with(of, |column| {
                    column.has_default = true;
                    column.sequence.clone_from(&sequence);
                });
            }
            ConstraintKind::Identity => self.with(of, |column| {
                (column.is_identity, column.has_default, column.not_null) = (true, true, true);
            }),
            ConstraintKind::Generated => self.with(of, |column| column.is_generated = true),
            ConstraintKind::Check | ConstraintKind::Exclude | ConstraintKind::Other => self.constraints.extend(name),
        }
    }

    fn with(&mut self, of: Option<&Ident>, change: impl Fn(&mut CatalogColumn)) {
        if let Some(column) = of {
            self.with_column(&column.text, change);
        }
    }

    fn with_column(&mut self, name: &str, change: impl Fn(&mut CatalogColumn)) {
        self.columns.iter_mut().filter(|column| column.name == name).for_each(change);
    }

    fn change(&mut self, change: &ChangeKind, site: &Site<'_>, used: Option<CatalogIndex>) {
        match change {
            // A column that is there is an error, or IF NOT EXISTS.
            ChangeKind::AddColumn(column) if self.column(&column.name.text).is_some() => {}
            ChangeKind::AddColumn(column) => self.add_column(column, site),
            ChangeKind::DropColumn { column, .. } => self.drop_column(&column.text),
            ChangeKind::SetType { column, ty } => {
                let ty = ty.as_ref().map(column_type);
                self.with_column(&column.text, |column| column.ty.clone_from(&ty));
            }
            ChangeKind::SetDefault { column, sequence } => {
                let sequence = sequence.as_ref().map(Name::shown);
                self.with_column(&column.text, |column| {
                    column.has_default = true;
                    column.sequence.clone_from(&sequence);
                });
            }
            ChangeKind::DropDefault { column } => self.with_column(&column.text, |column| {
                (column.has_default, column.is_serial) = (false, false);
                column.sequence = None;
            }),
            ChangeKind::SetNotNull { column } => self.with_column(&column.text, |column| column.not_null = true),
            ChangeKind::DropNotNull { column } => self.with_column(&column.text, |column| column.not_null = false),
            ChangeKind::AddIdentity { column } => self.with_column(&column.text, |column| column.is_identity = true),
            ChangeKind::DropIdentity { column } => self.with_column(&column.text, |column| column.is_identity = false),
            ChangeKind::AddConstraint(constraint) => {
                self.add_constraint(constraint, None, site);
                if let (Some(index), Some(key)) = (used, &mut self.primary_key) {
                    key.columns = index.columns.into_iter().flatten().collect();
                    for column in key.columns.clone() {
                        self.with_column(&column, |column| column.not_null = true);
                    }
                }
            }
            ChangeKind::DropConstraint { name, .. } => self.drop_constraint(&name.text),
            ChangeKind::RenameColumn { from, to } => self.rename_column(&from.text, &to.text),
            _ => {}
        }
    }

    fn drop_column(&mut self, name: &str) {
        self.columns.retain(|column| column.name != name);
        let of = |columns: &[String]| columns.iter().any(|column| column == name);
        self.uniques.retain(|key| !of(&key.columns));
        self.foreign_keys.retain(|key| !of(&key.columns));
        self.primary_key = self.primary_key.take().filter(|key| !of(&key.columns));
    }

    fn rename_column(&mut self, from: &str, to: &str) {
        self.with_column(from, |column| to.clone_into(&mut column.name));
        let lists = self.uniques.iter_mut().chain(&mut self.primary_key).map(|key| &mut key.columns);
        let lists = lists.chain(self.foreign_keys.iter_mut().map(|key| &mut key.columns));
        for column in lists.flatten().filter(|column| *column == from) {
            to.clone_into(column);
        }
    }

    /// By its name, or by the one that PostgreSQL gives to one without.
    fn drop_constraint(&mut self, name: &str) {
        let is = |given: Option<&str>, usual: &str| given.map_or_else(|| name.ends_with(usual), |given| given == name);
        self.primary_key = self.primary_key.take().filter(|key| !is(key.name.as_deref(), "_pkey"));
        self.uniques.retain(|key| !is(key.name.as_deref(), &format!("_{}_key", key.columns.join("_"))));
        self.foreign_keys.retain(|key| !is(key.name.as_deref(), &format!("_{}_fkey", key.columns.join("_"))));
        self.constraints.retain(|known| known != name);
    }

    /// What a partition or a child has from its parent.
    fn inherit(&mut self, parent: &Self, is_partition: bool) {
        for column in &parent.columns {
            if self.column(&column.name).is_none() {
                self.columns.push(column.clone());
            }
        }
        if is_partition {
            self.primary_key.clone_from(&parent.primary_key);
        }
        self.is_opaque |= parent.is_opaque;
    }

    /// What LIKE copies.
    fn copy(&mut self, from: &Self, defaults: bool, identity: bool, indexes: bool) {
        for column in &from.columns {
            let mut column = column.clone();
            if !defaults {
                column.sequence = None;
                (column.has_default, column.is_serial) = (false, false);
            }
            column.is_identity &= identity;
            self.columns.push(column);
        }
        if indexes {
            self.primary_key.clone_from(&from.primary_key);
            self.uniques.clone_from(&from.uniques);
        }
        self.is_opaque |= from.is_opaque;
    }
}

fn texts(idents: &[Ident]) -> Vec<String> {
    idents.iter().map(|ident| ident.text.clone()).collect()
}

fn foreign_key(
    key: &ForeignKey,
    name: Option<String>,
    columns: Vec<String>,
    origin: Origin,
    site: &Site<'_>,
) -> CatalogForeignKey {
    let action = |action: &Option<(crate::lint::sql::Action, crate::lint::sql::Span)>| {
        action.as_ref().map(|(action, span)| (*action, Place::new(site.file, span.clone())))
    };
    let (on_delete, on_update) = (action(&key.on_delete), action(&key.on_update));
    CatalogForeignKey { name, columns, table: key.table.clone(), on_delete, on_update, origin }
}
