//! What is found out once, before the workers begin.

use crate::connection::Session;
use crate::migration::RunId;
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
}
