//! What ends a call, with everything that was done before it.

use std::fmt;

use crate::connection::{ConnectError, UrlError};
use crate::copy::DumpError;
use crate::ident::TenantId;
use crate::migration::{SetError, Version};
use crate::registry::RegistryError;
use crate::run::{Failure, HookError, Report};
use crate::seed::SeedError;
use crate::settings::SettingsError;

/// What ends a call of the [`Migrator`](crate::Migrator).
///
/// One tenant's failure does not end a run: the run goes on, and [`Error::Incomplete`] holds its whole report.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting cannot be used.
    Settings(SettingsError),
    /// The migrations themselves cannot be used.
    Migrations(SetError),
    /// No database was named.
    NoDatabase,
    /// The database URL cannot be used.
    Url(UrlError),
    /// The database cannot be reached.
    Connect(ConnectError),
    /// The list of tenants cannot be had.
    Registry(RegistryError),
    /// These tenants were asked for, and the registry does not have them.
    UnknownTenants(Vec<TenantId>),
    /// No tenant's id fits these patterns.
    NoTenantMatches(Vec<String>),
    /// No migration of the tiers that the operation is about has this version.
    UnknownVersion(Version),
    /// What would have to be reverted has no way back, for these reasons; nothing was done.
    Irreversible(Vec<String>),
    /// No seed is of this environment.
    UnknownEnvironment(String),
    /// The seeds cannot be used.
    Seeds(SeedError),
    /// A dump cannot be read or written.
    Dump(DumpError),
    /// The operation is about one tier: the shared schema, or tenants.
    TwoTiers,
    /// A query of the run's own failed.
    Database(Box<Failure>),
    /// The run ended, and not every target is as this binary wants it; the report says which and why.
    Incomplete(Box<Report>),
    /// The blocking form could not start a runtime.
    Runtime(std::io::Error),
    /// The hook `before_run` failed, and nothing was begun; or `after_run` did, and everything in the report stays.
    Hook {
        /// What was done: after `before_run`, every target as not tried.
        report: Box<Report>,
        /// Which hook failed, and with what.
        error: Box<HookError>,
        /// What had ended the run before its end, where something had.
        aborted_by: Option<Box<Error>>,
    },
    /// The run could not go on after some of its work was done: that work is in the report.
    Aborted {
        /// What was done until then.
        report: Box<Report>,
        /// What ended it.
        error: Box<Error>,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Settings(error) => error.fmt(f),
            Self::Migrations(error) => error.fmt(f),
            Self::NoDatabase => {
                f.write_str("no database is named: give its URL with `.database_url(…)` or `.migrate_url(…)`")
            }
            Self::Url(error) => error.fmt(f),
            Self::Connect(error) => error.fmt(f),
            Self::Registry(error) => error.fmt(f),
            Self::UnknownTenants(ids) => {
                f.write_str("the registry has no tenant")?;
                ids.iter()
                    .enumerate()
                    .try_for_each(|(i, id)| write!(f, "{} {:?}", if i > 0 { "," } else { "" }, id.as_str()))?;
                f.write_str(": check the spelling (ids are case-sensitive), or create the tenant first")
            }
            Self::NoTenantMatches(patterns) => {
                f.write_str("no tenant's id fits")?;
                patterns
                    .iter()
                    .enumerate()
                    .try_for_each(|(i, p)| write!(f, "{} {p:?}", if i > 0 { "," } else { "" }))?;
                f.write_str(": `*` is any text, `?` any character, and ids are case-sensitive")
            }
            Self::UnknownVersion(version) => write!(
                f,
                "no migration has the version {version}: give the version, or the folder's name, of one of those that \
                 the operation is about"
            ),
            Self::Irreversible(reasons) => {
                f.write_str("what would be reverted has no way back, so nothing was done")?;
                reasons.iter().try_for_each(|reason| write!(f, "\n  {reason}"))
            }
            Self::UnknownEnvironment(name) => {
                write!(
                    f,
                    "no seed is of the environment {name:?}: make a folder of that name among the seeds, or correct it"
                )
            }
            Self::Seeds(error) => error.fmt(f),
            Self::Dump(error) => error.fmt(f),
            Self::TwoTiers => f.write_str("this is done in one tier at a time: say the shared schema, or tenants"),
            Self::Database(failure) => {
                failure.fmt(f)?;
                failure.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
            }
            Self::Incomplete(report) => incomplete(report, f),
            Self::Runtime(error) => write!(f, "cannot start a runtime to wait in: {error}"),
            Self::Hook { report, error, aborted_by } => hook(report, error, aborted_by.as_deref(), f),
            Self::Aborted { error, .. } => write!(f, "the run ended early: {error}"),
        }
    }
}

/// The counts, then the failures: the first ones in full, since a log line is read before a report is.
fn incomplete(report: &Report, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const SHOWN: usize = 5;
    let summary = report.summary();
    let done = summary.applied + summary.up_to_date;
    let cancelled = if report.cancelled { "the run was cancelled: " } else { "" };
    write!(
        f,
        "{cancelled}{done} of {} schemas are migrated, {} failed, {} were left alone, {} not tried",
        report.targets.len() + report.unusable.len(),
        summary.failed,
        summary.skipped,
        summary.not_tried
    )?;
    let failures = || {
        let unusable = report.unusable.iter().map(|tenant| ("[tenants]".to_owned(), &tenant.failure));
        let targets = report.incomplete().filter_map(|t| Some((t.target.to_string(), t.failure.as_ref()?)));
        targets.chain(unusable)
    };
    for (target, failure) in failures().take(SHOWN) {
        write!(f, "\n  {target}: {failure}")?;
    }
    match failures().count().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => write!(f, "\n  and {more} more"),
    }
}

fn hook(report: &Report, error: &HookError, aborted_by: Option<&Error>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    write!(f, "{error}")?;
    if let Some(aborted_by) = aborted_by {
        write!(f, "; the run had ended early: {aborted_by}")?;
    }
    if report.is_complete() {
        return f.write_str("; what the run was to do is done");
    }
    f.write_str("; ")?;
    incomplete(report, f)
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Settings(error) => Some(error),
            Self::Migrations(error) => Some(error),
            Self::Url(error) => Some(error),
            Self::Connect(error) => Some(error),
            Self::Registry(error) => Some(error),
            Self::Runtime(error) => Some(error),
            Self::Seeds(error) => Some(error),
            Self::Dump(error) => Some(error),
            Self::Hook { error, .. } => Some(&**error),
            Self::Aborted { error, .. } => Some(&**error),
            Self::NoDatabase
            | Self::UnknownTenants(_)
            | Self::NoTenantMatches(_)
            | Self::UnknownVersion(_)
            | Self::UnknownEnvironment(_)
            | Self::Irreversible(_)
            | Self::TwoTiers
            | Self::Database(_)
            | Self::Incomplete(_) => None,
        }
    }
}

macro_rules! from {
    ($($source:ty => $variant:ident),* $(,)?) => {$(
        impl From<$source> for Error {
            fn from(error: $source) -> Self {
                Self::$variant(error)
            }
        }
    )*};
}

from! {
    SettingsError => Settings,
    SetError => Migrations,
    SeedError => Seeds,
    DumpError => Dump,
    UrlError => Url,
    ConnectError => Connect,
    RegistryError => Registry,
}

impl From<&tokio_postgres::Error> for Error {
    fn from(error: &tokio_postgres::Error) -> Self {
        Self::Database(Box::new(Failure::from_postgres(error)))
    }
}
