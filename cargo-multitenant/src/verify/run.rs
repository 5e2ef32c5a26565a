//! Both tiers, one after the other; then the tenants with each other, and the schema code with the database.

use std::path::Path;

use multitenant_runtime::migration::Migration;
use multitenant_runtime::{Error, MigrationSet, Migrator, Operation, Scope, Settings, Target, TenantId, Tier, Version};

use super::rehearsal::{Rehearsal, Rehearsed, Step, said};
use super::scratch::{Scratch, Tenants, Where};
use crate::config::slashes;
use crate::context::Project;
use crate::error::CliError;
use crate::finding::{Complaint, Level};
use crate::interrupt::Signals;

/// What to do about a second tenant.
const SECOND: &str = "look for what depends on the tenant, on what is there already, or on the time of day";

/// What `verify` has found.
#[derive(Debug)]
pub(crate) struct Verified {
    /// Where there are shared migrations.
    pub(crate) shared: Option<Rehearsed>,
    /// Where the shared ones could all be applied.
    pub(crate) tenants: Option<Rehearsed>,
    /// Whether a tenant whose migrations were reverted is equal to one that was only migrated.
    pub(crate) tenants_equal: Option<bool>,
    /// How many `table!` were compared with the database; `None` where that could not be.
    pub(crate) schema_code: Option<usize>,
    /// What is about no single migration.
    pub(crate) complaints: Vec<Complaint>,
}

impl Verified {
    /// All complaints, in the order in which things were tried.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = &Complaint> {
        let tiers = self.shared.iter().chain(&self.tenants);
        tiers.flat_map(|tier| &tier.complaints).chain(&self.complaints)
    }
}

/// Tries the migrations of a project out.
pub(crate) async fn verify(
    project: &Project,
    here: &Path,
    place: &Where,
    from: Option<Version>,
    mut progress: impl FnMut(Tier, usize, usize),
) -> Result<Verified, CliError> {
    let (shared, tenant) = project.sets();
    let config = project.config();
    let folders = (slashes(&config.new_shared_folder()), slashes(&config.new_tenant_folder()));
    let mut stage =
        Stage { here, shared, tenant, settings: &config.settings, place, from, scratch: Scratch::create(place).await? };
    let mut signals = Signals::catch().map_err(CliError::System)?;
    let verified = tokio::select! {
        verified = Box::pin(stage.verify(project, &folders, &mut progress)) => verified,
        signal = signals.next() => Err(CliError::Interrupted(signal)),
    };
    let dropped = stage.scratch.drop().await;
    let verified = verified?;
    dropped.map(|()| verified)
}

/// Where it is tried now.
struct Stage<'a> {
    /// Where we stand.
    here: &'a Path,
    shared: Option<&'a MigrationSet>,
    tenant: &'a MigrationSet,
    settings: &'a Settings,
    place: &'a Where,
    scratch: Scratch,
    /// Migrations before this one are only applied.
    from: Option<Version>,
}

impl Stage<'_> {
    async fn verify(
        &mut self,
        project: &Project,
        folders: &(String, String),
        progress: &mut impl FnMut(Tier, usize, usize),
    ) -> Result<Verified, CliError> {
        let mut verified =
            Verified { shared: None, tenants: None, tenants_equal: None, schema_code: None, complaints: Vec::new() };
        if let Some(set) = self.shared {
            let rehearsed = self.rehearse(Tier::Shared, set, &folders.0, progress).await?;
            let is_stuck = rehearsed.up < rehearsed.migrations;
            verified.shared = Some(rehearsed);
            if is_stuck {
                return Ok(verified);
            }
        }
        let rehearsed = self.rehearse(Tier::Tenant, self.tenant, &folders.1, progress).await?;
        let is_stuck = rehearsed.up < rehearsed.migrations;
        verified.tenants = Some(rehearsed);
        if is_stuck {
            return Ok(verified);
        }
        self.look_for_nothing(folders, &mut verified);
        self.compare_tenants(&mut verified).await?;
        #[cfg(feature = "lint")]
        {
            let migrator = self.migrator()?;
            let tenants = self.tenants()?;
            let found = super::schema_code::compare(project, self.here, &migrator, &tenants.plain).await?;
            verified.schema_code = found.map(|(tables, complaints)| {
                verified.complaints.extend(complaints);
                tables
            });
        }
        #[cfg(not(feature = "lint"))]
        let _ = (project, self.here);
        Ok(verified)
    }

    /// Runs all migrations of a tier up, down and up again.
    async fn rehearse(
        &mut self,
        tier: Tier,
        set: &MigrationSet,
        folder: &str,
        progress: &mut impl FnMut(Tier, usize, usize),
    ) -> Result<Rehearsed, CliError> {
        let mut found = Rehearsed { migrations: set.migrations().len(), ..Rehearsed::default() };
        let mut migrator = self.migrator()?;
        let mut target = self.target(&migrator, tier).await?;
        let shared = match (tier, self.shared) {
            (Tier::Tenant, Some(_)) => Some(self.target(&migrator, Tier::Shared).await?),
            _ => None,
        };
        let older = set.migrations().iter().filter(|migration| self.is_older(migration.version())).count();
        if !self.apply_older(&migrator, &target, &set.migrations()[..older], folder, &mut found).await? {
            return Ok(found);
        }
        let mut before = migrator.portrait(&target).await.map_err(CliError::Runtime)?;
        for (number, migration) in (1..).zip(set.migrations()).skip(older) {
            progress(tier, number, found.migrations);
            let shared = shared.as_ref();
            let rehearsal = Rehearsal { migrator: &migrator, target: &target, shared, folder };
            match rehearsal.step(migration, &mut before, &mut found).await.map_err(CliError::Runtime)? {
                Step::Whole => {}
                Step::Stuck => break,
                Step::Broken => {
                    self.begin_anew(tier).await?;
                    migrator = self.migrator()?;
                    target = self.target(&migrator, tier).await?;
                    let up = Operation::migrate(scope_of(&target)).to(migration.version().clone());
                    Box::pin(migrator.run(up)).await.map_err(CliError::Runtime)?;
                }
            }
        }
        Ok(found)
    }

    fn is_older(&self, version: &Version) -> bool {
        self.from.as_ref().is_some_and(|from| version < from)
    }

    /// Applies those that are not rehearsed, all at once; whether that went well.
    async fn apply_older(
        &self,
        migrator: &Migrator,
        target: &Target,
        older: &[Migration],
        folder: &str,
        found: &mut Rehearsed,
    ) -> Result<bool, CliError> {
        let Some(last) = older.last() else { return Ok(true) };
        let rehearsal = Rehearsal { migrator, target, shared: None, folder };
        let failure = rehearsal.apply(last, older, found).await.map_err(CliError::Runtime)?;
        found.only_applied = found.up;
        Ok(!failure)
    }

    /// A fresh database, where the old one is not what it should be, with what comes before the tier.
    async fn begin_anew(&mut self, tier: Tier) -> Result<(), CliError> {
        let fresh = Scratch::create(self.place).await?;
        std::mem::replace(&mut self.scratch, fresh).drop().await?;
        if tier == Tier::Tenant && self.shared.is_some() {
            Box::pin(self.migrator()?.migrate(Scope::shared())).await.map_err(CliError::Runtime)?;
        }
        Ok(())
    }

    /// A folder without migrations is more often a wrong one.
    fn look_for_nothing(&self, folders: &(String, String), verified: &mut Verified) {
        if !self.tenant.migrations().is_empty() {
            return;
        }
        let has_shared = self.shared.is_some_and(|shared| !shared.migrations().is_empty());
        let level = if has_shared { Level::Warning } else { Level::Error };
        let message = format!("there are no migrations for tenants in {}", folders.1);
        let complaint = Complaint::new("verify-no-migrations", level, message);
        verified
            .complaints
            .push(complaint.help("correct migrations.folder, or begin with `cargo multitenant generate tenant NAME`"));
    }

    /// A tenant that went back and forth, against one that did not.
    async fn compare_tenants(&self, verified: &mut Verified) -> Result<(), CliError> {
        let (migrator, tenants) = (self.migrator()?, self.tenants()?);
        let scope = Scope::tenant(tenants.plain.clone());
        if let Err(error) = Box::pin(migrator.migrate(scope)).await {
            let Error::Incomplete(report) = &error else { return Err(CliError::Runtime(error)) };
            let failure = report.targets.iter().find_map(|target| target.failure.clone());
            let why = failure.map_or_else(|| error.to_string(), |failure| failure.to_string());
            let message = format!("the second tenant cannot be migrated as the first was: {why}");
            verified.tenants_equal = Some(false);
            verified.complaints.push(Complaint::new("verify-second-tenant-fails", Level::Error, message).help(SECOND));
            return Ok(());
        }
        let plan = migrator.plan(Scope::tenants()).await.map_err(CliError::Runtime)?;
        let look = async |id: &TenantId| {
            let target = plan.tenants.iter().map(|plan| &plan.target).find(|target| target.tenant() == Some(id));
            let target = target.ok_or_else(|| CliError::Runtime(Error::UnknownTenants(vec![id.clone()])))?;
            migrator.portrait(target).await.map_err(CliError::Runtime)
        };
        let (first, second) = (look(&tenants.rehearsing).await?, look(&tenants.plain).await?);
        let differences = second.differences(&first);
        verified.tenants_equal = Some(differences.is_empty());
        if !differences.is_empty() {
            let message = format!("the second tenant is not equal to the first: {}", said(&differences));
            verified.complaints.push(Complaint::new("verify-tenants-differ", Level::Error, message).help(SECOND));
        }
        Ok(())
    }

    fn migrator(&self) -> Result<Migrator, CliError> {
        self.scratch.migrator(self.shared, self.tenant, self.settings, &self.tenants()?)
    }

    fn tenants(&self) -> Result<Tenants, CliError> {
        Tenants::new()
    }

    /// The shared schema, or the tenant that rehearses.
    async fn target(&self, migrator: &Migrator, tier: Tier) -> Result<Target, CliError> {
        let rehearsing = self.tenants()?.rehearsing;
        let (scope, tenant) = match tier {
            Tier::Shared => (Scope::shared(), None),
            Tier::Tenant => (Scope::tenant(rehearsing.clone()), Some(rehearsing)),
        };
        let plan = migrator.plan(scope).await.map_err(CliError::Runtime)?;
        let target = plan.targets().map(|plan| plan.target.clone()).find(|target| target.tenant() == tenant.as_ref());
        target.ok_or_else(|| CliError::Runtime(Error::UnknownTenants(tenant.into_iter().collect())))
    }
}

fn scope_of(target: &Target) -> Scope {
    target.tenant().cloned().map_or_else(Scope::shared, Scope::tenant)
}
