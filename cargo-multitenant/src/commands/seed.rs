//! `cargo multitenant seed`

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;
#[cfg(feature = "project")]
use multitenant_runtime::Tier;
use multitenant_runtime::{Error, Scope, SeedOptions, SeedSet, Selection};

use crate::context::{Context, Project};
use crate::error::CliError;
use crate::report::Kind;
#[cfg(feature = "project")]
use crate::seeds::{InFolders, hand_over};
use crate::source::Source;

use super::options::RunArgs;
use super::run::finish;
use super::scope::ScopeArgs;
use super::watched::{Watched, jobs};

/// Put rows to begin with into the shared schema, then into every tenant's
///
/// Runs the SQL files in seeds/shared and seeds/tenant in the order of their names; those in a folder in there belong to
/// the environment of that name, and come after the others with --env. All seeds of a schema are one transaction, under
/// its lock and with its search_path, as a migration; so they hold no COMMIT, and a tenant's must not change the shared
/// schema but for its rows. They run each time, unless --once records them, in the table __multitenant_seeds of each
/// schema. A tenant that fails is as it was, and stops nobody else.
///
/// A seed may be Rust as well: a file that ends in .rs, with `pub async fn seed(conn: &mut AsyncPgConnection)`, or, for
/// synchronous Diesel, `pub fn seed(conn: &mut impl LoadConnection<Backend = Pg>)`. It is compiled with the project's
/// library, so that `use my_app::schema::*` works, and runs in the same transaction.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant seed                                  the common seeds of all schemas
  cargo multitenant seed --env dev                        and those in seeds/…/dev
  cargo multitenant seed --once                           what was not done yet; what was edited since is told
  cargo multitenant seed tenants --tenant acme,globex
  cargo multitenant seed tenants --file demo.sql --match 'demo-*'
  cargo multitenant seed --shared-file plans.sql --tenant-file users.sql")]
pub(crate) struct Seed {
    #[command(flatten)]
    scope: ScopeArgs,
    /// This file instead of the folder, for the one tier that is named
    #[arg(long, value_name = "PATH", conflicts_with_all = ["shared_file", "tenant_file"])]
    file: Option<PathBuf>,
    /// This file instead of the folder of the shared schema's seeds
    #[arg(long, value_name = "PATH")]
    shared_file: Option<PathBuf>,
    /// This file instead of the folder of the tenants' seeds
    #[arg(long, value_name = "PATH")]
    tenant_file: Option<PathBuf>,
    /// The seeds of this environment too, after the common ones
    #[arg(long, value_name = "NAME", conflicts_with_all = ["file", "shared_file", "tenant_file"])]
    env: Option<String>,
    /// Record each seed, and leave out what is recorded
    #[arg(long)]
    once: bool,
    #[command(flatten)]
    run: RunArgs,
}

impl Seed {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let mut scope = self.scope.scope()?;
        let project = context.project()?;
        let seeds = match self.seeds(context, &project, &mut scope)? {
            ControlFlow::Continue(seeds) => seeds,
            ControlFlow::Break(code) => return Ok(code),
        };
        let mut options = SeedOptions::new(scope);
        if let Some(name) = &self.env {
            options = options.environment(name);
        }
        if self.once {
            options = options.once();
        }
        let jobs = jobs(context, &project, self.run.work.jobs);
        let (migrator, watched) = Watched::migrator(context, &project, |builder| self.run.apply(builder).jobs(jobs))?;
        let (result, signal) = watched.run(migrator.seed(&seeds, options))?;
        finish(context.console, Kind::Seed, result, signal)
    }

    /// The seeds that are meant, or what became of those that another program has; files narrow the scope to their tiers.
    fn seeds(
        &self,
        context: &Context,
        project: &Project,
        scope: &mut Scope,
    ) -> Result<ControlFlow<u8, SeedSet>, CliError> {
        let (shared, tenant) = self.files(scope)?;
        let seeds = match &context.source {
            #[cfg(feature = "project")]
            Source::Folders(register) => {
                let mut there = if shared.is_none() && tenant.is_none() {
                    InFolders::find(project.config(), self.env.as_deref())?
                } else {
                    InFolders::of_files(shared, tenant)
                };
                there.rust.retain(|seed| is_in(scope, seed.tier));
                if register.is_none() && !there.rust.is_empty() {
                    let (cargo, root) = (context.environment.cargo(), &project.config().root);
                    return hand_over(cargo, root, &there.rust).map(ControlFlow::Break);
                }
                there.sql.map(|seeds| register.iter().fold(seeds, |seeds, register| register(seeds)))
            }
            Source::Embedded(_) if shared.is_none() && tenant.is_none() => project.seeds(),
            Source::Embedded(_) => {
                [&shared, &tenant].into_iter().flatten().try_for_each(|file| no_rust(file))?;
                SeedSet::from_files(shared.as_slice(), tenant.as_slice())
            }
        };
        let seeds = seeds.map_err(|error| CliError::Runtime(Error::Seeds(error)))?;
        if seeds.is_empty() && matches!(context.source, Source::Embedded(_)) {
            return Err(CliError::Files {
                what: "this program carries no seeds".to_owned(),
                help: Some(
                    "give it some (`Application::seeds(embed_seeds!())`, `Application::tenant_seed`), or name a file with \
                     --tenant-file or --shared-file",
                ),
                source: None,
            });
        }
        Ok(ControlFlow::Continue(seeds))
    }

    /// The files that are named, of the shared schema and of the tenants.
    fn files(&self, scope: &mut Scope) -> Result<(Option<PathBuf>, Option<PathBuf>), CliError> {
        let tenants = scope.tenants != Selection::None;
        let (mut shared, mut tenant) = (self.shared_file.clone(), self.tenant_file.clone());
        if let Some(file) = &self.file {
            match (scope.shared, tenants) {
                (true, true) => {
                    return Err(CliError::Usage(
                        "--file is for one tier: say `shared` or `tenants`, or use --shared-file and --tenant-file"
                            .to_owned(),
                    ));
                }
                (true, false) => shared = Some(file.clone()),
                (false, _) => tenant = Some(file.clone()),
            }
        }
        if shared.is_none() && tenant.is_none() {
            return Ok((None, None));
        }
        if (shared.is_some() && !scope.shared) || (tenant.is_some() && !tenants) {
            return Err(CliError::Usage(
                "a file of one tier, and targets of the other: say `all`, or leave the file out".to_owned(),
            ));
        }
        scope.shared = shared.is_some();
        if tenant.is_none() {
            scope.tenants = Selection::None;
        }
        Ok((shared, tenant))
    }
}

/// Whether seeds of this tier are meant.
#[cfg(feature = "project")]
pub(crate) fn is_in(scope: &Scope, tier: Tier) -> bool {
    match tier {
        Tier::Shared => scope.shared,
        Tier::Tenant => scope.tenants != Selection::None,
    }
}

/// What is Rust cannot be compiled where there is no cargo.
fn no_rust(file: &Path) -> Result<(), CliError> {
    if file.extension().is_none_or(|extension| extension != "rs") {
        return Ok(());
    }
    Err(CliError::Usage(format!(
        "{} is Rust, and this program compiles nothing: register the function (`Application::tenant_seed`), and run `seed` \
         without a file",
        crate::config::slashes(file)
    )))
}
