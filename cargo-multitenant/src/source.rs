//! Where a project is: in folders, or in the program itself.
//!
//! Commands do not ask which; [`Context`](crate::context::Context) and [`Project`](crate::context::Project) do.

use std::fmt;
use std::sync::Arc;

use multitenant_runtime::migration::SetError;
use multitenant_runtime::{EmbeddedMigrations, EmbeddedSeeds, MigrationSet, MigratorBuilder, SeedError, SeedSet};
#[cfg(feature = "functions")]
use multitenant_runtime::{RustMigration, Tier};

/// What puts seeds that are compiled in among those that there are.
pub(crate) type Register = Box<dyn Fn(SeedSet) -> SeedSet + Send + Sync>;

/// What the program makes of each migrator, before the command line's own flags.
pub(crate) type Completion = Box<dyn Fn(MigratorBuilder) -> MigratorBuilder + Send + Sync>;

/// Where a project is.
pub(crate) enum Source {
    /// In folders, which `multitenant.toml` names; with the seeds that are compiled in, if any are.
    #[cfg(feature = "project")]
    Folders(Option<Register>),
    /// In this program.
    Embedded(Arc<Embedded>),
}

/// What an application carries of its project.
pub(crate) struct Embedded {
    pub(crate) migrations: EmbeddedMigrations,
    pub(crate) seeds: Option<EmbeddedSeeds>,
    pub(crate) registered: Vec<Register>,
    /// Of the shared schema, and of the tenants.
    #[cfg(feature = "functions")]
    pub(crate) functions: (Vec<RustMigration>, Vec<RustMigration>),
    pub(crate) completions: Vec<Completion>,
}

impl Embedded {
    pub(crate) fn new(migrations: EmbeddedMigrations) -> Self {
        Self {
            migrations,
            seeds: None,
            registered: Vec::new(),
            #[cfg(feature = "functions")]
            functions: (Vec::new(), Vec::new()),
            completions: Vec::new(),
        }
    }

    /// The migrations of the shared schema, where there are any, and of the tenants.
    pub(crate) fn sets(&self) -> Result<(Option<MigrationSet>, MigrationSet), SetError> {
        let (shared, tenant) = MigrationSet::embedded(&self.migrations)?;
        #[cfg(feature = "functions")]
        let (shared, tenant) = {
            let (of_shared, of_tenants) = self.functions.clone();
            let shared = match shared {
                None if of_shared.is_empty() => None,
                shared => Some(shared.unwrap_or_else(|| MigrationSet::empty(Tier::Shared)).with_functions(of_shared)?),
            };
            (shared, tenant.with_functions(of_tenants)?)
        };
        Ok((shared, tenant))
    }

    /// All the seeds that there are.
    pub(crate) fn seeds(&self) -> Result<SeedSet, SeedError> {
        let embedded = self.seeds.map(SeedSet::embedded).transpose()?.unwrap_or_default();
        Ok(self.registered.iter().fold(embedded, |seeds, register| register(seeds)))
    }

    /// The builder with what the program itself says of its migrators.
    pub(crate) fn complete(&self, builder: MigratorBuilder) -> MigratorBuilder {
        self.completions.iter().fold(builder, |builder, completion| completion(builder))
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("migrations", &self.migrations)
            .field("seeds", &self.seeds)
            .finish_non_exhaustive()
    }
}
