//! How the roles stand, without bringing them in order.

use crate::error::Error;
use crate::isolation::{RolesReport, look, report};
use crate::plan::{Plan, State};
use crate::target::Target;

use super::Migrator;

impl Migrator {
    /// How the roles stand of the tenants of a plan whose schemas are there; `None` where tenants have none
    /// (`isolation.role_per_tenant`). Writes nothing, and asks two questions for any number of tenants.
    ///
    /// ```no_run
    /// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), multitenant_runtime::Error> {
    /// let plan = migrator.plan(multitenant_runtime::Scope::tenants()).await?;
    /// if let Some(roles) = migrator.roles(&plan).await? {
    ///     for role in roles.tenants.iter().filter(|role| !role.lacks.is_empty() || role.refused.is_some()) {
    ///         println!("{}: {:?} {:?}", role.tenant, role.lacks, role.refused);
    ///     }
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached, or does not answer.
    pub async fn roles(&self, plan: &Plan) -> Result<Option<RolesReport>, Error> {
        let settings = &self.context.settings;
        let Some(roles) = &settings.roles else { return Ok(None) };
        let there = plan.tenants.iter().filter(|tenant| tenant.state != State::Missing);
        let tenants: Vec<&Target> = there.map(|tenant| &tenant.target).collect();
        let session = self.connect_to_look().await?;
        let look = look(&session, settings, tenants.iter().map(|target| target.schema())).await;
        session.close().await;
        let look = look.map_err(|error| Error::from(&error))?;
        Ok(look.map(|look| report(&look, settings, roles, tenants.into_iter())))
    }
}
