//! The same commands inside an application, on the migrations that it embeds.
//!
//! `help.rs` puts the program's own name into their texts, `thread.rs` is where they run. Deliberately absent: the commands
//! themselves, which are those of `cargo multitenant`, and whatever needs a project's files or cargo.

mod help;
mod thread;

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{ArgMatches, Command};
use multitenant_runtime::{EmbeddedMigrations, EmbeddedSeeds, Hooks, MigratorBuilder, Registry};
#[cfg(feature = "functions")]
use multitenant_runtime::{MigrationFunction, RustMigration, Tier};

use crate::commands::common::told;
use crate::commands::deployed;
use crate::source::{Embedded, Source};

/// The name of the command.
const NAME: &str = "multitenant";

/// The commands of `cargo multitenant` inside an application: `my-app multitenant migrate`.
///
/// They work on the migrations, settings and seeds that the program carries, so that an image needs neither cargo nor a file
/// of the project. Words, reports and exit codes ([`exit_code`](crate::exit_code)) are those of `cargo multitenant`. There
/// are `migrate`, `rollback`, `redo`, `status`, `repair`, `snapshot`, `drift`, `tenant …`, `seed`, `sql` and `shell`; what is
/// for a project's files is left to `cargo multitenant`, and an error says so.
///
/// ```
/// use std::process::ExitCode;
///
/// use cargo_multitenant::Application;
/// # mod embedded {
/// #     use multitenant_runtime::{EmbeddedMigrations, EmbeddedSet, SettingsText};
/// #     pub const MIGRATIONS: EmbeddedMigrations =
/// #         EmbeddedMigrations::new(None, EmbeddedSet::new("migrations/tenant", &[]), SettingsText::DEFAULT);
/// # }
/// # macro_rules! embed_migrations { () => { embedded::MIGRATIONS } }
/// use multitenant_runtime::EmbeddedMigrations;
///
/// static MIGRATIONS: EmbeddedMigrations = embed_migrations!();
///
/// fn main() -> ExitCode {
///     if let Some(code) = Application::new(&MIGRATIONS).answer(std::env::args_os()) {
///         return code;
///     }
///     // … what the application does otherwise
///     ExitCode::SUCCESS
/// }
/// ```
///
/// # Configuration
///
/// What `embed_migrations!` took from `multitenant.toml`, then a file if `--config` or `MULTITENANT_CONFIG` names one, then
/// the environment (`DATABASE_URL`, `MULTITENANT_…`, a `.env` file), then flags. An address is not embedded: without
/// `DATABASE_URL` or a flag nothing is done.
///
/// # Inside of a runtime
///
/// A command runs on a thread of its own, with a runtime of its own, and the caller waits for it. So it may be called from
/// `#[tokio::main]` too; that thread of the caller's runtime does nothing else meanwhile.
///
/// # Panics
///
/// A panic hook is installed when a command runs: a panic in one is a bug, and ends in
/// [`exit_code::BUG`](crate::exit_code::BUG).
#[derive(Debug)]
#[must_use]
pub struct Application {
    embedded: Embedded,
    name: Option<String>,
}

impl Application {
    /// An application with these migrations.
    pub fn new(migrations: &EmbeddedMigrations) -> Self {
        Self { embedded: Embedded::new(*migrations), name: None }
    }

    /// The program's name in help texts; that of the file which was started, unless said otherwise.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The SQL files that [`embed_seeds!`](multitenant_runtime::embed_seeds) has put into the program.
    pub fn seeds(mut self, seeds: EmbeddedSeeds) -> Self {
        self.embedded.seeds = Some(seeds);
        self
    }

    /// A seed of the shared schema that is a Rust function; its name says when its turn comes.
    #[cfg(feature = "functions")]
    pub fn shared_seed(self, name: impl Into<String>, function: impl MigrationFunction + Clone + 'static) -> Self {
        self.seed(Tier::Shared, None, name, function)
    }

    /// A seed of every tenant's schema that is a Rust function; its name says when its turn comes.
    #[cfg(feature = "functions")]
    pub fn tenant_seed(self, name: impl Into<String>, function: impl MigrationFunction + Clone + 'static) -> Self {
        self.seed(Tier::Tenant, None, name, function)
    }

    /// A seed that is a Rust function, of an environment (`seed --env dev`) or of all.
    #[cfg(feature = "functions")]
    pub fn seed(
        mut self,
        tier: Tier,
        environment: Option<&str>,
        name: impl Into<String>,
        function: impl MigrationFunction + Clone + 'static,
    ) -> Self {
        let (environment, name) = (environment.map(str::to_owned), name.into());
        self.embedded.registered.push(Box::new(move |seeds| {
            seeds.with_function(tier, environment.as_deref(), name.clone(), function.clone())
        }));
        self
    }

    /// A migration of the shared schema that is a Rust function; its version says when its turn comes.
    #[cfg(feature = "functions")]
    pub fn shared_migration(mut self, migration: RustMigration) -> Self {
        self.embedded.functions.0.push(migration);
        self
    }

    /// A migration of the tenants that is a Rust function; its version says when its turn comes.
    #[cfg(feature = "functions")]
    pub fn tenant_migration(mut self, migration: RustMigration) -> Self {
        self.embedded.functions.1.push(migration);
        self
    }

    /// The application's own list of tenants, instead of the configured one.
    pub fn registry(self, registry: impl Registry + Clone + 'static) -> Self {
        self.migrator(move |builder| builder.registry(registry.clone()))
    }

    /// The application's own code before and after a run, its targets and their migrations.
    pub fn hooks(self, hooks: impl Hooks + Clone + 'static) -> Self {
        self.migrator(move |builder| builder.hooks(hooks.clone()))
    }

    /// Whatever else the application says of a migrator. It is asked for each that a command makes, before what the flags
    /// say; the command line has an observer and a cancellation of its own, and the database is that of the configuration.
    ///
    /// ```
    /// # use multitenant_runtime::{EmbeddedMigrations, EmbeddedSet, SettingsText};
    /// # const MIGRATIONS: EmbeddedMigrations =
    /// #     EmbeddedMigrations::new(None, EmbeddedSet::new("migrations/tenant", &[]), SettingsText::DEFAULT);
    /// use cargo_multitenant::Application;
    /// use multitenant_runtime::OnAhead;
    ///
    /// let application = Application::new(&MIGRATIONS).migrator(|builder| builder.on_ahead(OnAhead::Refuse));
    /// ```
    pub fn migrator(mut self, completion: impl Fn(MigratorBuilder) -> MigratorBuilder + Send + Sync + 'static) -> Self {
        self.embedded.completions.push(Box::new(completion));
        self
    }

    /// Does what the command line says where its first argument is `multitenant`; `None`, and nothing done, where it is not.
    ///
    /// `args` begin with the program's name, as [`std::env::args_os`] has them.
    #[must_use = "the exit code is what scripts look at"]
    pub fn answer(mut self, args: impl IntoIterator<Item = OsString>) -> Option<ExitCode> {
        let mut args = args.into_iter();
        let program = args.next()?;
        if args.next()? != NAME {
            return None;
        }
        self.name = self.name.or_else(|| file_name(Path::new(&program)));
        Some(self.run(args))
    }

    /// Does what the arguments after `multitenant` say, for an application that reads its own arguments.
    ///
    /// ```no_run
    /// # use multitenant_runtime::{EmbeddedMigrations, EmbeddedSet, SettingsText};
    /// # const MIGRATIONS: EmbeddedMigrations =
    /// #     EmbeddedMigrations::new(None, EmbeddedSet::new("migrations/tenant", &[]), SettingsText::DEFAULT);
    /// # use cargo_multitenant::Application;
    /// # use std::ffi::OsString;
    /// #[derive(clap::Parser)]
    /// enum Arguments {
    ///     Serve,
    ///     #[command(disable_help_flag = true)]
    ///     Multitenant {
    ///         #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    ///         arguments: Vec<OsString>,
    ///     },
    /// }
    ///
    /// fn main() -> std::process::ExitCode {
    ///     match clap::Parser::parse() {
    ///         Arguments::Multitenant { arguments } => Application::new(&MIGRATIONS).run(arguments),
    ///         Arguments::Serve => todo!(),
    ///     }
    /// }
    /// ```
    #[must_use = "the exit code is what scripts look at"]
    pub fn run(self, args: impl IntoIterator<Item = OsString>) -> ExitCode {
        let args: Vec<OsString> = std::iter::once(NAME.into()).chain(args).collect();
        thread::run(move || {
            let program = self.program();
            match self.command().bin_name(program).try_get_matches_from(args) {
                Ok(matches) => self.carry_out(&matches),
                Err(answer) => told(&answer),
            }
        })
    }

    /// The command `multitenant`, for an application whose arguments clap reads; its matches are for
    /// [`run_matches`](Self::run_matches).
    ///
    /// ```no_run
    /// # use multitenant_runtime::{EmbeddedMigrations, EmbeddedSet, SettingsText};
    /// # const MIGRATIONS: EmbeddedMigrations =
    /// #     EmbeddedMigrations::new(None, EmbeddedSet::new("migrations/tenant", &[]), SettingsText::DEFAULT);
    /// # use cargo_multitenant::Application;
    /// fn main() -> std::process::ExitCode {
    ///     let application = Application::new(&MIGRATIONS);
    ///     let command = clap::Command::new("my-app").subcommand(application.command());
    ///     match command.get_matches().subcommand() {
    ///         Some(("multitenant", matches)) => application.run_matches(matches),
    ///         _ => std::process::ExitCode::SUCCESS,
    ///     }
    /// }
    /// ```
    pub fn command(&self) -> Command {
        help::named(deployed::command(), &self.program())
    }

    /// Does what clap has read for [`command`](Self::command).
    #[must_use = "the exit code is what scripts look at"]
    pub fn run_matches(self, matches: &ArgMatches) -> ExitCode {
        let matches = matches.clone();
        thread::run(move || self.carry_out(&matches))
    }

    fn carry_out(self, matches: &ArgMatches) -> u8 {
        let program = self.program();
        deployed::run(matches, Source::Embedded(Arc::new(self.embedded)), &program)
    }

    /// What is written before a command's name.
    fn program(&self) -> String {
        let started = || std::env::current_exe().ok().and_then(|path| file_name(&path));
        let name = self.name.clone().or_else(started);
        format!("{} {NAME}", name.as_deref().unwrap_or("my-app"))
    }
}

fn file_name(path: &Path) -> Option<String> {
    let name = path.file_name()?;
    let name = if cfg!(windows) { path.file_stem() } else { Some(name) };
    name.map(OsStr::to_string_lossy).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use multitenant_runtime::{EmbeddedSet, SettingsText};

    use super::*;

    fn application() -> Application {
        let migrations =
            EmbeddedMigrations::new(None, EmbeddedSet::new("migrations/tenant", &[]), SettingsText::DEFAULT);
        Application::new(&migrations)
    }

    #[test]
    fn other_arguments_are_the_application_s_own() {
        for args in [&["shop"][..], &[], &["shop", "serve"], &["shop", "serve", "multitenant"], &["shop", "--help"]] {
            assert!(application().answer(args.iter().map(OsString::from)).is_none(), "{args:?}");
        }
    }

    #[test]
    fn it_is_called_what_was_started_or_what_it_says() {
        assert_eq!(file_name(Path::new("/usr/bin/my-app")).as_deref(), Some("my-app"));
        let command = application().name("shop").command();
        let own = Command::new("shop").subcommand(command);
        let matches = own.try_get_matches_from(["shop", "multitenant", "migrate", "--dry-run"]).unwrap();
        assert_eq!(matches.subcommand().map(|(name, _)| name), Some("multitenant"));
        let other = application().name("other").program();
        assert_eq!(other, "other multitenant");
    }
}
