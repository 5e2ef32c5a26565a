//! What is asked for, and what was done.

use std::path::PathBuf;
use std::time::Duration;

use crate::ident::TenantId;
use crate::migration::Version;
use crate::target::Target;

use super::rules::AnonymiseRules;

/// How a tenant is cloned: with its rows, unless somebody says otherwise.
///
/// ```
/// use multitenant_runtime::CloneOptions;
///
/// let empty = CloneOptions::structure();
/// # let _ = empty;
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct CloneOptions {
    pub(crate) structure_only: bool,
    pub(crate) rules: AnonymiseRules,
}

impl CloneOptions {
    /// With all rows as they are.
    pub fn data() -> Self {
        Self::default()
    }

    /// With its history, and no other rows; sequences begin at their start.
    pub fn structure() -> Self {
        Self { structure_only: true, rules: AnonymiseRules::new() }
    }

    /// With its rows, and in the columns that have a rule what that says.
    pub fn anonymised(rules: AnonymiseRules) -> Self {
        Self { structure_only: false, rules }
    }
}

/// A tenant that was made as a copy of another one, or from a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CopiedTenant {
    /// The new tenant, with its schema.
    pub target: Target,
    /// Of whom it is a copy.
    pub from: TenantId,
    /// How many tables it has, a partitioned one counted once, and not the history.
    pub tables: usize,
    /// How many rows they got.
    pub rows: u64,
    /// How many columns have something else in them than the tenant's.
    pub anonymised: usize,
    /// Its tables with rows of which no column has a rule, where there are rules: they are as they were, and may hold what
    /// rules withhold elsewhere. Not the history.
    pub without_rules: Vec<String>,
    /// The migrations of this project that it lacks: `migrate` applies them.
    pub pending: Vec<Version>,
    /// Those whose text was another one when they were applied.
    pub edited: Vec<Version>,
    /// Whether the copy was compared with all that was read of the original. From a file of another major version of
    /// PostgreSQL, which writes the same in other words, only the objects' number is compared.
    pub is_proven: bool,
    /// How long it took.
    pub duration: Duration,
}

/// A tenant that was written to a file.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DumpedTenant {
    /// The tenant, with the schema that has its data.
    pub target: Target,
    /// The file.
    pub file: PathBuf,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// How many tables it has, a partitioned one counted once, and not the history.
    pub tables: usize,
    /// How many rows they had.
    pub rows: u64,
    /// The migrations in its history.
    pub applied: Vec<Version>,
    /// How long it took.
    pub duration: Duration,
}
