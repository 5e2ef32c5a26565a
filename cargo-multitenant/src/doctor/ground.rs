//! What the checks look at: made once, and where it cannot be made, the reason.

use multitenant_runtime::inspection::Inspector;
use multitenant_runtime::{Error, Migrator, Plan, RolesReport, SchemaName, Scope};

use super::check::Blocked;
use super::fleet::Fleet;
use crate::config::Config;
use crate::context::{Context, Project};
use crate::error::CliError;

/// What the checks look at.
///
/// Each part stands on the one before: without a configuration there is no project, without a connection no fleet. A
/// check asks for what it needs, and is blocked where that is not there.
pub(crate) struct Ground {
    /// How many instances of the application there are to be.
    pub(crate) instances: u32,
    config: Result<Config, CliError>,
    project: Option<Result<Project, CliError>>,
    migrator: Option<Result<Migrator, CliError>>,
    inspector: Option<Result<Inspector, Error>>,
    plan: Option<Result<Plan, Error>>,
    roles: Option<Result<Option<RolesReport>, Error>>,
}

impl Ground {
    /// Reads the project; starts the development server where that is the configured database.
    pub(crate) fn of_project(context: &Context, instances: u32) -> Self {
        let load = || Config::load(&context.overrides, context.environment.clone(), &context.here);
        let project = load().ok().map(Project::of);
        let migrator = match &project {
            Some(Ok(project)) => Some(project.migrator(|builder| builder)),
            _ => None,
        };
        Self {
            instances,
            config: load().map_err(CliError::Config),
            project,
            migrator,
            inspector: None,
            plan: None,
            roles: None,
        }
    }

    /// Connects, and looks at the fleet once.
    pub(crate) async fn connect(&mut self) {
        let Some(Ok(migrator)) = &self.migrator else { return };
        let inspector = migrator.inspector().await;
        if inspector.is_ok() {
            self.plan = Some(migrator.plan(Scope::all()).await);
            if let Some(Ok(plan)) = &self.plan {
                self.roles = Some(migrator.roles(plan).await);
            }
        }
        self.inspector = Some(inspector);
    }

    /// The configuration, or what is wrong with it.
    pub(crate) fn read_config(&self) -> &Result<Config, CliError> {
        &self.config
    }

    /// The database, or why it cannot be reached; `None` where it is not known which one.
    pub(crate) fn connection(&self) -> Option<Result<&Inspector, String>> {
        match (&self.migrator, &self.inspector) {
            (Some(Err(error)), _) => Some(Err(error.to_string())),
            (_, Some(inspector)) => Some(inspector.as_ref().map_err(ToString::to_string)),
            _ => None,
        }
    }

    /// The configuration.
    pub(crate) fn config(&self) -> Result<&Config, Blocked> {
        self.config.as_ref().map_err(|_| Blocked("the configuration cannot be used".to_owned()))
    }

    /// The project with its migrations.
    pub(crate) fn project(&self) -> Result<&Project, Blocked> {
        self.config()?;
        match &self.project {
            Some(Ok(project)) => Ok(project),
            Some(Err(error)) => Err(Blocked(error.to_string())),
            None => Err(Blocked("the configuration cannot be used".to_owned())),
        }
    }

    /// The migrator.
    pub(crate) fn migrator(&self) -> Result<&Migrator, Blocked> {
        self.project()?;
        match &self.migrator {
            Some(Ok(migrator)) => Ok(migrator),
            _ => Err(Blocked("it is not known where the database is".to_owned())),
        }
    }

    /// A connection to look over.
    pub(crate) fn inspector(&self) -> Result<&Inspector, Blocked> {
        self.migrator()?;
        match &self.inspector {
            Some(Ok(inspector)) => Ok(inspector),
            _ => Err(Blocked("the database cannot be reached".to_owned())),
        }
    }

    /// How the shared schema and every tenant stand.
    pub(crate) fn plan(&self) -> Result<&Plan, Blocked> {
        self.inspector()?;
        match &self.plan {
            Some(Ok(plan)) => Ok(plan),
            _ => Err(Blocked("the tenants are not known".to_owned())),
        }
    }

    /// How the tenants' roles stand; `None` where they have none.
    pub(crate) fn roles(&self) -> Result<Option<&RolesReport>, Blocked> {
        self.plan()?;
        match &self.roles {
            Some(Ok(roles)) => Ok(roles.as_ref()),
            Some(Err(error)) => Err(Blocked(error.to_string())),
            None => Ok(None),
        }
    }

    /// What a look at the fleet has ended with.
    pub(crate) fn look(&self) -> Result<Result<&Plan, &Error>, Blocked> {
        self.inspector()?;
        match &self.plan {
            Some(look) => Ok(look.as_ref()),
            None => Err(Blocked("the tenants were not looked at".to_owned())),
        }
    }

    /// The tenants' schemas that are there.
    pub(crate) fn tenant_schemas(&self) -> Result<Vec<&SchemaName>, Blocked> {
        use multitenant_runtime::State;
        let there = self.plan()?.tenants.iter().filter(|tenant| tenant.state != State::Missing);
        Ok(there.map(|tenant| tenant.target.schema()).collect())
    }

    /// The shared schema, and the tenants' that are there, with whose they are.
    pub(crate) fn fleet(&self) -> Result<Fleet<'_>, Blocked> {
        Ok(Fleet::of(self.plan()?, &self.config()?.settings.shared_schema, &self.tenant_schemas()?))
    }
}
