//! An ordered, checked set of migrations.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use super::directory::{self, Folder};
use super::down::Down;
use super::statements::Mode;
use super::{Checksum, EmbeddedMigrations, EmbeddedSet, Problem, Script, SetError, Version};
#[cfg(feature = "functions")]
use super::{Function, RustMigration};
use crate::plan::Step;
use crate::target::Tier;

/// One migration of a set.
#[derive(Debug, Clone)]
pub struct Migration {
    pub(super) version: Version,
    pub(super) name: String,
    pub(super) script: Script,
    pub(super) down: Down,
    pub(super) is_reversal: bool,
    pub(super) is_script: bool,
    pub(super) checksum: Option<Checksum>,
    pub(super) run_in_transaction: bool,
    pub(super) allow_shared_locks: bool,
    /// What runs instead of SQL.
    #[cfg(feature = "functions")]
    pub(super) function: Option<Function>,
    /// What reverts that.
    #[cfg(feature = "functions")]
    pub(super) way_back: Option<Function>,
}

impl Migration {
    /// Its version.
    #[must_use]
    pub fn version(&self) -> &Version {
        &self.version
    }

    /// Its folder's name, version included.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The checksum of its `up.sql`; of a Rust function's revision, where it has one.
    #[must_use]
    pub fn checksum(&self) -> Option<Checksum> {
        self.checksum
    }

    /// Whether it can be reverted: it has a `down.sql` that can be run, or a function that is its way back.
    #[must_use]
    pub fn is_reversible(&self) -> bool {
        self.down.script.is_ok()
    }

    /// The text of its `down.sql`, where it has one, comments and all.
    #[must_use]
    pub fn down_sql(&self) -> Option<&str> {
        self.down.text.as_deref()
    }

    /// Whether it runs in a transaction, as most do.
    #[must_use]
    pub fn run_in_transaction(&self) -> bool {
        self.run_in_transaction
    }

    /// What it runs: `up.sql`; of a reversal, `down.sql`.
    pub(crate) fn script(&self) -> &Script {
        &self.script
    }

    /// The way back, as a migration whose script is `down.sql`, and whose record is that it is not applied.
    ///
    /// # Errors
    ///
    /// Why there is none, naming the file.
    pub(crate) fn reversal(&self) -> Result<Self, &str> {
        match &self.down.script {
            Ok(down) => Ok(Self {
                script: down.clone(),
                is_reversal: true,
                #[cfg(feature = "functions")]
                function: self.way_back.clone(),
                ..self.clone()
            }),
            Err(reason) => Err(reason),
        }
    }

    /// The same within a transaction, on empty tables; what cannot be there fails there.
    pub(crate) fn at_once(&self) -> Self {
        match self.run_in_transaction {
            true => self.clone(),
            false => Self { script: self.script.at_once(), run_in_transaction: true, ..self.clone() },
        }
    }

    /// Whether it is a Rust function, and has no SQL.
    #[must_use]
    pub fn is_function(&self) -> bool {
        #[cfg(feature = "functions")]
        return self.function.is_some();
        #[cfg(not(feature = "functions"))]
        false
    }

    /// What runs instead of SQL.
    #[cfg(feature = "functions")]
    pub(crate) fn function(&self) -> Option<&Function> {
        self.function.as_ref()
    }

    /// What is run as a migration's script is, and is none: a seed, or statements for the whole fleet. Its version is its
    /// name.
    pub(crate) fn of_script(name: &str, script: Script, checksum: Option<Checksum>) -> Self {
        Self {
            version: Version::recorded(name),
            name: name.to_owned(),
            script,
            down: Down { text: None, script: Err("it is no migration".into()) },
            is_reversal: false,
            is_script: true,
            checksum,
            run_in_transaction: true,
            allow_shared_locks: false,
            #[cfg(feature = "functions")]
            function: None,
            #[cfg(feature = "functions")]
            way_back: None,
        }
    }

    /// The same, with a function instead of SQL.
    #[cfg(feature = "functions")]
    pub(crate) fn with_function(self, function: Function) -> Self {
        Self { function: Some(function), ..self }
    }

    /// Whether it is no migration, and only run as one is.
    pub(crate) fn is_script(&self) -> bool {
        self.is_script
    }

    /// Whether its script is the way back, so that its version leaves the history.
    pub(crate) fn is_reversal(&self) -> bool {
        self.is_reversal
    }

    /// Whether it may lock a table of the shared schema (`multitenant.allow_shared_locks`).
    #[must_use]
    pub fn allow_shared_locks(&self) -> bool {
        self.allow_shared_locks
    }
}

/// An ordered set of migrations, checked and split: the shared ones, or the tenants'.
///
/// It is also a Diesel [`MigrationSource`](diesel::migration::MigrationSource), so that Diesel's own harness
/// can apply it to a single schema. Cloning is cheap.
///
/// ```
/// use multitenant_runtime::{Tier, migration::MigrationSet};
///
/// # let folder = std::env::temp_dir().join(format!("doctest-set-{}", std::process::id()));
/// # std::fs::create_dir_all(folder.join("1_users"))?;
/// # std::fs::write(folder.join("1_users/up.sql"), "create table users (id int primary key);")?;
/// let set = MigrationSet::from_folder(Tier::Tenant, &folder)?;
/// assert_eq!(set.migrations()[0].version().as_str(), "1");
/// # std::fs::remove_dir_all(folder)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct MigrationSet {
    tier: Tier,
    migrations: Arc<[Migration]>,
}

impl MigrationSet {
    /// Reads a folder of migrations in Diesel's layout.
    ///
    /// # Errors
    ///
    /// [`SetError`] with everything that is wrong: a folder that cannot be read, one without `up.sql`, a
    /// version that is missing, too long or there twice, a `metadata.toml` that is not understood, SQL that
    /// cannot be split.
    pub fn from_folder(tier: Tier, folder: &Path) -> Result<Self, SetError> {
        let (folders, problems) = directory::read(folder);
        Self::build(tier, folders, problems)
    }

    /// The shared and the tenant set that a binary embeds.
    ///
    /// # Errors
    ///
    /// [`SetError`] for SQL that cannot be split, with file and line.
    pub fn embedded(migrations: &EmbeddedMigrations) -> Result<(Option<Self>, Self), SetError> {
        // Nothing else reads it, and what nobody reads does not get into a binary.
        std::hint::black_box(migrations.manifest);
        let shared = migrations.shared.map(|set| Self::from_embedded(Tier::Shared, set)).transpose()?;
        Ok((shared, Self::from_embedded(Tier::Tenant, migrations.tenant)?))
    }

    fn from_embedded(tier: Tier, set: EmbeddedSet) -> Result<Self, SetError> {
        let folders = set.migrations.iter().map(|migration| Folder {
            name: migration.name.to_owned(),
            path: format!("{}/{}", set.folder, migration.name),
            up: migration.up.to_owned(),
            down: migration.down.map(str::to_owned),
            run_in_transaction: migration.run_in_transaction,
            allow_shared_locks: migration.allow_shared_locks,
        });
        Self::build(tier, folders.collect(), Vec::new())
    }

    fn build(tier: Tier, folders: Vec<Folder>, mut problems: Vec<Problem>) -> Result<Self, SetError> {
        let migrations =
            folders.into_iter().filter_map(|f| migration(f).map_err(|problem| problems.push(problem)).ok()).collect();
        Self::sorted(tier, migrations, problems)
    }

    /// The set without a migration, for one that has functions only.
    #[must_use]
    pub fn empty(tier: Tier) -> Self {
        Self { tier, migrations: Arc::default() }
    }

    /// The set with these functions in their places.
    ///
    /// # Errors
    ///
    /// [`SetError`] where a name has no usable version, or one that is there already.
    #[cfg(feature = "functions")]
    pub fn with_functions(self, functions: impl IntoIterator<Item = RustMigration>) -> Result<Self, SetError> {
        let mut migrations = self.migrations.to_vec();
        let mut problems = Vec::new();
        for function in functions {
            match function.into_migration() {
                Ok(migration) => migrations.push(migration),
                Err(problem) => problems.push(problem),
            }
        }
        Self::sorted(self.tier, migrations, problems)
    }

    fn sorted(tier: Tier, mut migrations: Vec<Migration>, mut problems: Vec<Problem>) -> Result<Self, SetError> {
        migrations.sort_by(|a, b| a.version.cmp(&b.version).then_with(|| a.name.cmp(&b.name)));
        for pair in migrations.windows(2) {
            if let [a, b] = pair
                && a.version == b.version
            {
                problems.push(Problem::in_file(
                    b.script.path(),
                    format!("has the version {} of {:?}: give one of the two another version", b.version, a.name),
                ));
            }
        }
        if problems.is_empty() {
            Ok(Self { tier, migrations: migrations.into() })
        } else {
            problems.sort_by(|a, b| a.path.cmp(&b.path));
            Err(SetError::new(tier, problems))
        }
    }

    /// The tier that the set is for.
    #[must_use]
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The migrations in the order in which they are applied.
    #[must_use]
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The newest version, if there is any.
    #[must_use]
    pub fn head(&self) -> Option<&Version> {
        self.migrations.last().map(Migration::version)
    }

    /// What a step runs; nothing where it changes the history alone, or there is no way back.
    pub(crate) fn script_of(&self, step: &Step) -> Option<Cow<'_, Migration>> {
        match step {
            Step::Apply(version) => self.get(version).map(Cow::Borrowed),
            Step::Revert(version) => self.get(version)?.reversal().ok().map(Cow::Owned),
            _ => None,
        }
    }

    pub(crate) fn get(&self, version: &Version) -> Option<&Migration> {
        let at = self.migrations.binary_search_by(|migration| migration.version.cmp(version)).ok()?;
        self.migrations.get(at)
    }
}

fn migration(folder: Folder) -> Result<Migration, Problem> {
    let version = Version::of_folder(&folder.name).ok_or_else(|| {
        Problem::in_file(
            &folder.path,
            "has no usable version: a folder's name begins with a version of 1 to 50 characters and `_`, \
             as in 2026-11-02-101500_add_total",
        )
    })?;
    let mode = if folder.run_in_transaction { Mode::Transactional } else { Mode::NonTransactional };
    Ok(Migration {
        version,
        script: Script::parse(&format!("{}/up.sql", folder.path), &folder.up, mode)?,
        checksum: Some(Checksum::of(&folder.up)),
        down: Down::parse(&folder.path, folder.down.as_deref(), mode),
        is_reversal: false,
        is_script: false,
        name: folder.name,
        run_in_transaction: folder.run_in_transaction,
        allow_shared_locks: folder.allow_shared_locks,
        #[cfg(feature = "functions")]
        function: None,
        #[cfg(feature = "functions")]
        way_back: None,
    })
}
