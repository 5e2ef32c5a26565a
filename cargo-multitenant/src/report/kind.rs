//! Which operation a result is about: what its documents hold, and in which words.

use multitenant_runtime::Step;

use crate::output::counted;

/// Which operation a result is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Migrate,
    /// `migrate --mark-applied`.
    Mark,
    Rollback,
    Redo,
    Repair,
    /// `tenant create`.
    Create,
    Seed,
    /// `sql`.
    Ask,
}

impl Kind {
    /// The command that does it.
    pub(crate) fn command(self) -> &'static str {
        match self {
            Self::Migrate => "migrate",
            Self::Mark => "migrate --mark-applied",
            Self::Rollback => "rollback",
            Self::Redo => "redo",
            Self::Repair => "repair",
            Self::Create => "tenant create",
            Self::Seed => "seed",
            Self::Ask => "sql",
        }
    }

    /// Whether its targets say what was applied.
    pub(super) fn applies(self) -> bool {
        matches!(self, Self::Migrate | Self::Mark | Self::Redo | Self::Create | Self::Seed)
    }

    /// Whether its targets say what was reverted.
    pub(super) fn reverts(self) -> bool {
        matches!(self, Self::Rollback | Self::Redo)
    }

    /// Whether its targets say what was changed in their histories alone.
    pub(super) fn records(self) -> bool {
        matches!(self, Self::Migrate | Self::Mark | Self::Repair)
    }

    /// What is done to so many schemas by so many migrations, as it stands after the schemas' count.
    pub(super) fn intention(self, schemas: usize, migrations: usize) -> String {
        let migrations = match self {
            Self::Repair => counted(migrations, "change of a history", "changes of histories"),
            _ => counted(migrations, "migration", "migrations"),
        };
        match self {
            Self::Migrate => format!("{schemas} to be migrated with {migrations}"),
            Self::Mark => format!("{schemas} to be recorded as having {migrations}"),
            Self::Rollback => format!("{schemas} to be rolled back by {migrations}"),
            Self::Redo => format!("{schemas} to be rolled back by {migrations} and migrated again"),
            Self::Repair => format!("{schemas} to be repaired with {migrations}"),
            Self::Create => format!("{schemas} to be created with {migrations}"),
            Self::Seed => format!("{schemas} to be seeded"),
            Self::Ask => format!("{schemas} to be asked"),
        }
    }

    /// The question whether that shall be done.
    pub(crate) fn question(self, schemas: usize, migrations: usize) -> String {
        let schemas = counted(schemas, "schema", "schemas");
        let number = |one, many| counted(migrations, one, many);
        match self {
            Self::Rollback => format!("Roll back {schemas} by {}?", number("migration", "migrations")),
            Self::Redo => format!("Redo {} in {schemas}?", number("migration", "migrations")),
            Self::Migrate => format!("Migrate {schemas} with {}?", number("migration", "migrations")),
            Self::Seed => format!("Seed {schemas}?"),
            _ => format!("Make {} in {schemas}?", number("change of a history", "changes of histories")),
        }
    }
}

/// What a step does, as an order.
pub(super) fn verb(step: &Step) -> &'static str {
    match step {
        Step::Apply(_) => "apply",
        Step::Revert(_) => "revert",
        Step::Mark(_) => "record",
        Step::Forget(_) => "forget",
        Step::Accept(_) => "accept",
        _ => "change",
    }
}

/// What a step has done.
pub(super) fn participle(step: &Step) -> &'static str {
    match step {
        Step::Apply(_) => "applied",
        Step::Revert(_) => "reverted",
        Step::Mark(_) => "recorded",
        Step::Forget(_) => "forgot",
        Step::Accept(_) => "accepted",
        _ => "changed",
    }
}
