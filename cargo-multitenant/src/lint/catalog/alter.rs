//! What ALTER changes.

use multitenant_runtime::Tier;

use super::fold::Site;
use super::object::{TypeKind, column_type};
use super::{Catalog, CatalogIndex, Relation, RelationKind, Space};
use crate::lint::sql::{ChangeKind, Class, Constraint, ConstraintKind, Ident, LabelPlace, Name};

impl Catalog {
    pub(super) fn alter(&mut self, site: Site<'_>) {
        let Some(subject) = site.statement.subject().cloned() else { return };
        let crate::lint::sql::Detail::Changes(changes) = &site.statement.detail else { return };
        for change in changes {
            match (&change.kind, subject.class) {
                (ChangeKind::RenameTo(to), class) => {
                    let origin = site.origin(to.span.clone());
                    self.rename(&subject.name, class, &to.text, &origin, site.tier);
                }
                (ChangeKind::SetSchema(schema), class) => self.move_to(&subject.name, class, &schema.text, site.tier),
                (ChangeKind::AddValue { label, place }, Class::Type) => {
                    self.labels(&subject.name, site.tier, |labels| add_label(labels, label, place));
                }
                (ChangeKind::RenameValue { from, to }, Class::Type) => {
                    self.labels(&subject.name, site.tier, |labels| {
                        labels.iter_mut().filter(|label| *label == from).for_each(|label| label.clone_from(to));
                    });
                    self.follow_label(subject.name.name(), from, to);
                }
                (kind, Class::Domain) => self.alter_domain(&subject.name, kind, site.tier),
                (ChangeKind::Other, Class::Type) => self.blur_composite(&subject.name, site.tier),
                (kind, class) if class.is_relation() => self.alter_relation(&subject.name, kind, &site),
                _ => {}
            }
        }
    }

    /// Fields that come and go are not followed.
    fn blur_composite(&mut self, name: &Name, tier: Tier) {
        let Some(space) = self.space_of(name, tier, |space| space.types.contains_key(name.name())) else { return };
        space.types.change(name.name(), |entry| entry.is_opaque |= matches!(entry.kind, TypeKind::Composite(_)));
    }

    fn labels(&mut self, name: &Name, tier: Tier, change: impl Fn(&mut Vec<String>)) {
        let Some(space) = self.space_of(name, tier, |space| space.types.contains_key(name.name())) else { return };
        space.types.change(name.name(), |entry| {
            if let TypeKind::Enum(labels) = &mut entry.kind {
                change(labels);
            }
        });
    }

    /// One action of an ALTER TABLE, or of what else ALTER TABLE works on.
    fn alter_relation(&mut self, name: &Name, change: &ChangeKind, site: &Site<'_>) {
        match change {
            ChangeKind::AttachPartition { name: part, bounds } => {
                return self.attach(name, part, bounds.as_ref(), site);
            }
            ChangeKind::DetachPartition { name: part, .. } => return self.detach(part, site.tier),
            _ => {}
        }
        let cascades = matches!(
            change,
            ChangeKind::DropColumn { cascade: true, .. } | ChangeKind::DropConstraint { cascade: true, .. }
        );
        let change = &self.with_target(change, site.tier);
        let has = |space: &Space| space.relations.contains_key(name.name());
        let Some(space) = self.space_of(name, site.tier, has) else { return };
        let keys = space.relations.get(name.name()).map(|relation| relation.all_keys()).unwrap_or_default();
        space.alter(name.name(), change, site, true);
        match change {
            ChangeKind::DropColumn { column, .. } if cascades => self.cascade(name.name(), &column.text, &keys),
            ChangeKind::DropConstraint { .. } if cascades => self.cascade(name.name(), "", &keys),
            ChangeKind::RenameColumn { from, to } => self.follow_column(name.name(), &from.text, &to.text),
            _ => {}
        }
    }

    /// A foreign key without the other table's columns means those of its primary key.
    fn with_target(&self, change: &ChangeKind, tier: Tier) -> ChangeKind {
        let mut change = change.clone();
        match &mut change {
            ChangeKind::AddConstraint(constraint) => self.settle(constraint, tier, None),
            ChangeKind::AddColumn(column) => {
                column.constraints.iter_mut().for_each(|constraint| self.settle(constraint, tier, None));
            }
            _ => {}
        }
        change
    }

    /// Foreign keys to what is gone, and views of it.
    fn cascade(&mut self, table: &str, column: &str, keys: &[Vec<String>]) {
        let left = |space: &Space| space.relations.get(table).map(|relation| relation.all_keys());
        let left = [&self.tenant, &self.shared].into_iter().find_map(left).unwrap_or_default();
        let gone = |target: &[String]| {
            target.iter().any(|of| of == column) || keys.iter().any(|key| key == target && !left.contains(key))
        };
        for space in self.spaces_mut() {
            let refers = |relation: &Relation| {
                relation.foreign_keys.iter().any(|key| key.table.name() == table && gone(&key.target))
            };
            for other in space.names_of(refers) {
                space.change(&other, |relation| {
                    relation.foreign_keys.retain(|key| key.table.name() != table || !gone(&key.target));
                });
            }
        }
        if !column.is_empty() {
            self.drop_views(|view| view.relations.contains(table) && view.words.contains(column));
        }
    }

    /// The foreign keys and the views of others follow a column's new name.
    fn follow_column(&mut self, table: &str, from: &str, to: &str) {
        for space in self.spaces_mut() {
            let follows = |relation: &Relation| {
                let by_key = relation.foreign_keys.iter();
                by_key.filter(|key| key.table.name() == table).any(|key| key.target.iter().any(|of| of == from))
                    || relation.view.as_ref().is_some_and(|v| v.relations.contains(table) && v.words.contains(from))
            };
            for other in space.names_of(follows) {
                space.change(&other, |relation| {
                    for key in relation.foreign_keys.iter_mut().filter(|key| key.table.name() == table) {
                        key.target.iter_mut().filter(|of| *of == from).for_each(|of| to.clone_into(of));
                    }
                    if let Some(view) = &mut relation.view {
                        std::sync::Arc::make_mut(view).words.insert(to.to_owned());
                    }
                });
            }
        }
    }
}

impl Space {
    /// Changes a relation, and what is part of it.
    fn alter(&mut self, table: &str, change: &ChangeKind, site: &Site<'_>, is_first: bool) {
        let Some(relation) = self.relations.get(table) else { return };
        let (has_children, is_partitioned) = (relation.has_children, relation.is_partitioned);
        match change {
            ChangeKind::DropColumn { column, cascade } => {
                // Columns that are computed from it go too, and nobody knows which those are.
                let is_computed = *cascade && relation.columns.iter().any(|column| column.is_generated);
                let stays = |relation: &Relation| relation.column(&column.text).is_some_and(|c| !c.is_inherited);
                if is_first || !stays(relation) {
                    self.drop_column(table, &column.text);
                    self.change(table, |relation| relation.is_opaque |= is_computed);
                }
            }
            ChangeKind::RenameColumn { from, to } => {
                self.change(table, |relation| relation.rename_column(&from.text, &to.text));
                self.rename_in_indexes(table, from, to);
            }
            ChangeKind::AddConstraint(constraint) => {
                let used = constraint.using_index().and_then(|index| self.take_index(index.name()));
                let constraint = match (&used, &constraint.name) {
                    (Some((name, _)), None) => {
                        let ident = Ident { text: name.clone(), span: constraint.span.clone() };
                        &Constraint { name: Some(ident), ..constraint.clone() }
                    }
                    _ => constraint,
                };
                self.change(table, |relation| relation.add_used(constraint, used.map(|(_, index)| index), site));
            }
            _ => self.change(table, |relation| relation.alter(change, site, is_first)),
        }
        if !has_children || site.statement.flags.only {
            return;
        }
        for part in self.parts_of(table) {
            match change {
                ChangeKind::AddConstraint(constraint) if is_partitioned => {
                    let name = constraint.name.clone().filter(|_| !constraint.is_key());
                    let of_part = ChangeKind::AddConstraint(Constraint { name, ..constraint.clone() });
                    self.alter(&part, &of_part, site, false);
                }
                ChangeKind::AddConstraint(constraint) if !is_partitioned && !constraint.is_inherited() => {}
                ChangeKind::DropConstraint { .. } if !is_partitioned => {}
                _ => self.alter(&part, change, site, false),
            }
        }
    }

    /// Takes an index that becomes a key.
    fn take_index(&mut self, name: &str) -> Option<(String, CatalogIndex)> {
        match &self.take(name)?.kind {
            RelationKind::Index(index) => Some((name.to_owned(), index.clone())),
            _ => None,
        }
    }

    fn rename_in_indexes(&mut self, table: &str, from: &Ident, to: &Ident) {
        for name in self.index_names(table) {
            self.change(&name, |relation| {
                if let RelationKind::Index(index) = &mut relation.kind {
                    for column in index.columns.iter_mut().flatten() {
                        if *column == from.text {
                            column.clone_from(&to.text);
                        }
                    }
                    if index.words.remove(&from.text) {
                        index.words.insert(to.text.clone());
                    }
                    index.rename_in_texts(&from.text, &to.text);
                }
            });
        }
    }
}

impl Relation {
    /// A key or another constraint; `used` is the index that becomes it.
    fn add_used(&mut self, constraint: &Constraint, used: Option<CatalogIndex>, site: &Site<'_>) {
        self.add_constraint(constraint, None, site);
        let Some(index) = used else { return };
        let columns: Vec<String> = index.columns.into_iter().flatten().collect();
        match &constraint.kind {
            ConstraintKind::PrimaryKey { .. } => {
                columns.iter().for_each(|column| self.with_column(column, |column| column.not_null = true));
                self.primary_key.iter_mut().for_each(|key| key.columns.clone_from(&columns));
            }
            _ => self.uniques.iter_mut().rev().take(1).for_each(|key| key.columns.clone_from(&columns)),
        }
    }

    fn alter(&mut self, change: &ChangeKind, site: &Site<'_>, is_first: bool) {
        match change {
            // A column that is there is an error, or IF NOT EXISTS.
            ChangeKind::AddColumn(column) if self.column(&column.name.text).is_some() => {}
            ChangeKind::AddColumn(column) => {
                self.add_column(column, site);
                self.with_column(&column.name.text, |column| column.is_inherited = !is_first);
            }
            ChangeKind::SetType { column, ty } => {
                let ty = ty.as_ref().map(column_type);
                self.with_column(&column.text, |column| {
                    column.ty.clone_from(&ty);
                    column.collation = None;
                });
            }
            ChangeKind::SetDefault { column, sequence, is_null, expression } => {
                let expression = Some(expression);
                self.with_column(&column.text, |column| column.set_default(sequence.as_ref(), *is_null, expression));
            }
            ChangeKind::DropDefault { column } => self.with_column(&column.text, |column| {
                (column.has_default, column.is_serial) = (false, false);
                (column.sequence, column.default) = (None, None);
            }),
            ChangeKind::SetNotNull { column } => self.with_column(&column.text, |column| column.not_null = true),
            ChangeKind::DropNotNull { column } => self.with_column(&column.text, |column| column.not_null = false),
            ChangeKind::AddIdentity { column, identity } => self.with_column(&column.text, |column| {
                (column.is_identity, column.own_sequence) = (true, None);
                column.identity = Some(identity.clone());
            }),
            ChangeKind::SetIdentity { column, is_always } => self.with_column(&column.text, |column| {
                column.identity.iter_mut().for_each(|identity| identity.is_always = *is_always);
            }),
            ChangeKind::ValidateConstraint { name } => self.validate(&name.text),
            ChangeKind::DropIdentity { column } => self.with_column(&column.text, |column| {
                (column.is_identity, column.has_default) = (false, false);
                (column.identity, column.own_sequence) = (None, None);
            }),
            ChangeKind::DropExpression { column } => {
                self.with_column(&column.text, |column| (column.is_generated, column.generated) = (false, None));
            }
            ChangeKind::DropConstraint { name, .. } => self.drop_constraint(&name.text),
            ChangeKind::RenameConstraint { from, to } => self.rename_constraint(&from.text, &to.text),
            _ => {}
        }
    }
}

fn add_label(labels: &mut Vec<String>, label: &str, place: &LabelPlace) {
    if labels.iter().any(|known| known == label) {
        return;
    }
    let at = |beside: &str| labels.iter().position(|known| known == beside);
    let at = match place {
        LabelPlace::Last => None,
        LabelPlace::Before(beside) => at(beside),
        LabelPlace::After(beside) => at(beside).map(|at| at + 1),
    };
    labels.insert(at.unwrap_or(labels.len()), label.to_owned());
}
