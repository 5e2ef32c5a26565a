//! What every command is given, and what those that migrate have in common.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use multitenant_runtime::{Error, MigrationSet, Migrator, MigratorBuilder, Tier};

use crate::config::{Config, Database, Environment, Overrides};
use crate::development;
use crate::error::CliError;
use crate::interrupt::Signals;
use crate::output::Console;
use crate::report::Names;
use crate::seeds::Register;

/// What every command is given.
pub(crate) struct Context {
    /// Where results and messages go.
    pub(crate) console: Console,
    /// What the flags say about the configuration.
    pub(crate) overrides: Overrides,
    /// The environment.
    pub(crate) environment: Environment,
    /// Where we stand.
    pub(crate) here: PathBuf,
    /// The seeds that are compiled in.
    pub(crate) register: Option<Register>,
}

impl Context {
    /// The configuration of the project that we stand in. What is odd about it goes to stderr.
    pub(crate) fn config(&self) -> Result<Config, CliError> {
        let config = Config::load(&self.overrides, self.environment.clone(), &self.here)?;
        for warning in &config.warnings {
            self.console.warning(warning);
        }
        Ok(config)
    }

    /// The project, with its migrations.
    pub(crate) fn project(&self) -> Result<Project, CliError> {
        let config = self.config()?;
        // The folders first: without them there is nothing that a database could be asked for.
        let project = Project::of(config)?;
        project.config.database()?;
        Ok(project)
    }
}

/// A project with its migrations.
pub(crate) struct Project {
    config: Config,
    shared: Option<MigrationSet>,
    tenant: MigrationSet,
}

impl Project {
    /// The project of a configuration, with its migrations.
    pub(crate) fn of(config: Config) -> Result<Self, CliError> {
        let tenant = config.tenant_folder()?;
        let shared = config.shared_folder()?;
        let set = |tier, folder: &PathBuf| {
            MigrationSet::from_folder(tier, folder).map_err(|error| CliError::Runtime(Error::Migrations(error)))
        };
        Ok(Self {
            shared: shared.map(|folder| set(Tier::Shared, &folder)).transpose()?,
            tenant: set(Tier::Tenant, &tenant)?,
            config,
        })
    }

    /// The configuration.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The migrations of the shared schema, where there are any, and of the tenants.
    pub(crate) fn sets(&self) -> (Option<&MigrationSet>, &MigrationSet) {
        (self.shared.as_ref(), &self.tenant)
    }

    /// A migrator of the project, as `options` completes it. Starts the development server where that is the
    /// configured database.
    pub(crate) fn migrator(
        &self,
        options: impl FnOnce(MigratorBuilder) -> MigratorBuilder,
    ) -> Result<Migrator, CliError> {
        let url = match self.config.database()? {
            Database::Embedded => development::start(&self.config.root)?,
            Database::Url(url, _) => url.clone(),
        };
        self.migrator_at(&url, options)
    }

    /// The same, to this place.
    pub(crate) fn migrator_at(
        &self,
        url: &str,
        options: impl FnOnce(MigratorBuilder) -> MigratorBuilder,
    ) -> Result<Migrator, CliError> {
        let builder = Migrator::from_sets(self.shared.clone(), self.tenant.clone(), self.config.settings.clone());
        options(builder.database_url(url)).build().map_err(|error| match error {
            Error::Url(error) => self.config.bad_url(error.to_string()).into(),
            Error::Settings(error) => self.config.bad_value(error.key(), error.to_string()).into(),
            other => CliError::Runtime(other),
        })
    }

    /// How many workers there may be: those asked for, as long as database.max_connections leaves a connection for
    /// the run's own look at things; and what to say where it does not.
    pub(crate) fn jobs(&self, asked: Option<NonZeroUsize>) -> (usize, Option<String>) {
        let jobs = asked.map_or(self.config.settings.jobs, NonZeroUsize::get);
        let connections = self.config.max_connections();
        let limit = connections.saturating_sub(1).max(1);
        let warning = (jobs > limit).then(|| {
            format!(
                "{jobs} jobs are limited to {limit} by database.max_connections = {connections}, of which one is the \
                 run's own: raise it for more"
            )
        });
        (jobs.min(limit), warning)
    }

    /// Refuses a flag that asks how the last runs went where nothing has noted it.
    pub(crate) fn needs_state_table(&self, flag: &str) -> Result<(), CliError> {
        if self.config.settings.state_schema.is_some() {
            return Ok(());
        }
        let message = format!("{flag} asks the state table which tenants failed, and this turns it off");
        Err(self.config.bad_value("migrations.state_schema", message).into())
    }

    /// The names of the migrations' folders.
    pub(crate) fn names(&self) -> Names {
        Names::of(self.shared.as_ref(), &self.tenant)
    }
}

/// Runs a future to its end. What it left running is not waited for.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(CliError::System)?;
    let result = runtime.block_on(future);
    runtime.shutdown_background();
    result
}

/// Waits for a future that can be dropped at any time, or for the signal that ends it.
pub(crate) async fn unless_interrupted<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    let mut signals = Signals::catch().map_err(CliError::System)?;
    tokio::select! {
        result = future => result,
        signal = signals.next() => Err(CliError::Interrupted(signal)),
    }
}
