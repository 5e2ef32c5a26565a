//! The targets of a scope, without their histories.

use crate::connection::Session;
use crate::error::Error;
use crate::registry::{Discovery, Fleet, discover};
use crate::run::Report;
use crate::target::Target;

use super::look::select;
use super::{Migrator, Scope, Selection};

/// The targets of a scope.
pub(crate) struct Targets {
    pub(crate) shared: Option<Target>,
    pub(crate) tenants: Vec<Target>,
}

impl Migrator {
    /// Connects, and asks the registry for the targets of this scope. What is none is reported.
    pub(crate) async fn targets(&self, scope: &Scope, report: &mut Report) -> Result<(Session, Targets), Error> {
        let mut delays = crate::run::delays();
        loop {
            let session = self.connect().await?;
            match self.find(&session, scope).await {
                Err(error) if self.tries_again(&error, &mut delays).await => {}
                Err(error) => return Err(error),
                Ok(fleet) => {
                    self.refuse(fleet.unusable, report);
                    let settings = &self.context.settings;
                    let shared = scope.shared.then(|| Target::shared(settings.shared_schema.clone()));
                    return Ok((session, Targets { shared, tenants: fleet.tenants }));
                }
            }
        }
    }

    async fn find(&self, session: &Session, scope: &Scope) -> Result<Fleet, Error> {
        if scope.tenants == Selection::None {
            return Ok(Fleet::default());
        }
        let found = discover(session, &self.registry, &self.context.settings).await;
        select(found.and_then(Discovery::fleet)?, &scope.tenants)
    }
}
