//! Calling a tenant, or its schema, by another name: renaming, archiving, restoring. Each is one transaction.

mod archive;
mod column;
mod mentions;
mod rename;

pub use archive::{ArchivedTenant, RestoredTenant};
pub(super) use column::archived_tenants;
pub use rename::RenamedTenant;

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{RoleName, SchemaName, TenantId};
use crate::isolation::{look, renamed};
use crate::run::{Failure, Frame, Known, Preparation, Relocation, Role, StepError, Transaction, delays, send_known};
use crate::sqlstate::FailureClass;
use crate::state::StateTable;
use crate::target::Target;

use super::Migrator;
use super::create::is_lost;
use super::locate::{Located, unknown};

/// What is done to a tenant.
#[derive(Debug, Clone, Copy)]
enum Change<'a> {
    /// It gets this id.
    Rename(&'a TenantId),
    Archive,
    Restore,
}

/// What a change comes to for one tenant, by what the registry and the catalogue have of it.
struct Intended {
    /// The tenant with the schema that has its data, afterwards.
    place: Target,
    /// The tenant with the schema that the registry gives it, afterwards.
    registered: Target,
    before: Option<String>,
    update: Option<String>,
    after: Vec<(Role, String)>,
    /// Whether the state table is to know of it no more: nobody migrates it.
    forget: bool,
}

/// What was done.
#[derive(Debug, Clone)]
struct Relocated {
    from: Located,
    place: Target,
    registered: Target,
    /// The role's name by now, where there is one and it was renamed.
    role: Option<RoleName>,
}

impl Migrator {
    /// Does it, however often it has to be tried, and learns what became of it where the answer is lost.
    async fn relocate(&self, id: &TenantId, change: Change<'_>) -> Result<Relocated, Error> {
        let mut delays = delays();
        let mut known: Option<(Known, Relocated)> = None;
        loop {
            let failure = match self.learn(known.as_ref().map(|(known, _)| known)).await {
                Ok(true) => return known.map(|(_, relocated)| relocated).ok_or_else(|| unknown(id)),
                Ok(false) => {
                    known = None;
                    match self.try_relocate(id, change, &mut known).await? {
                        Ok(relocated) => return Ok(relocated),
                        Err(failure) => {
                            known = known.filter(|_| is_lost(&failure));
                            failure
                        }
                    }
                }
                Err(error) => failure_of(error),
            };
            let again = failure.class.is_retryable() || failure.class == FailureClass::Held;
            match delays.next() {
                Some(delay) if again && !self.context.cancellation.is_cancelled() => tokio::time::sleep(delay).await,
                _ => return Err(Error::Database(Box::new(failure))),
            }
        }
    }

    async fn try_relocate(
        &self,
        id: &TenantId,
        change: Change<'_>,
        known: &mut Option<(Known, Relocated)>,
    ) -> Result<Result<Relocated, Failure>, Error> {
        let session = self.connect().await?;
        let result = Box::pin(self.relocate_on(&session, id, change, known)).await;
        session.close().await;
        match result {
            // What is not so by now may be so at the next try.
            Err(Error::Database(failure)) if failure.class != FailureClass::Refused => Ok(Err(*failure)),
            Err(error) => Err(error),
            Ok(result) => Ok(result),
        }
    }

    async fn relocate_on(
        &self,
        session: &Session,
        id: &TenantId,
        change: Change<'_>,
        known: &mut Option<(Known, Relocated)>,
    ) -> Result<Result<Relocated, Failure>, Error> {
        if session.is_standby() {
            return Err(Error::Database(Box::new(Failure::standby())));
        }
        let settings = &self.context.settings;
        let located = self.locate(session, id).await?;
        let intended = match change {
            Change::Rename(new) => Box::pin(self.renaming(session, &located, new)).await?,
            Change::Archive => Box::pin(self.archiving(session, &located)).await?,
            Change::Restore => Box::pin(self.restoring(session, &located)).await?,
        };
        let (from, to) = (located.place.schema(), intended.place.schema());
        let renamed = self.role_renamed(session, from, to).await?;
        let (role, statements) = renamed.map_or((None, Vec::new()), |(role, sql)| (Some(role), sql));
        let state = StateTable::ready(session, settings).await.map_err(|error| Error::from(&error))?;
        let state = state.map_or_else(Vec::new, |state| match intended.forget {
            true => vec![state.forget(&located.place), state.forget(&intended.place)],
            false => state.rename(&located.place, &intended.place),
        });
        let relocation = Relocation {
            oid: located.oid.as_deref(),
            to,
            locked: vec![located.registered.schema(), intended.registered.schema()],
            mark: None,
            alone: false,
            before: intended.before,
            update: intended.update,
            after: intended.after,
            state,
            role: statements,
        };
        let transaction = Transaction::relocate(Frame::new(settings, &located.place), &relocation);
        let mut number = None;
        let prepared = Preparation::default();
        let sent = send_known(session, &transaction, &[], &prepared, &self.context.cancellation, &mut number).await;
        let Intended { place, registered, .. } = intended;
        let relocated = Relocated { from: located.clone(), place, registered, role };
        *known = number.map(|number| (number, relocated.clone()));
        Ok(sent.map(|()| relocated).map_err(failure_of))
    }

    /// What gives the role of the tenant with the one schema the name that goes with the other.
    pub(super) async fn role_renamed(
        &self,
        session: &Session,
        from: &SchemaName,
        to: &SchemaName,
    ) -> Result<Option<(RoleName, Vec<String>)>, Error> {
        let settings = &self.context.settings;
        let Some(roles) = settings.roles.as_ref().filter(|_| from != to) else { return Ok(None) };
        let look = look(session, settings, [from, to]).await.map_err(|error| Error::from(&error))?;
        let Some(look) = look else { return Ok(None) };
        renamed(&look, settings, roles, [from, to]).map_err(Error::Database)
    }
}

fn failure_of(error: StepError) -> Failure {
    match error {
        StepError::Failed { failure, .. } => *failure,
        StepError::Stale => Failure::new(FailureClass::Held, "the registry or a schema has changed meanwhile")
            .with_hint("look how the tenant stands by now, then do it again"),
        StepError::Held | StepError::Suspicious => {
            Failure::new(FailureClass::Held, "another run holds this tenant, or the name that it is to get")
                .with_hint("wait for it, then do it again")
        }
    }
}
