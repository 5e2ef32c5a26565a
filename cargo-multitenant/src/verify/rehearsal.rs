//! The migrations of one tier, one after the other: up, down, and up again, with a look after each.

use multitenant_runtime::migration::Migration;
use multitenant_runtime::{
    Difference, Error, Extent, Failure, Migrator, ObjectKind, Operation, Portrait, Scope, Target, Tier,
};

use super::labels;
use crate::finding::{Complaint, FilePoint, Level};

/// What became of the migrations of one tier.
#[derive(Debug, Default)]
pub(crate) struct Rehearsed {
    /// How many there are.
    pub(crate) migrations: usize,
    /// How many were applied.
    pub(crate) up: usize,
    /// How many led back to what was before, and forward again to the same.
    pub(crate) down_and_up: usize,
    /// How many of those are older than what was to be tried, and were not reverted.
    pub(crate) only_applied: usize,
    /// How many have no way back.
    pub(crate) irreversible: usize,
    pub(crate) complaints: Vec<Complaint>,
}

/// How a migration has ended.
pub(super) enum Step {
    /// The schema is as it would be if the migration had just been applied once.
    Whole,
    /// It is not: whatever comes next needs a fresh one.
    Broken,
    /// It cannot be applied, so that nothing after it can be tried.
    Stuck,
}

/// The rehearsal of one migration in the schema of one target.
pub(super) struct Rehearsal<'a> {
    pub(super) migrator: &'a Migrator,
    /// The shared schema, or the tenant that rehearses.
    pub(super) target: &'a Target,
    /// The shared schema, where what rehearses is a tenant: some migrations say that they change it.
    pub(super) shared: Option<&'a Target>,
    /// The tier's folder, as it is shown.
    pub(super) folder: &'a str,
}

impl Rehearsal<'_> {
    /// Applies the migration, reverts it and applies it again. `before` is the schema as it is now, and becomes the
    /// schema with the migration.
    pub(super) async fn step(
        &self,
        migration: &Migration,
        before: &mut Portrait,
        found: &mut Rehearsed,
    ) -> Result<Step, Error> {
        let up = Operation::migrate(self.scope()).to(migration.version().clone());
        let shared = self.look_at_shared(migration).await?;
        if let Some(failure) = self.run(up.clone()).await? {
            let message = format!("{} cannot be applied: {failure}", self.name(migration));
            found.complaints.push(self.complaint("verify-up-fails", migration, "up.sql", message, &failure));
            return Ok(Step::Stuck);
        }
        found.up += 1;
        let after = self.look().await?;
        if !migration.is_reversible() {
            found.irreversible += 1;
            *before = after;
            return Ok(Step::Whole);
        }
        let back = Operation::rollback(self.scope(), Extent::default());
        if let Some(failure) = self.run(back).await? {
            let message = format!("{} cannot be reverted: {failure}", self.name(migration));
            found.complaints.push(self.complaint("verify-down-fails", migration, "down.sql", message, &failure));
            let is_whole = self.look().await?.differences(&after).is_empty();
            *before = after;
            return Ok(if is_whole { Step::Whole } else { Step::Broken });
        }
        let reverted = self.look().await?;
        let mut is_inverse = self.compare("verify-down-not-inverse", migration, "down.sql", before, &reverted, found);
        if let Some((before, after)) = shared.zip(self.look_at_shared(migration).await?) {
            is_inverse &= self.compare("verify-shared-changed", migration, "down.sql", &before, &after, found);
        }
        *before = after;
        let after = before;
        // What comes of a way back that leads elsewhere is not told again.
        if let Some(failure) = self.run(up).await? {
            if is_inverse {
                let message = format!("{} cannot be applied again after its down.sql: {failure}", self.name(migration));
                found.complaints.push(self.complaint("verify-up-again-fails", migration, "up.sql", message, &failure));
            }
            return Ok(Step::Broken);
        }
        let again = self.look().await?;
        if !is_inverse {
            return Ok(if again.differences(after).is_empty() { Step::Whole } else { Step::Broken });
        }
        if !self.compare("verify-up-again-differs", migration, "up.sql", after, &again, found) {
            return Ok(Step::Broken);
        }
        found.down_and_up += 1;
        Ok(Step::Whole)
    }
}

impl Rehearsal<'_> {
    /// Applies some at once, up to the last of them; whether that fails.
    pub(super) async fn apply(
        &self,
        last: &Migration,
        all: &[Migration],
        found: &mut Rehearsed,
    ) -> Result<bool, Error> {
        let up = Operation::migrate(self.scope()).to(last.version().clone());
        let Some(failure) = self.run(up).await? else {
            found.up += all.len();
            return Ok(false);
        };
        let failed = |migration: &&Migration| failure.migration.as_deref() == Some(migration.version().as_str());
        let migration = all.iter().find(failed).unwrap_or(last);
        found.up += all.iter().take_while(|one| one.version() < migration.version()).count();
        let message = format!("{} cannot be applied: {failure}", self.name(migration));
        found.complaints.push(self.complaint("verify-up-fails", migration, "up.sql", message, &failure));
        Ok(true)
    }

    /// Runs an operation on the one target; why it failed, if it did.
    async fn run(&self, operation: Operation) -> Result<Option<Failure>, Error> {
        match Box::pin(self.migrator.run(operation)).await {
            Ok(_) => Ok(None),
            Err(Error::Incomplete(report)) => {
                let failure = report.targets.iter().find_map(|target| target.failure.clone());
                // Where nobody says why it is not done, that is the report's to tell.
                failure.map(Some).ok_or(Error::Incomplete(report))
            }
            Err(other) => Err(other),
        }
    }

    fn scope(&self) -> Scope {
        self.target.tenant().cloned().map_or_else(Scope::shared, Scope::tenant)
    }

    /// The schema as it is now.
    pub(super) async fn look(&self) -> Result<Portrait, Error> {
        self.migrator.portrait(self.target).await
    }

    /// The shared schema, where the migration says that it changes it; else the migrator sees to it that it does not.
    async fn look_at_shared(&self, migration: &Migration) -> Result<Option<Portrait>, Error> {
        match self.shared.filter(|_| migration.allow_shared_locks()) {
            Some(shared) => Ok(Some(self.migrator.portrait(shared).await?)),
            None => Ok(None),
        }
    }

    /// Complains where the two differ; whether they are equal, but for what down.sql says that it leaves.
    fn compare(
        &self,
        code: &'static str,
        migration: &Migration,
        file: &str,
        expected: &Portrait,
        found: &Portrait,
        rehearsed: &mut Rehearsed,
    ) -> bool {
        let differences = found.differences(expected);
        if differences.is_empty() {
            return true;
        }
        let name = self.name(migration);
        if code == "verify-down-not-inverse" && labels::only_come(expected, found) && labels::are_said(migration) {
            let message = format!("{name}: labels stay after down.sql, as it says itself: {}", said(&differences));
            let mut note = Complaint::new(code, Level::Info, message).object(migration.name());
            note.file = Some(self.point(migration, file, 1, 1));
            rehearsed.complaints.push(note);
            return true;
        }
        let what = match code {
            "verify-down-not-inverse" => format!("{name}: down.sql does not lead back to what was before it"),
            "verify-shared-changed" => format!("{name}: down.sql does not undo what up.sql does to the shared schema"),
            _ => format!("{name}: up.sql makes something else after down.sql than before it"),
        };
        let message = format!("{what}: {}", said(&differences));
        let mut complaint = Complaint::new(code, Level::Error, message).object(migration.name());
        complaint.file = Some(self.point(migration, file, 1, 1));
        let is_of_labels = differences.iter().all(|difference| difference.kind == ObjectKind::Enum);
        rehearsed.complaints.push(complaint.help(match code {
            "verify-down-not-inverse" if is_of_labels => {
                "PostgreSQL cannot take a label away: leave down.sql out, so that nobody takes this for a way back, let it \
                 say `-- irreversible: reason`, or make the type anew"
            }
            "verify-down-not-inverse" | "verify-shared-changed" => "let down.sql undo what up.sql does, newest first",
            _ => "let down.sql undo everything that up.sql does, and up.sql not depend on what it finds",
        }));
        false
    }

    fn complaint(
        &self,
        code: &'static str,
        migration: &Migration,
        file: &str,
        message: String,
        failure: &Failure,
    ) -> Complaint {
        let mut complaint = Complaint::new(code, Level::Error, message).object(migration.name());
        let line = |line: Option<u32>| line.and_then(|line| usize::try_from(line).ok()).unwrap_or(1);
        complaint.file = Some(self.point(migration, file, line(failure.line), line(failure.column)));
        complaint.help(failure.hint.clone().unwrap_or_else(|| format!("correct its {file}")))
    }

    fn point(&self, migration: &Migration, file: &str, line: usize, column: usize) -> FilePoint {
        FilePoint { file: format!("{}/{}/{file}", self.folder, migration.name()), line, column }
    }

    fn name(&self, migration: &Migration) -> String {
        let tier = match self.target.tier() {
            Tier::Shared => "shared",
            Tier::Tenant => "tenant",
        };
        format!("the {tier} migration {}", migration.name())
    }
}

/// The first few differences, and how many more there are.
pub(super) fn said(differences: &[Difference]) -> String {
    const SHOWN: usize = 4;
    let shown: Vec<String> = differences.iter().take(SHOWN).map(ToString::to_string).collect();
    match differences.len().saturating_sub(SHOWN) {
        0 => shown.join("; "),
        more => format!("{}; and {more} more", shown.join("; ")),
    }
}
