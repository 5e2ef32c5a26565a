//! What is found out once, before the workers begin.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::connection::Session;
use crate::migration::{Effects, Migration, RunId, Version};
use crate::plan::Goal;
use crate::settings::Settings;
use crate::state::StateTable;
use crate::target::Tier;

use super::frame::Frame;
use super::seats::Seats;
use super::waits::Waits;
use super::wall::{Wall, is_quiet};

/// What is found out once, before the workers begin.
#[derive(Debug, Default, Clone)]
pub(crate) struct Preparation {
    /// What the run is to bring about.
    pub(crate) goal: Goal,
    /// What the tenants share, as it is before the first tenant's migration that is not plain; empty until it is read.
    wall: Arc<OnceLock<Wall>>,
    /// The state table, where there is one that may be written to.
    pub(crate) state: Option<StateTable>,
    /// How the migrations, and their reversals, are done, as far as that is known.
    ways: Arc<Mutex<HashMap<(Version, bool), Way>>>,
    /// Whether a plain statement changes nothing but what it names.
    quiet: bool,
    /// Whether nothing may be done outside of the target's own schema: then it can be copied.
    confined: bool,
    /// Which workers have a connection.
    pub(crate) seats: Arc<Seats>,
    /// Which targets have waited in vain for a lock.
    pub(crate) waits: Waits,
    /// What this run writes into the histories.
    pub(crate) run: RunId,
}

/// How a tenant's migration is kept from changing the shared schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// Its text tells what it changes: before it, the names are asked for what they mean.
    Plain(Arc<Effects>),
    /// A quick look at what it has locked.
    Looked,
    /// The wall's own judgement.
    Judged,
}

impl Preparation {
    /// For a run to this end that writes to this state table, if to any.
    pub(crate) fn of(goal: &Goal, state: Option<StateTable>) -> Self {
        Self { goal: goal.clone(), state, ..Self::default() }
    }

    /// For a run that creates, of which more is to be looked at than of others: the wall is read.
    pub(crate) async fn walled(
        settings: &Settings,
        session: &Session,
        state: Option<StateTable>,
    ) -> Result<Self, tokio_postgres::Error> {
        let prepared = Self::of(&Goal::default(), state);
        prepared.read_wall(session, settings).await?;
        Ok(prepared)
    }

    /// The same, for a copy that is to be copied: nothing may be done outside of the schema, and the state table is not
    /// to know.
    pub(crate) fn confined(&self) -> Self {
        Self { confined: true, ..self.silent() }
    }

    /// Whether nothing may be done outside of the target's own schema.
    pub(crate) fn is_confined(&self) -> bool {
        self.confined
    }

    /// The same, for what the state table is not to know.
    pub(crate) fn silent(&self) -> Self {
        Self { state: None, ..self.clone() }
    }

    /// Finds out what these migrations of tenants need: where all are plain, and nothing speaks against it, the wall
    /// is not even read.
    pub(crate) async fn survey<'m>(
        &mut self,
        session: &Session,
        settings: &Settings,
        pending: impl IntoIterator<Item = Cow<'m, Migration>>,
    ) -> Result<(), tokio_postgres::Error> {
        let (mut all_plain, mut opened) = (true, false);
        for migration in pending {
            opened |= migration.allow_shared_locks();
            all_plain &= migration.run_in_transaction() && effects(&migration).is_some();
        }
        // What opens the wall may tie something shared to a tenant's table, which then is changed along with it.
        self.quiet = !opened && is_quiet(session, settings).await?;
        if !(all_plain && self.quiet) {
            self.read_wall(session, settings).await?;
        }
        Ok(())
    }

    /// Reads the wall, if that is not done.
    pub(crate) async fn read_wall(&self, session: &Session, settings: &Settings) -> Result<(), tokio_postgres::Error> {
        if self.wall.get().is_none() {
            let wall = Wall::around(session, settings).await?;
            // Another worker may have been faster.
            let _ = self.wall.set(wall);
        }
        Ok(())
    }

    /// Reads the wall where this migration cannot do without.
    pub(crate) async fn ready_for(
        &self,
        session: &Session,
        frame: Frame<'_>,
        migration: &Migration,
    ) -> Result<(), tokio_postgres::Error> {
        if frame.target.tier() == Tier::Tenant
            && self.wall.get().is_none()
            && !matches!(self.way(migration), Way::Plain(_))
        {
            self.read_wall(session, frame.settings).await?;
        }
        Ok(())
    }

    /// Whether these migrations together, with which a tenant begins, change nothing but what they make.
    pub(crate) fn is_plain_creation(&self, migrations: &[Migration]) -> bool {
        let ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        !self.confined
            && !migrations.iter().any(|migration| ways.get(&key(migration)) == Some(&Way::Judged))
            && is_plain_creation(migrations)
    }

    /// What is behind the wall; `None` where nobody has read it yet, and so nobody may rely on it.
    pub(crate) fn wall(&self) -> Option<&Wall> {
        self.wall.get()
    }

    /// How a tenant's migration is kept from changing the shared schema.
    pub(crate) fn way(&self, migration: &Migration) -> Way {
        let find_out = || match effects(migration).filter(|_| self.quiet && !self.confined) {
            Some(effects) => Way::Plain(Arc::new(effects)),
            None if self.wants_care(migration) => Way::Judged,
            None => Way::Looked,
        };
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        ways.entry(key(migration)).or_insert_with(find_out).clone()
    }

    /// Whether a migration is done under the wall's own judgement, and not only under a quick look.
    pub(crate) fn is_careful(&self, migration: &Migration) -> bool {
        self.way(migration) == Way::Judged
    }

    /// From now on these migrations are.
    pub(crate) fn be_careful<'m>(&self, migrations: impl IntoIterator<Item = &'m Migration>) {
        let mut ways = self.ways.lock().unwrap_or_else(PoisonError::into_inner);
        ways.extend(migrations.into_iter().map(|migration| (key(migration), Way::Judged)));
    }

    fn wants_care(&self, migration: &Migration) -> bool {
        let wants = |wall: &Wall| migration.script().statements().any(|(sql, _)| wall.wants_care(sql));
        self.wall.get().is_none_or(wants)
    }
}

fn key(migration: &Migration) -> (Version, bool) {
    (migration.version().clone(), migration.is_reversal())
}

/// Whether all of these in one transaction are plain, and change nothing that they have not made themselves.
fn is_plain_creation(migrations: &[Migration]) -> bool {
    let plain = |m: &Migration| m.run_in_transaction() && !m.allow_shared_locks() && !m.is_function();
    let statements = || migrations.iter().flat_map(|migration| migration.script().statements().map(|(sql, _)| sql));
    migrations.iter().all(plain) && Effects::of(statements()).is_some_and(|effects| effects.names.is_empty())
}

/// What a migration does, where it is plain.
fn effects(migration: &Migration) -> Option<Effects> {
    if migration.is_function() || !migration.run_in_transaction() {
        return None;
    }
    Effects::of(migration.script().statements().map(|(sql, _)| sql))
}
