//! What is found out once, before the workers begin.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::connection::Session;
use crate::migration::{Migration, RunId, Version};
use crate::settings::Settings;
use crate::state::StateTable;

use super::wall::Wall;

/// What is found out once, before the workers begin.
#[derive(Debug, Default, Clone)]
pub(crate) struct Preparation {
    /// What the tenants share, as it is before the tenants' migrations.
    pub(crate) wall: Wall,
    /// The state table, where there is one that may be written to.
    pub(crate) state: Option<StateTable>,
    /// Which migrations are done under the wall's own judgement, as far as that is known.
    pub(crate) careful: Arc<Mutex<HashMap<Version, bool>>>,
    /// Whether nothing may be done outside of the target's own schema: then it can be copied.
    pub(crate) confined: bool,
    /// What this run writes into the histories.
    pub(crate) run: RunId,
}

impl Preparation {
    /// For a run that writes: the state table is made where it is missing.
    pub(crate) async fn for_run(session: &Session, settings: &Settings) -> Result<Self, tokio_postgres::Error> {
        let mut prepared = Self { wall: Wall::around(session, settings).await?, ..Self::default() };
        if let Some(schema) = &settings.state_schema {
            let table = StateTable::in_schema(schema);
            if table.prepare(session).await? {
                prepared.state = Some(table);
            }
        }
        Ok(prepared)
    }

    /// Whether a migration is done under the wall's own judgement, and not only under a quick look.
    pub(crate) fn is_careful(&self, migration: &Migration) -> bool {
        let wants = || migration.up().statements().any(|(sql, _)| self.wall.wants_care(sql));
        let mut careful = self.careful.lock().unwrap_or_else(PoisonError::into_inner);
        *careful.entry(migration.version().clone()).or_insert_with(wants)
    }

    /// From now on these migrations are.
    pub(crate) fn be_careful<'m>(&self, migrations: impl IntoIterator<Item = &'m Migration>) {
        let mut careful = self.careful.lock().unwrap_or_else(PoisonError::into_inner);
        careful.extend(migrations.into_iter().map(|migration| (migration.version().clone(), true)));
    }
}
