//! `cargo multitenant seed`

use std::path::PathBuf;

use clap::Args;
use multitenant_runtime::{Error, Scope, SeedOptions, SeedSet, Selection, Tier};
use tokio_util::sync::CancellationToken;

use crate::context::{Context, Project, block_on};
use crate::error::CliError;
use crate::report::{Kind, Progress};
use crate::seeds::{RustSeed, hand_over, in_folder, of_file};

use super::options::RunArgs;
use super::run::{finish, until_signalled};
use super::scope::ScopeArgs;

/// Put rows to begin with into the shared schema, then into every tenant's
///
/// Runs the SQL files in seeds/shared and seeds/tenant in the order of their names; those in a folder in there belong to
/// the environment of that name, and come after the others with --env. All seeds of a schema are one transaction, under
/// its lock and with its search_path, as a migration; so they hold no COMMIT, and a tenant's must not change the shared
/// schema but for its rows. They run each time, unless --once records them, in the table __multitenant_seeds of each
/// schema. A tenant that fails is as it was, and stops nobody else.
///
/// A seed may be Rust as well: a file that ends in .rs, with `pub async fn seed(conn: &mut AsyncPgConnection)`. It is
/// compiled with the project's library, so that `use my_app::schema::*` works, and runs in the same transaction.
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
        let console = context.console;
        let mut scope = self.scope.scope()?;
        let project = context.project()?;
        let found = self.find(&project, &mut scope)?;
        let rust: Vec<RustSeed> = found.rust.into_iter().filter(|seed| is_in(&scope, seed.tier)).collect();
        let seeds = match &context.register {
            None if !rust.is_empty() => return hand_over(context.environment.cargo(), &project.config().root, &rust),
            Some(register) => register(found.sql),
            None => found.sql,
        };
        let mut options = SeedOptions::new(scope);
        if let Some(name) = &self.env {
            options = options.environment(name);
        }
        if self.once {
            options = options.once();
        }
        let (jobs, warning) = project.jobs(self.run.work.jobs);
        if let Some(warning) = warning {
            console.warning(&warning);
        }
        let cancellation = CancellationToken::new();
        let progress = Progress::new(console);
        let bar = progress.bar();
        let migrator = project.migrator(|builder| {
            self.run.apply(builder).jobs(jobs).observer(progress).cancellation(cancellation.clone())
        })?;
        let result = block_on(until_signalled(migrator.seed(&seeds, options), &cancellation, console, &bar));
        bar.finish_and_clear();
        let (result, signal) = result?;
        finish(console, Kind::Seed, result, signal)
    }

    /// The seeds that are meant; files narrow the scope to their tiers.
    fn find(&self, project: &Project, scope: &mut Scope) -> Result<Found, CliError> {
        let tenants = scope.tenants != Selection::None;
        let (mut shared_file, mut tenant_file) = (self.shared_file.clone(), self.tenant_file.clone());
        if let Some(file) = &self.file {
            match (scope.shared, tenants) {
                (true, true) => {
                    return Err(CliError::Usage(
                        "--file is for one tier: say `shared` or `tenants`, or use --shared-file and --tenant-file"
                            .to_owned(),
                    ));
                }
                (true, false) => shared_file = Some(file.clone()),
                (false, _) => tenant_file = Some(file.clone()),
            }
        }
        let (sql, rust) = if shared_file.is_none() && tenant_file.is_none() {
            let (shared, tenant) = project.config().seed_folders()?;
            if shared.is_none() && tenant.is_none() {
                return Err(CliError::Files {
                    what: "neither seeds/shared nor seeds/tenant exists".to_owned(),
                    help: Some("create one with SQL files in it, set seeds.folder, or name a file with --tenant-file"),
                    source: None,
                });
            }
            let env = self.env.as_deref();
            let rust = [(Tier::Shared, &shared), (Tier::Tenant, &tenant)].into_iter();
            let rust =
                rust.flat_map(|(tier, folder)| folder.iter().flat_map(move |folder| in_folder(tier, folder, env)));
            (SeedSet::from_folders(shared.as_deref(), tenant.as_deref()), rust.collect())
        } else {
            if (shared_file.is_some() && !scope.shared) || (tenant_file.is_some() && !tenants) {
                return Err(CliError::Usage(
                    "a file of one tier, and targets of the other: say `all`, or leave the file out".to_owned(),
                ));
            }
            scope.shared = shared_file.is_some();
            if tenant_file.is_none() {
                scope.tenants = Selection::None;
            }
            let rust = |tier, file: &Option<PathBuf>| file.as_deref().and_then(|file| of_file(tier, file));
            let rust = (rust(Tier::Shared, &shared_file), rust(Tier::Tenant, &tenant_file));
            let shared = shared_file.filter(|_| rust.0.is_none());
            let tenant = tenant_file.filter(|_| rust.1.is_none());
            (SeedSet::from_files(shared.as_slice(), tenant.as_slice()), rust.0.into_iter().chain(rust.1).collect())
        };
        Ok(Found { sql: sql.map_err(|error| CliError::Runtime(Error::Seeds(error)))?, rust })
    }
}

/// The seeds that are meant.
struct Found {
    sql: SeedSet,
    /// They are compiled.
    rust: Vec<RustSeed>,
}

fn is_in(scope: &Scope, tier: Tier) -> bool {
    match tier {
        Tier::Shared => scope.shared,
        Tier::Tenant => scope.tenants != Selection::None,
    }
}
