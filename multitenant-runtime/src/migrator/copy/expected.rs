//! What a schema that is loaded must be made of, by what its dump says.

use crate::copy::{Section, Statement, Structure};
use crate::ident::SchemaName;

use super::CopyError;
use super::prove::{difference, is_free_of, stays_within, unequal};

/// What the new schema must be made of.
#[derive(Debug, Default)]
pub(super) struct Expected {
    before: Vec<Statement>,
    after: Vec<Statement>,
    refresh: Vec<Statement>,
    grants: Vec<Statement>,
}

impl Expected {
    /// That nothing of it is about the schema that the tenant had: under another id that is another tenant's.
    pub(super) fn is_free_of(&self, old: &str, found: &Structure) -> Result<(), CopyError> {
        if let Ok(old) = SchemaName::new(old) {
            stays_within(found, &old)?;
        }
        let all = [&self.before, &self.after, &self.refresh, &self.grants];
        is_free_of(all.into_iter().flatten(), old, &found.names)
    }

    pub(super) fn naming_role(&self) -> impl Iterator<Item = &Statement> {
        let sections = [&self.after, &self.before, &self.grants];
        sections.into_iter().flatten().filter(|statement| statement.names_role())
    }

    pub(super) fn of(&mut self, section: Section) -> &mut Vec<Statement> {
        match section {
            Section::Before => &mut self.before,
            Section::After => &mut self.after,
            Section::Refresh => &mut self.refresh,
            Section::Grants => &mut self.grants,
        }
    }

    /// That the new schema is what the file says.
    pub(super) fn is_found(&self, found: &Structure, is_proven: bool) -> Result<(), CopyError> {
        if is_proven {
            let Self { before, after, refresh, grants } = self;
            let written = Structure {
                before: before.clone(),
                after: after.clone(),
                refresh: refresh.clone(),
                grants: grants.clone(),
                ..found.clone()
            };
            return difference(&written, found).map_or(Ok(()), |difference| Err(unequal(&difference)));
        }
        let counts = [
            (self.before.len(), found.before.len()),
            (self.after.len(), found.after.len()),
            (self.refresh.len(), found.refresh.len()),
        ];
        // Who may do what every version writes alike.
        let grants = Structure { grants: self.grants.clone(), ..found.clone() };
        if let Some(difference) = difference(&grants, found) {
            return Err(unequal(&difference));
        }
        match counts.iter().find(|(expected, found)| expected != found) {
            Some((expected, found)) => Err(unequal(&format!("it has {found} parts instead of {expected}"))),
            None => Ok(()),
        }
    }
}
