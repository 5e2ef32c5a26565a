//! The seeds that there are.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::migration::{Checksum, Migration, Problem, Script, Wrapped};
#[cfg(feature = "functions")]
use crate::migration::{Function, MigrationFunction};
use crate::target::Tier;

use super::folder::{self, File};
use super::{EmbeddedSeeds, SeedError};

/// The seeds of the shared schema and of the tenants, checked and split.
///
/// They are done in the order of their names, the common ones first, then those of the environment that is asked for:
///
/// ```text
/// seeds/shared/01_plans.sql
/// seeds/tenant/01_settings.sql
/// seeds/tenant/dev/01_users.sql        with the environment `dev` only
/// ```
///
/// ```
/// use multitenant_runtime::SeedSet;
///
/// # let folder = std::env::temp_dir().join(format!("doctest-seeds-{}", std::process::id()));
/// # std::fs::create_dir_all(folder.join("tenant/dev"))?;
/// # std::fs::write(folder.join("tenant/01_settings.sql"), "INSERT INTO settings VALUES ('colour', 'red');")?;
/// # std::fs::write(folder.join("tenant/dev/01_users.sql"), "INSERT INTO users VALUES (1);")?;
/// let seeds = SeedSet::from_folder(&folder)?;
/// assert_eq!(seeds.environments().collect::<Vec<_>>(), ["dev"]);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SeedSet {
    shared: Vec<Seed>,
    tenant: Vec<Seed>,
    environments: BTreeSet<String>,
}

/// One seed.
#[derive(Debug, Clone)]
pub(super) struct Seed {
    pub(super) environment: Option<String>,
    pub(super) script: Migration,
}

impl SeedSet {
    /// The SQL files in `shared` and `tenant` of this folder; one of the two may be missing. Files in Rust are passed by:
    /// the command line compiles them, and an application registers functions.
    ///
    /// # Errors
    ///
    /// [`SeedError`] with everything that is wrong: folders that cannot be read, or are both missing, files that are
    /// empty or not UTF-8, SQL that cannot be split, transaction control in it.
    pub fn from_folder(folder: &Path) -> Result<Self, SeedError> {
        let there = |name: &str| Some(folder.join(name)).filter(|folder| folder.is_dir());
        let (shared, tenant) = (there("shared"), there("tenant"));
        if shared.is_none() && tenant.is_none() {
            let message = "has neither a folder `shared` nor `tenant`: create one, with SQL files in it";
            return Err(SeedError::new(vec![Problem::in_file(&folder::slashes(folder), message)]));
        }
        Self::from_folders(shared.as_deref(), tenant.as_deref())
    }

    /// The seeds of these folders.
    ///
    /// # Errors
    ///
    /// As for [`from_folder`](Self::from_folder).
    pub fn from_folders(shared: Option<&Path>, tenant: Option<&Path>) -> Result<Self, SeedError> {
        let mut problems = Vec::new();
        let mut read =
            |folder: Option<&Path>| folder.map(|folder| folder::read(folder, &mut problems)).unwrap_or_default();
        let (shared, tenant) = (read(shared), read(tenant));
        Self::of(shared, tenant, problems)
    }

    /// The seeds in these files, in this order.
    ///
    /// # Errors
    ///
    /// As for [`from_folder`](Self::from_folder).
    pub fn from_files(shared: &[PathBuf], tenant: &[PathBuf]) -> Result<Self, SeedError> {
        let mut problems = Vec::new();
        let mut read = |files: &[PathBuf]| {
            let files = files.iter().map(|file| folder::file(file)).collect::<Vec<_>>();
            files.into_iter().filter_map(|file| file.map_err(|problem| problems.push(problem)).ok()).collect::<Vec<_>>()
        };
        let (shared, tenant) = (read(shared), read(tenant));
        let in_order = |files: Vec<File>| folder::Found { files, environments: BTreeSet::new() };
        Self::of(in_order(shared), in_order(tenant), problems)
    }

    /// The seeds that a binary embeds by [`embed_seeds!`](crate::embed_seeds).
    ///
    /// # Errors
    ///
    /// [`SeedError`] for SQL that cannot be split, with file and line.
    pub fn embedded(seeds: EmbeddedSeeds) -> Result<Self, SeedError> {
        Self::of(seeds.shared(), seeds.tenant(), Vec::new())
    }

    fn of(shared: folder::Found, tenant: folder::Found, mut problems: Vec<Problem>) -> Result<Self, SeedError> {
        let environments = shared.environments.union(&tenant.environments).cloned().collect();
        let mut made = |files: Vec<File>| {
            let seeds = files.into_iter().map(seed).collect::<Vec<_>>();
            seeds.into_iter().filter_map(|seed| seed.map_err(|problem| problems.push(problem)).ok()).collect::<Vec<_>>()
        };
        let (shared, tenant) = (made(shared.files), made(tenant.files));
        if problems.is_empty() { Ok(Self { shared, tenant, environments }) } else { Err(SeedError::new(problems)) }
    }

    /// With a function among the shared schema's common seeds; its name says when its turn comes.
    ///
    /// What it may do is what a [`RustMigration`](crate::RustMigration) may: it is in the same transaction as the other
    /// seeds, and must not end it. Its checksum is not known, so that recorded it is never *edited*.
    #[cfg(feature = "functions")]
    #[must_use]
    pub fn with_shared(self, name: impl Into<String>, function: impl MigrationFunction + 'static) -> Self {
        self.with_function(Tier::Shared, None, name, function)
    }

    /// With a function among the tenants' common seeds, as [`with_shared`](Self::with_shared).
    ///
    /// ```
    /// use diesel_async::AsyncPgConnection;
    /// use multitenant_runtime::{FunctionResult, SeedSet};
    ///
    /// async fn users(conn: &mut AsyncPgConnection) -> FunctionResult {
    ///     # let _ = conn;
    ///     Ok(())
    /// }
    ///
    /// let seeds = SeedSet::default().with_tenant("10_users", users);
    /// ```
    #[cfg(feature = "functions")]
    #[must_use]
    pub fn with_tenant(self, name: impl Into<String>, function: impl MigrationFunction + 'static) -> Self {
        self.with_function(Tier::Tenant, None, name, function)
    }

    /// With a function among the seeds of a tier that belong to an environment, or to all.
    #[cfg(feature = "functions")]
    #[must_use]
    pub fn with_function(
        mut self,
        tier: Tier,
        environment: Option<&str>,
        name: impl Into<String>,
        function: impl MigrationFunction + 'static,
    ) -> Self {
        self.environments.extend(environment.map(str::to_owned));
        let seeds = match tier {
            Tier::Shared => &mut self.shared,
            Tier::Tenant => &mut self.tenant,
        };
        insert(seeds, environment, &name.into(), function);
        self
    }

    /// The names of the environments that have seeds of their own.
    pub fn environments(&self) -> impl Iterator<Item = &str> {
        self.environments.iter().map(String::as_str)
    }

    /// How many seeds a tier has, those of all environments included.
    #[must_use]
    pub fn len(&self, tier: Tier) -> usize {
        self.of_tier(tier).len()
    }

    /// Whether there are none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.shared.is_empty() && self.tenant.is_empty()
    }

    pub(super) fn has_environment(&self, name: &str) -> bool {
        self.environments.contains(name)
    }

    /// The seeds of a tier in their order, those of this environment included.
    pub(super) fn scripts(&self, tier: Tier, environment: Option<&str>) -> Vec<Migration> {
        let wanted = |seed: &&Seed| seed.environment.is_none() || seed.environment.as_deref() == environment;
        self.of_tier(tier).iter().filter(wanted).map(|seed| seed.script.clone()).collect()
    }

    fn of_tier(&self, tier: Tier) -> &[Seed] {
        match tier {
            Tier::Shared => &self.shared,
            Tier::Tenant => &self.tenant,
        }
    }
}

fn seed(File { name, path, sql, environment }: File) -> Result<Seed, Problem> {
    let script = Script::named(&path, &sql, "seed", Wrapped::Dropped)?;
    Ok(Seed { environment, script: Migration::of_script(&name, script, Some(Checksum::of(&sql))) })
}

/// Among the seeds of its environment, where its name has its place.
#[cfg(feature = "functions")]
fn insert(seeds: &mut Vec<Seed>, environment: Option<&str>, name: &str, function: impl MigrationFunction + 'static) {
    let script = Migration::of_script(name, Script::nothing(name), None).with_function(Function::new(function));
    let is_before = |seed: &Seed| (seed.environment.as_deref(), seed.script.name()) <= (environment, name);
    let place = seeds.iter().position(|seed| !is_before(seed)).unwrap_or(seeds.len());
    seeds.insert(place, Seed { environment: environment.map(str::to_owned), script });
}
