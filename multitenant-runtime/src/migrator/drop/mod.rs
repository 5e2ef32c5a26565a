//! Dropping a tenant: schema, registry row, state and role, all or nothing.

mod extent;
mod pieces;
mod referring;
mod registration;

pub use referring::{OnDelete, ReferringRows};

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{RoleName, TenantId};
use crate::isolation::{dropped, look};
use crate::run::{Failure, Frame, Known, Preparation, StepError, Transaction, Unregistering, delays, send_known};
use crate::sqlstate::{FailureClass, is_out_of_memory};
use crate::state::StateTable;
use crate::target::Target;

use super::create::is_lost;
use super::locate::{Located, unknown};
use super::{Migrator, OldTenant};

/// What a tenant was that is dropped.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DroppedTenant {
    /// The tenant, and the schema that it had; of one that was set aside by a dropping that did not come to its end, the
    /// name that it had then.
    pub target: Target,
    /// The role that was dropped with it.
    pub role: Option<RoleName>,
    /// Why its role was left, where there is one that belongs to something else as well.
    pub role_left: Option<Failure>,
}

impl Migrator {
    /// Drops a tenant: its schema with everything in it, its row in the registry, what the state table knows, and its
    /// role. All of it, or nothing: it is one transaction, under the tenant's lock.
    ///
    /// That the registry gives the schema to this tenant, and to no other, is asserted in the transaction; and that its row
    /// has gone. What others make of the tenant's things while it is dropped may still go with them: a view in another
    /// schema that is committed between the look for such things and the `DROP SCHEMA`. Its role is the one that was
    /// there before the lock was taken.
    ///
    /// A tenant that the registry's filter leaves out can be dropped as well, and so can one whose schema is gone already.
    /// Connections that pools have for it are not told: fence the tenant before
    /// ([`TenantPool::fence`](crate::TenantPool::fence)), so that nobody waits for it or is waited for. A role that has
    /// something in another database, or could do more than a tenant's may, is left, and the report says so.
    ///
    /// A schema that needs more locks than the server has room for (`max_locks_per_transaction`) is set aside first: in one
    /// transaction the tenant goes from the registry, and its schema gets another name and a mark, so that nobody finds it
    /// any more. Then its tables are dropped in pieces. Where that is killed, dropping the same tenant once more goes on with
    /// it.
    ///
    /// A tenant that is archived can be dropped as well.
    ///
    /// ```no_run
    /// # async fn drop(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
    /// use multitenant_runtime::TenantId;
    ///
    /// let dropped = migrator.drop_tenant(&TenantId::new("acme")?).await?;
    /// println!("the schema {} is gone", dropped.target.schema());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::UnknownTenants`] where the registry does not have it; [`Error::Registry`] where the registry is none that
    /// a row can be deleted from; [`Error::Database`] where the registry has the tenant still when its row was to go,
    /// something of another schema's would be dropped with it (a foreign key, a view), an extension is in its schema, or
    /// somebody holds it for too long.
    ///
    /// # Cancel safety
    ///
    /// A dropped future leaves the whole tenant, or nothing; of one that goes in pieces perhaps its schema under another
    /// name, which nobody serves, and which the next dropping of the same tenant removes.
    pub async fn drop_tenant(&self, tenant: impl Into<OldTenant>) -> Result<DroppedTenant, Error> {
        let tenant = tenant.into();
        let unregistering = self.unregistering(&tenant)?;
        let mut delays = delays();
        let mut dropping = Dropping::default();
        loop {
            let failure = match self.learn(dropping.known.as_ref().map(|(known, _)| known)).await {
                Ok(learnt) => {
                    if let Some((_, Some(dropped))) = dropping.known.take().filter(|_| learnt) {
                        return Ok(dropped);
                    }
                    match self.try_drop(&tenant.id, &unregistering, &mut dropping).await? {
                        Ok(dropped) => return Ok(dropped),
                        Err(failure) => {
                            dropping.known = dropping.known.filter(|_| is_lost(&failure));
                            failure
                        }
                    }
                }
                Err(error) => failure_of(error),
            };
            if !dropping.in_pieces && failure.sqlstate.as_deref().is_some_and(is_out_of_memory) {
                dropping.in_pieces = true;
                continue;
            }
            let again = failure.class.is_retryable() || failure.class == FailureClass::Held;
            match delays.next() {
                Some(delay) if again && !self.context.cancellation.is_cancelled() => tokio::time::sleep(delay).await,
                _ => return Err(Error::Database(Box::new(failure))),
            }
        }
    }

    async fn try_drop(
        &self,
        id: &TenantId,
        unregistering: &Unregistering,
        dropping: &mut Dropping,
    ) -> Result<Result<DroppedTenant, Failure>, Error> {
        let session = self.connect().await?;
        let result = Box::pin(self.drop_over(&session, id, unregistering, dropping)).await;
        session.close().await;
        result
    }

    /// Drops the tenant, and what an earlier dropping of it has left.
    async fn drop_over(
        &self,
        session: &Session,
        id: &TenantId,
        unregistering: &Unregistering,
        dropping: &mut Dropping,
    ) -> Result<Result<DroppedTenant, Failure>, Error> {
        if session.is_standby() {
            return Ok(Err(Failure::standby()));
        }
        let located = match self.locate(session, id).await {
            Err(Error::UnknownTenants(_)) => None,
            located => Some(located?),
        };
        if let Some(located) = located {
            let result = match self.too_large(session, &located, dropping).await? {
                Some(oid) => self.set_aside(session, &located, oid, unregistering, dropping).await?,
                None => self.drop_on(session, &located, unregistering, dropping).await,
            };
            match result {
                Ok(done) => dropping.dropped = Some(done),
                Err(error) => return Ok(Err(failure_of(error))),
            }
        }
        for left in self.set_aside_before(session, id).await? {
            match self.drop_what_was_set_aside(session, &left).await {
                Ok(rest) => {
                    dropping.dropped = Some(match dropping.dropped.take() {
                        Some(done) => DroppedTenant { role: done.role.or(rest.role), ..done },
                        None => rest,
                    });
                }
                Err(error) => return Ok(Err(pieces::is_left(failure_of(error), &left.place))),
            }
        }
        dropping.dropped.take().map(Ok).ok_or_else(|| unknown(id))
    }

    async fn drop_on(
        &self,
        session: &Session,
        located: &Located,
        unregistering: &Unregistering,
        dropping: &mut Dropping,
    ) -> Result<DroppedTenant, StepError> {
        let settings = &self.context.settings;
        let target = located.place.clone();
        let (role, role_left, statements) = self.role_dropped(session, &target).await?;
        let state = StateTable::ready(session, settings).await?;
        let frame = Frame::new(settings, &target);
        let unregistering =
            &Unregistering { schema: Some(located.registered.schema().clone()), ..unregistering.clone() };
        let transaction =
            Transaction::drop_tenant(frame, located.oid.as_deref(), unregistering, state.as_ref(), &statements);
        let mut number = None;
        let prepared = Preparation::default();
        let sent = send_known(session, &transaction, &[], &prepared, &self.context.cancellation, &mut number).await;
        let dropped = DroppedTenant { target, role, role_left };
        dropping.known = number.map(|number| (number, Some(dropped.clone())));
        sent.map(|()| dropped)
    }

    /// The role that would go with the tenant, or why it would be left.
    pub(super) async fn role_that_would_go(
        &self,
        session: &Session,
        target: &Target,
    ) -> Result<(Option<RoleName>, Option<Failure>), Error> {
        let found = self.role_dropped(session, target).await;
        found.map(|(role, left, _)| (role, left)).map_err(|error| Error::Database(Box::new(failure_of(error))))
    }

    /// The role that goes with the tenant, or why it is left, and the statements that take it away.
    async fn role_dropped(
        &self,
        session: &Session,
        target: &Target,
    ) -> Result<(Option<RoleName>, Option<Failure>, Vec<String>), StepError> {
        let settings = &self.context.settings;
        let Some(roles) = &settings.roles else { return Ok((None, None, Vec::new())) };
        let Some(look) = look(session, settings, [target.schema()]).await? else { return Ok((None, None, Vec::new())) };
        Ok(match dropped(&look, settings, roles, target.schema()) {
            Ok(Some((name, sql))) => (Some(name), None, sql),
            Ok(None) => (None, None, Vec::new()),
            Err(failure) => (None, Some(*failure), Vec::new()),
        })
    }
}

/// How far a dropping has come.
#[derive(Debug, Default)]
struct Dropping {
    /// The last transaction, where its end is to be learnt, and what is dropped when it has committed; nothing, where
    /// that only sets the tenant aside.
    known: Option<(Known, Option<DroppedTenant>)>,
    /// The tenant, where it is gone for everybody, and something of it is left to drop.
    dropped: Option<DroppedTenant>,
    /// Whether one transaction was too much already.
    in_pieces: bool,
}

fn failure_of(error: StepError) -> Failure {
    match error {
        StepError::Failed { failure, .. } => *failure,
        StepError::Stale => Failure::new(FailureClass::Held, "the registry or the schema has changed meanwhile")
            .with_hint("look what the registry has for this tenant, then drop it again"),
        StepError::Held | StepError::Suspicious => {
            Failure::new(FailureClass::Held, "another run is creating or migrating this tenant")
                .with_hint("wait for it, then drop the tenant again")
        }
    }
}
