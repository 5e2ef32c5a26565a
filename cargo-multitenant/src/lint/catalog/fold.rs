//! What a statement changes.

use multitenant_runtime::Tier;

use super::{Catalog, Home, Origin, Space};
use crate::finding::{FileId, Place};
use crate::lint::sql::{Class, Concerns, Detail, Name, Role, Statement, Verb};

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
            Verb::Execute | Verb::Control => match &statement.detail {
                Detail::Dynamic(Concerns::Anything) => self.own(tier).is_opaque = true,
                Detail::Dynamic(Concerns::These(objects)) => {
                    objects.iter().for_each(|object| self.blur(&object.name, object.class, tier));
                }
                _ => {}
            },
            Verb::Create => self.create(site, text),
            Verb::Alter => self.alter(site),
            Verb::Drop => self.drop(site),
            Verb::Comment => self.comment(site),
            Verb::Select | Verb::Call => {
                self.set_path_by_call(statement);
                self.called(site, text);
            }
            Verb::Set | Verb::Reset => self.set_path(site),
            _ => {}
        }
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
        if name.schema.is_none() && self.path.is_some() {
            return self.on_path_mut(has);
        }
        let home = self.path(name, tier).into_iter().find(|(_, space)| has(space)).map(|(home, _)| home)?;
        Some(match home {
            Home::Tenant => &mut self.tenant,
            Home::Shared => &mut self.shared,
            Home::Other => self.others.get_mut(name.schema()?)?,
        })
    }

    /// Something has been changed, and nobody knows how.
    fn blur(&mut self, name: &Name, class: Class, tier: Tier) {
        let Some(space) = self.space_of(name, tier, |space| space.has(class, name.name())) else { return };
        match class {
            Class::Type | Class::Domain => space.types.change(name.name(), |entry| entry.is_opaque = true),
            _ => space.change(name.name(), |relation| relation.is_opaque = true),
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
