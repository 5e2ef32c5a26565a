//! What a statement changes.

use std::sync::Arc;

use multitenant_runtime::Tier;

use super::object::TypeKind;
use super::{Catalog, Home, Origin, Relation, Space};
use crate::finding::{FileId, Place};
use crate::lint::sql::{ChangeKind, Class, Detail, Name, Role, Statement, Verb};

/// Where a statement stands, and whose it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) file: FileId,
    pub(super) tier: Tier,
    pub(super) statement: &'a Statement,
}

impl Site<'_> {
    pub(super) fn origin(&self, span: std::ops::Range<usize>) -> Origin {
        Origin { place: Place::new(self.file, span), around: Place::new(self.file, self.statement.span.clone()) }
    }
}

impl Catalog {
    /// Folds a statement of a migration of this tier.
    ///
    /// A `DO` block folds as if all of it ran; the body of a function does not, since it runs later.
    pub(crate) fn fold(&mut self, statement: &Statement, file: FileId, tier: Tier, text: &str) {
        if statement.runs_its_body() {
            statement.nested.iter().for_each(|inner| self.fold(inner, file, tier, text));
        }
        self.fold_itself(statement, file, tier, text);
    }

    /// Folds a statement without what is nested in it.
    pub(crate) fn fold_itself(&mut self, statement: &Statement, file: FileId, tier: Tier, text: &str) {
        let site = Site { file, tier, statement };
        match statement.verb {
            Verb::Execute | Verb::Control => {
                if matches!(statement.detail, Detail::Dynamic { is_constant: false }) {
                    self.own(tier).is_opaque = true;
                }
            }
            Verb::Create => self.create(site, text),
            Verb::Alter => self.alter(site),
            Verb::Drop => self.drop(site),
            Verb::Select | Verb::Call => self.called(site, text),
            _ => {}
        }
    }

    /// The schema that unqualified names are made in.
    pub(super) fn own(&mut self, tier: Tier) -> &mut Space {
        if tier == Tier::Tenant { &mut self.tenant } else { &mut self.shared }
    }

    /// The schema in which a name is made.
    pub(super) fn target(&mut self, name: &Name, tier: Tier) -> &mut Space {
        match name.schema() {
            None => self.own(tier),
            Some(schema) if self.home_of(schema) == Home::Shared => &mut self.shared,
            Some(schema) => self.others.entry(schema.to_owned()).or_default(),
        }
    }

    /// The schema in which an existing relation of this name is, to change it there.
    pub(super) fn space_of(&mut self, name: &Name, tier: Tier, has: impl Fn(&Space) -> bool) -> Option<&mut Space> {
        let home = self.path(name, tier).into_iter().find(|(_, space)| has(space)).map(|(home, _)| home)?;
        Some(match home {
            Home::Tenant => &mut self.tenant,
            Home::Shared => &mut self.shared,
            Home::Other => self.others.get_mut(name.schema()?)?,
        })
    }

    pub(super) fn relation_mut(&mut self, name: &Name, tier: Tier) -> Option<&mut Relation> {
        let space = self.space_of(name, tier, |space| space.relations.contains_key(name.name()))?;
        space.relations.get_mut(name.name()).map(Arc::make_mut)
    }

    fn alter(&mut self, site: Site<'_>) {
        let Some(subject) = site.statement.subject().cloned() else { return };
        let Detail::Changes(changes) = &site.statement.detail else { return };
        for change in changes {
            match (&change.kind, subject.class) {
                (ChangeKind::RenameTo(to), class) => self.rename(&subject.name, class, &to.text, site.tier),
                (ChangeKind::SetSchema(schema), class) => self.move_to(&subject.name, class, &schema.text, site.tier),
                (ChangeKind::AddValue(label), Class::Type) => self.labels(&subject.name, site.tier, |labels| {
                    labels.push(label.clone());
                }),
                (ChangeKind::RenameValue { from, to }, Class::Type) => {
                    self.labels(&subject.name, site.tier, |labels| {
                        labels.iter_mut().filter(|label| *label == from).for_each(|label| label.clone_from(to));
                    });
                }
                (kind, class) if class.is_relation() => self.alter_table(&subject.name, kind, &site),
                _ => {}
            }
        }
    }

    fn labels(&mut self, name: &Name, tier: Tier, change: impl Fn(&mut Vec<String>)) {
        let has = |space: &Space| space.types.contains_key(name.name());
        let Some(space) = self.space_of(name, tier, has) else { return };
        if let Some(entry) = space.types.get_mut(name.name())
            && let TypeKind::Enum(labels) = &mut Arc::make_mut(entry).kind
        {
            change(labels);
        }
    }

    /// What the functions of ours do that a statement calls.
    fn called(&mut self, site: Site<'_>, text: &str) {
        let names = site.statement.objects.iter().filter(|object| object.role == Role::Call);
        let found = names.filter_map(|object| self.routine(&object.name, site.tier));
        let bodies: Vec<_> = found.map(|found| (found.entry.body.clone(), found.entry.origin.place.file)).collect();
        if self.depth >= MAX_DEPTH {
            return;
        }
        self.depth += 1;
        for (body, file) in &bodies {
            body.iter().for_each(|statement| self.fold(statement, *file, site.tier, text));
        }
        self.depth -= 1;
    }
}

/// How deep functions that call functions are followed; some call themselves.
const MAX_DEPTH: u8 = 4;

impl Space {
    pub(super) fn has(&self, class: Class, name: &str) -> bool {
        match class {
            Class::Type | Class::Domain => self.types.contains_key(name),
            Class::Routine => self.routines.contains_key(name),
            _ => self.relations.contains_key(name),
        }
    }
}
