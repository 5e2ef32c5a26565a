//! What the checks look at: made once, and where it cannot be made, the reason.

use std::cell::OnceCell;
use std::path::PathBuf;
use std::time::Duration;

use multitenant_runtime::inspection::Inspector;
use multitenant_runtime::{ConnectionUrl, Error, Migrator, Plan, RolesReport, SchemaName, Scope};

use super::binary::Embedded;
use super::check::Blocked;
use super::fleet::Fleet;
use super::origin::said;
use super::package::Packages;
use crate::config::{Config, ConfigError, Database};
use crate::context::{Context, Project};
use crate::error::CliError;

/// From which age on a transaction is a long one, if nobody says so.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// What the checks look at.
///
/// Each part stands on the one before: without a configuration there is no project, without a connection no fleet. A
/// check asks for what it needs, and is blocked where that is not there.
pub(crate) struct Ground {
    /// How many instances of the application there are to be.
    pub(crate) instances: u32,
    /// From which age on a transaction is a long one.
    pub(crate) long: Duration,
    /// The application's binary, where somebody has said which.
    pub(crate) binary: Option<PathBuf>,
    /// Where we stand.
    pub(crate) here: PathBuf,
    config: Result<Config, CliError>,
    project: Option<Result<Project, CliError>>,
    migrator: Option<Result<Migrator, CliError>>,
    inspector: Option<Result<Inspector, Error>>,
    /// Over the application's own URL, where that is another one.
    application: Option<Result<(Migrator, Inspector), String>>,
    plan: Option<Result<Plan, Error>>,
    roles: Option<Result<Option<RolesReport>, Error>>,
    packages: OnceCell<Result<Packages, String>>,
    embedded: OnceCell<Option<Result<Embedded, String>>>,
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
            long: LONG,
            binary: None,
            here: context.here.clone(),
            config: load().map_err(CliError::Config),
            project,
            migrator,
            inspector: None,
            application: None,
            plan: None,
            roles: None,
            packages: OnceCell::new(),
            embedded: OnceCell::new(),
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
        if let Some(Ok(project)) = &self.project
            && let Some(url) = project.config().application_url()
        {
            self.application = Some(application(project, url).await);
        }
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

    /// Why nobody can be asked at what is configured: a URL that is none.
    pub(crate) fn unusable_url(&self) -> Option<&ConfigError> {
        match &self.migrator {
            Some(Err(CliError::Config(error))) => Some(error),
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

    /// A connection as the application makes them, where it has a URL of its own, with what opens more of them.
    pub(crate) fn application(&self) -> Option<(&Migrator, &Inspector)> {
        let (migrator, inspector) = self.application.as_ref()?.as_ref().ok()?;
        Some((migrator, inspector))
    }

    /// Why there is none, where there should be.
    pub(crate) fn application_failure(&self) -> Option<&str> {
        self.application.as_ref()?.as_ref().err().map(String::as_str)
    }

    /// The project's packages that may embed migrations; none where there is no `Cargo.toml`.
    pub(super) fn packages(&self) -> Result<&Packages, Blocked> {
        let root = &self.config()?.root;
        self.packages.get_or_init(|| Packages::of(root)).as_ref().map_err(|why| Blocked(why.clone()))
    }

    /// What the application's binary embeds; `None` where there is none that embeds anything.
    pub(super) fn embedded(&self) -> Result<Option<&Embedded>, Blocked> {
        let packages = self.packages()?;
        let found = self.embedded.get_or_init(|| match &self.binary {
            Some(binary) => Embedded::in_file(&self.here.join(binary)).transpose().or_else(|| {
                let why = "no migrations are embedded in it, or by an older release of multitenant-runtime";
                Some(Err(format!("{}: {why}", binary.display())))
            }),
            None => packages.binaries().iter().find_map(|file| Embedded::in_file(file).transpose()),
        });
        found.as_ref().map(|found| found.as_ref().map_err(|why| Blocked(why.clone()))).transpose()
    }

    /// Whether the database is the project's own development server, where much is allowed.
    pub(crate) fn is_development(&self) -> bool {
        matches!(&self.config, Ok(config) if matches!(config.database(), Ok(Database::Embedded)))
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

async fn application(project: &Project, url: &str) -> Result<(Migrator, Inspector), String> {
    // Its own key is to blame, and not the one that migrations go over.
    ConnectionUrl::parse(url).map_err(|error| {
        let error = project.config().bad_value("database.url", error.to_string());
        error.problems.iter().map(said).collect::<Vec<_>>().join("; ")
    })?;
    let migrator = project.migrator_at(url, |builder| builder).map_err(|error| error.to_string())?;
    let inspector = migrator.inspector().await.map_err(|error| error.to_string())?;
    Ok((migrator, inspector))
}
