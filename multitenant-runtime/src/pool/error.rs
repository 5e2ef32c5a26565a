use std::fmt;
use std::time::Duration;

use crate::connection::{ConnectError, UrlError};
use crate::ident::{IdentError, TenantId};
use crate::migration::Version;
use crate::registry::{RegistryError, UnusableTenant};
use crate::run::Failure;
use crate::target::Target;

use super::pooled::Served;
use super::status::PoolStatus;

/// Why a [`TenantPool`](crate::TenantPool) has no connection to give.
#[derive(Debug)]
#[non_exhaustive]
pub enum PoolError {
    /// No tenant can have this id.
    InvalidId {
        /// The id as it was given.
        id: String,
        /// Why it is none.
        error: IdentError,
    },
    /// The registry does not have the tenant: it never did, or its filter leaves the tenant out by now, as it does with
    /// those that are archived.
    UnknownTenant {
        /// The tenant.
        tenant: TenantId,
    },
    /// No tenant's id fits these patterns.
    NoTenantMatches {
        /// Those that fit none.
        patterns: Vec<String>,
    },
    /// The registry has the tenant, and not so that it could be served.
    UnusableTenant(Box<UnusableTenant>),
    /// The tenant is fenced: [`TenantPool::fence`](crate::TenantPool::fence).
    Fenced {
        /// The tenant.
        tenant: TenantId,
        /// Why, where that was said.
        failure: Option<Box<Failure>>,
    },
    /// The tenant's schema is older than this binary: an older release has made it, or a migration failed there.
    Behind {
        /// The tenant.
        tenant: TenantId,
        /// What is not applied.
        pending: Vec<Version>,
    },
    /// The tenant's history is not one that this binary may serve: edited, ahead of a binary that refuses that, or not
    /// to be read.
    Refused {
        /// The tenant.
        tenant: TenantId,
        /// What is wrong, and what to do about it.
        failure: Box<Failure>,
    },
    /// A tenant that was behind could not be migrated.
    Migration {
        /// The tenant.
        tenant: TenantId,
        /// What ended the run.
        error: Box<crate::Error>,
    },
    /// The schema does not exist, or this role may not use it.
    MissingSchema {
        /// Whose it is.
        target: Target,
    },
    /// Each tenant is served as a role of its own, and this one's is missing, may not be taken on, or could do more than a
    /// tenant may. Nobody is served as anybody else instead.
    Role {
        /// The tenant.
        tenant: TenantId,
        /// The role.
        role: String,
        /// What is wrong, and what to do about it.
        failure: Box<Failure>,
    },
    /// The tenant is still being created, or its creation was interrupted.
    UnderConstruction {
        /// The tenant.
        tenant: TenantId,
    },
    /// The tenant's schema has types of its own, and connections are not pinned to tenants.
    TypesInTenantSchema {
        /// The tenant.
        tenant: TenantId,
        /// The types' names.
        types: String,
    },
    /// No connection was to be had in time.
    Timeout {
        /// How long the checkout may take.
        limit: Duration,
        /// How the pool stood when the time was over.
        status: PoolStatus,
        /// The cap for one tenant, where there is one.
        max_per_tenant: Option<usize>,
    },
    /// No connection can be opened.
    Connect(ConnectError),
    /// The registry cannot be asked.
    Registry(RegistryError),
    /// A query of the pool's own failed.
    Database(Box<Failure>),
    /// A hook failed; the connection is closed.
    Hook {
        /// Which.
        hook: &'static str,
        /// With what.
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The URL leads to a pooler, and the application has not said so: [`TenantPoolBuilder::pooling`].
    ///
    /// [`TenantPoolBuilder::pooling`]: crate::TenantPoolBuilder::pooling
    BehindPooler,
    /// This stands for a session, which there is none of behind a pooler in transaction mode.
    NeedsSession {
        /// What.
        what: &'static str,
    },
    /// The driver would keep statements prepared that the pooler knows nothing of, since a type is none of PostgreSQL's
    /// own.
    NeedsPreparedStatements,
    /// The database URL cannot be used.
    Url(UrlError),
    /// The pool is closed.
    Closed,
}

impl PoolError {
    /// Whether the same checkout may well succeed in a moment.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Timeout { .. } => true,
            Self::Connect(error) => error.is_retryable(),
            Self::Database(failure) | Self::Registry(RegistryError::Query(failure)) => failure.class.is_retryable(),
            _ => false,
        }
    }

    /// What [`reason`](Self::reason) may say.
    #[cfg_attr(
        not(any(test, feature = "metrics")),
        expect(dead_code, reason = "metrics have them all from the beginning")
    )]
    pub(crate) const REASONS: &[&str] = &[
        "invalid-id",
        "unknown-tenant",
        "no-tenant-matches",
        "unusable-tenant",
        "fenced",
        "behind",
        "refused",
        "migration",
        "missing-schema",
        "role",
        "under-construction",
        "types-in-tenant-schema",
        "timeout",
        "connect",
        "registry",
        "database",
        "hook",
        "behind-pooler",
        "needs-session",
        "needs-prepared-statements",
        "url",
        "closed",
    ];

    /// The kind of error in a word that stays the same, as the metrics have it: `timeout`, `unknown-tenant`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::InvalidId { .. } => "invalid-id",
            Self::UnknownTenant { .. } => "unknown-tenant",
            Self::NoTenantMatches { .. } => "no-tenant-matches",
            Self::UnusableTenant(_) => "unusable-tenant",
            Self::Fenced { .. } => "fenced",
            Self::Behind { .. } => "behind",
            Self::Refused { .. } => "refused",
            Self::Migration { .. } => "migration",
            Self::MissingSchema { .. } => "missing-schema",
            Self::Role { .. } => "role",
            Self::UnderConstruction { .. } => "under-construction",
            Self::TypesInTenantSchema { .. } => "types-in-tenant-schema",
            Self::Timeout { .. } => "timeout",
            Self::Connect(_) => "connect",
            Self::Registry(_) => "registry",
            Self::Database(_) => "database",
            Self::Hook { .. } => "hook",
            Self::BehindPooler => "behind-pooler",
            Self::NeedsSession { .. } => "needs-session",
            Self::NeedsPreparedStatements => "needs-prepared-statements",
            Self::Url(_) => "url",
            Self::Closed => "closed",
        }
    }

    /// The server lets nobody in as the tenant's role.
    pub(crate) fn of_role(served: &Served, failure: Box<Failure>) -> Self {
        match (served.target.tenant(), &served.role) {
            (Some(tenant), Some(role)) => {
                let hint = "run `cargo multitenant migrate`, which makes the roles and grants them";
                let failure = Box::new(Failure { hint: None, ..*failure }.with_hint(hint));
                Self::Role { tenant: tenant.clone(), role: role.as_str().to_owned(), failure }
            }
            _ => Self::Database(failure),
        }
    }

    /// Whether no tenant is the reason.
    pub(crate) fn is_of_the_pool(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Connect(_) | Self::Closed | Self::Hook { .. } | Self::Url(_))
    }

    /// Whether the connection was lost on which something was asked.
    pub(crate) fn is_lost(&self) -> bool {
        use crate::sqlstate::FailureClass::ConnectionLost;
        matches!(self, Self::Database(failure) | Self::Registry(RegistryError::Query(failure))
            if failure.class == ConnectionLost)
    }
}

impl fmt::Display for PoolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InvalidId { id, error } => write!(f, "{id:?} cannot be a tenant's id: {error}"),
            Self::UnknownTenant { tenant } => write!(
                f,
                "the registry has no tenant {:?}: check the spelling (ids are case-sensitive), create the tenant, or \
                 restore it if it is archived",
                tenant.as_str()
            ),
            Self::NoTenantMatches { patterns } => {
                f.write_str("no tenant's id fits ")?;
                f.write_str(&patterns.iter().map(|pattern| format!("{pattern:?}")).collect::<Vec<_>>().join(", "))?;
                f.write_str(": `*` is any text, `?` any character, and ids are case-sensitive")
            }
            Self::UnusableTenant(unusable) => match &unusable.failure.hint {
                Some(hint) => write!(f, "{}: {hint}", unusable.failure.message),
                None => f.write_str(&unusable.failure.message),
            },
            Self::Fenced { tenant, failure } => {
                write!(f, "the tenant {:?} is fenced", tenant.as_str())?;
                if let Some(failure) = failure {
                    write!(f, ", since {failure}")?;
                }
                f.write_str(": mend and migrate it, then call `unfence`")
            }
            Self::Behind { tenant, pending } => write!(
                f,
                "the tenant {:?} is older than this binary, {} migration(s) are pending, the first is {}: migrate it \
                 (`cargo multitenant migrate`), or have the pool do it (`on_behind(OnBehind::Migrate)`)",
                tenant.as_str(),
                pending.len(),
                pending.first().map(Version::as_str).unwrap_or_default()
            ),
            Self::Refused { tenant, failure } => {
                write!(f, "the tenant {:?} is not served: {failure}", tenant.as_str())?;
                failure.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
            }
            Self::Migration { tenant, error } => {
                write!(
                    f,
                    "the tenant {0:?} is older than this binary, and migrating it failed: {error}: mend what it says, then \
                     ask again, or migrate it by hand (`cargo multitenant migrate --tenant {0:?}`)",
                    tenant.as_str()
                )
            }
            Self::MissingSchema { target } => write!(
                f,
                "the schema {:?} does not exist, or this role has no USAGE on it: restore it or create the tenant \
                 again, or grant the right",
                target.schema().as_str()
            ),
            Self::Role { tenant, role, failure } => {
                write!(f, "the tenant {:?} is not served, for want of its role {role:?}: {failure}", tenant.as_str())?;
                failure.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
            }
            Self::UnderConstruction { tenant } => write!(
                f,
                "the tenant {:?} is still being created, or its creation was interrupted: wait, or create it again",
                tenant.as_str()
            ),
            Self::TypesInTenantSchema { tenant, types } => write!(
                f,
                "the schema of the tenant {:?} has types of its own ({types}), which Diesel and prepared statements \
                 remember for as long as a connection lives, so that they would be another tenant's: pin connections to tenants \
                 (`pin_connections(true)`), or move the types into the shared schema",
                tenant.as_str()
            ),
            Self::Timeout { limit, status, max_per_tenant } => {
                write!(
                    f,
                    "no connection within {} s: of {} at most, {} are in use, and {} checkouts wait",
                    limit.as_secs_f32(),
                    status.max_connections,
                    status.in_use,
                    status.waiting
                )?;
                if let Some(cap) = max_per_tenant {
                    write!(f, "; one tenant has {cap} at most")?;
                }
                f.write_str(
                    ": hold connections for a shorter time, raise `max_connections`, or wait longer \
                     (`checkout_timeout`)",
                )
            }
            Self::Connect(error) => error.fmt(f),
            Self::Registry(error) => error.fmt(f),
            Self::Database(failure) => {
                write!(f, "the pool's own query failed: {failure}")?;
                failure.hint.as_ref().map_or(Ok(()), |hint| write!(f, ": {hint}"))
            }
            Self::Hook { hook, error } => write!(
                f,
                "the hook `{hook}` failed: {error}; the connection is closed, and the next checkout calls it again: see to \
                 the hook, which the application has given the pool"
            ),
            Self::BehindPooler => f.write_str(
                "the URL leads to a pooler, or to something else that drops startup options, where what is set on a \
                 connection may reach other clients: say that it works in transaction mode \
                 (`pooling(Pooling::Transaction)`) or in session mode (`pooling(Pooling::Session)`), or give the pool \
                 the server's own URL (`database_url`)",
            ),
            Self::NeedsSession { what } => write!(
                f,
                "{what} needs a session, and behind a pooler in transaction mode there is none: do it in a \
                 `transaction(…)`, or give a pool of its own the server's own URL (`database_url`)"
            ),
            Self::NeedsPreparedStatements => f.write_str(
                "a type of this statement is none of PostgreSQL's own, and the driver keeps statements prepared by which \
                 it looks such types up: have the pooler know about prepared statements (`max_prepared_statements` of \
                 PgBouncer 1.21 and later) and say so (`prepared_statements(true)`), or cast to `text`",
            ),
            Self::Url(error) => error.fmt(f),
            Self::Closed => f.write_str(
                "the pool is closed, and hands nothing out any more: close it when nobody asks any more, or build another \
                 pool",
            ),
        }
    }
}

impl std::error::Error for PoolError {
    /// What is below the error that the text has told of already: who prints the chain has nothing twice.
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::InvalidId { error, .. } => error.source(),
            Self::Migration { error, .. } => error.source(),
            Self::Connect(error) => error.source(),
            Self::Registry(error) => error.source(),
            Self::Hook { error, .. } => error.source(),
            Self::Url(error) => error.source(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_chain_says_nothing_twice() {
        let cause = || Box::new(std::io::Error::other("the application's own"));
        for error in [
            PoolError::Hook { hook: "on_checkout", error: cause() },
            PoolError::Registry(RegistryError::Custom(cause())),
            PoolError::InvalidId { id: String::new(), error: TenantId::new("").unwrap_err() },
            PoolError::Url(crate::ConnectionUrl::parse("postgres://%").unwrap_err()),
        ] {
            let text = error.to_string();
            let mut next = error.source();
            let mut below = Vec::new();
            while let Some(error) = next {
                below.push(error.to_string());
                next = error.source();
            }
            assert!(below.iter().all(|below| *below != text), "{text}: {below:?}");
            assert_eq!(text.matches("the application's own").count() + below.len(), usize::from(text.contains("own")));
        }
    }

    #[test]
    fn each_says_what_to_do_next() {
        let tenant = TenantId::new("acme").unwrap();
        let error = Box::new(crate::Error::NoDatabase);
        for (error, next) in [
            (PoolError::Closed, "build another pool"),
            (PoolError::Hook { hook: "after_connect", error: "no".into() }, "see to the hook"),
            (PoolError::Migration { tenant, error }, "cargo multitenant migrate --tenant \"acme\""),
        ] {
            assert!(error.to_string().contains(next), "{error}");
            assert!(PoolError::REASONS.contains(&error.reason()));
        }
    }
}
