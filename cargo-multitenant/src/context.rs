//! What every command is given, and what those that migrate have in common.

use std::future::Future;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(feature = "project")]
use multitenant_runtime::Tier;
use multitenant_runtime::{Error, MigrationSet, Migrator, MigratorBuilder, SeedError, SeedSet};

use crate::config::{Config, Database, Environment, Overrides};
use crate::development;
use crate::error::CliError;
use crate::interrupt::Signals;
use crate::output::Console;
use crate::report::Names;
use crate::source::{Embedded, Source};

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
    /// Where the project's configuration, migrations and seeds are.
    pub(crate) source: Source,
    /// What is written before a command's name: `cargo multitenant`.
    pub(crate) program: String,
}

impl Context {
    /// The configuration of the project. What is odd about it goes to stderr.
    pub(crate) fn config(&self) -> Result<Config, CliError> {
        let environment = self.environment.clone();
        let config = match &self.source {
            #[cfg(feature = "project")]
            Source::Folders(_) => Config::load(&self.overrides, environment, &self.here)?,
            Source::Embedded(embedded) => {
                Config::embedded(&embedded.migrations.settings(), &self.overrides, environment, &self.here)?
            }
        };
        for warning in &config.warnings {
            self.console.warning(warning);
        }
        Ok(config)
    }

    /// The same project, for whoever shows its results otherwise: nothing goes to stdout or stderr.
    #[cfg(feature = "tui")]
    pub(crate) fn silent(&self) -> Self {
        Self {
            console: Console {
                color: anstream::ColorChoice::Never,
                format: crate::output::Format::Text,
                verbosity: crate::output::Verbosity::Quiet,
            },
            overrides: self.overrides.clone(),
            environment: self.environment.clone(),
            here: self.here.clone(),
            source: Source::Folders(None),
            program: self.program.clone(),
        }
    }

    /// The project, with its migrations.
    pub(crate) fn project(&self) -> Result<Project, CliError> {
        let config = self.config()?;
        // The folders first: without them there is nothing that a database could be asked for.
        let project = match &self.source {
            #[cfg(feature = "project")]
            Source::Folders(_) => Project::of(config)?,
            Source::Embedded(embedded) => Project::embedded(embedded, config)?,
        };
        project.config.database()?;
        Ok(project)
    }
}

/// A project with its migrations.
pub(crate) struct Project {
    config: Config,
    shared: Option<MigrationSet>,
    tenant: MigrationSet,
    /// What the program that embeds it makes of each migrator.
    embedded: Option<Arc<Embedded>>,
}

impl Project {
    /// The project of a configuration, with the migrations that a program embeds.
    fn embedded(embedded: &Arc<Embedded>, config: Config) -> Result<Self, CliError> {
        let (shared, tenant) = embedded.sets().map_err(|error| CliError::Runtime(Error::Migrations(error)))?;
        Ok(Self { config, shared, tenant, embedded: Some(Arc::clone(embedded)) })
    }

    /// The project of a configuration, with the migrations in its folders.
    #[cfg(feature = "project")]
    pub(crate) fn of(config: Config) -> Result<Self, CliError> {
        let tenant = config.tenant_folder()?;
        let shared = config.shared_folder()?;
        let set = |tier, folder: &PathBuf| {
            MigrationSet::from_folder(tier, folder).map_err(|error| CliError::Runtime(Error::Migrations(error)))
        };
        Ok(Self {
            shared: shared.map(|folder| set(Tier::Shared, &folder)).transpose()?,
            tenant: set(Tier::Tenant, &tenant)?,
            embedded: None,
            config,
        })
    }

    /// The configuration.
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The migrations of the shared schema, where there are any, and of the tenants.
    #[cfg(feature = "project")]
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
            Database::Embedded => self.development_server()?,
            Database::Url(url, _) => url.clone(),
        };
        self.migrator_at(&url, options)
    }

    /// The URL of the project's database on its development server, which is started unless it runs.
    pub(crate) fn development_server(&self) -> Result<String, CliError> {
        development::start(self.config.development_folder()?)
    }

    /// As [`migrator`](Self::migrator), to this place.
    pub(crate) fn migrator_at(
        &self,
        url: &str,
        options: impl FnOnce(MigratorBuilder) -> MigratorBuilder,
    ) -> Result<Migrator, CliError> {
        let builder = Migrator::from_sets(self.shared.clone(), self.tenant.clone(), self.config.settings.clone());
        let builder = self.embedded.iter().fold(builder, |builder, embedded| embedded.complete(builder));
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

    /// All the seeds that the program carries; none where the project is in folders.
    pub(crate) fn seeds(&self) -> Result<SeedSet, SeedError> {
        self.embedded.as_ref().map_or_else(|| Ok(SeedSet::default()), |embedded| embedded.seeds())
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
