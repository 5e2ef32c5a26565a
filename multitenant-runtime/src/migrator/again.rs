//! What comes before the workers is done again where its connection is lost: it has written nothing that counts.

use std::collections::HashSet;

use backon::ExponentialBackoff;

use crate::connection::Session;
use crate::error::Error;
use crate::inventory::Reading;
use crate::plan::{Goal, Step, TargetPlan};
use crate::registry::RegistryError;
use crate::run::{Failure, Preparation, delays};
use crate::sqlstate::FailureClass;

use super::look::View;
use super::{Migrator, Operation};

impl Migrator {
    /// Looks at the operation's scope over a new connection, and again over another one where that is lost meanwhile.
    pub(super) async fn look_anew(&self, operation: &Operation, reading: Reading) -> Result<(Session, View), Error> {
        let mut delays = delays();
        // A server that was there comes back; one that never was is not waited for.
        let mut was_there = false;
        loop {
            let result = match self.connect().await {
                Ok(session) => {
                    was_there = true;
                    self.look(&session, operation, reading).await.map(|view| (session, view))
                }
                Err(error) => Err(error),
            };
            match result {
                Err(error) if was_there && self.tries_again(&error, &mut delays).await => {}
                result => return result,
            }
        }
    }

    /// What is found out once before the workers begin, over this connection, or a new one where there is none or it is
    /// lost.
    pub(super) async fn prepare(
        &self,
        session: &mut Option<Session>,
        plans: &[TargetPlan],
        at: Option<&str>,
        goal: &Goal,
        walled: bool,
    ) -> Result<Preparation, Error> {
        let mut delays = delays();
        loop {
            let result = match session.take() {
                Some(session) => Ok(session),
                None => self.connect().await,
            };
            let result = match result {
                Ok(open) => self.try_prepare(session.insert(open), plans, at, goal, walled).await,
                Err(error) => Err(error),
            };
            match result {
                Err(error) if self.tries_again(&error, &mut delays).await => *session = None,
                result => return result,
            }
        }
    }

    async fn try_prepare(
        &self,
        session: &Session,
        plans: &[TargetPlan],
        at: Option<&str>,
        goal: &Goal,
        walled: bool,
    ) -> Result<Preparation, Error> {
        if session.is_standby() && plans.iter().any(|plan| plan.has_work() || plan.create_schema) {
            return Err(Error::Database(Box::new(Failure::standby())));
        }
        let state = self.state(session, plans).await?;
        let mut prepared = Preparation::of(goal, state);
        self.mend(session, &prepared, plans, at).await?;
        if walled {
            let steps: HashSet<&Step> = plans.iter().flat_map(|plan| &plan.steps).collect();
            let scripts = steps.into_iter().filter_map(|step| self.context.tenant.script_of(step));
            let survey = prepared.survey(session, &self.context.settings, scripts).await;
            survey.map_err(|error| Error::from(&error))?;
        }
        Ok(prepared)
    }

    /// Whether what ended so is to be done again over a new connection; then some time has passed.
    pub(super) async fn tries_again(&self, error: &Error, delays: &mut ExponentialBackoff) -> bool {
        let cancellation = &self.context.cancellation;
        if !is_lost(error) || cancellation.is_cancelled() {
            return false;
        }
        let Some(delay) = delays.next() else { return false };
        tracing::warn!(%error, ?delay, "the connection is lost before the work begins; it is tried again");
        tokio::select! {
            () = tokio::time::sleep(delay) => true,
            () = cancellation.cancelled() => false,
        }
    }
}

/// Whether it is the connection that failed, and not what was asked over it.
fn is_lost(error: &Error) -> bool {
    match error {
        Error::Connect(error) => error.is_retryable(),
        Error::Database(failure) => failure.class == FailureClass::ConnectionLost,
        Error::Registry(error) => lost_the_registry(error),
        _ => false,
    }
}

/// Whether the list of tenants is missing only because the connection is.
pub(super) fn lost_the_registry(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Query(failure) if failure.class == FailureClass::ConnectionLost)
}
