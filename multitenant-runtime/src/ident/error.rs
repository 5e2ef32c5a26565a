//! Why a name was refused.

use std::fmt;

use super::MAX_IDENTIFIER_BYTES;

/// Why a tenant id, a schema name or another identifier was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentError {
    /// The name has no characters at all.
    Empty,
    /// The name holds a NUL character, which PostgreSQL cannot store.
    Nul {
        /// The name as it was given.
        name: String,
    },
    /// The name is longer than the 63 bytes that PostgreSQL keeps: it would be cut, silently, and could
    /// then be another tenant's.
    TooLong {
        /// The name as it was given.
        name: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// The schema name belongs to PostgreSQL or to the shared schema, so that no tenant may live there.
    Reserved {
        /// The schema name that the tenant would have.
        name: String,
        /// What the name is taken for.
        by: &'static str,
    },
    /// A schema template does not hold `{id}` exactly once.
    Template {
        /// The template as it was given.
        template: String,
    },
    /// A template of archived schemas does not hold `{schema}` exactly once, or nothing else.
    ArchiveTemplate {
        /// The template as it was given.
        template: String,
    },
    /// The name of an archived schema is longer than the 63 bytes that PostgreSQL keeps.
    ArchiveTooLong {
        /// The name.
        name: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// A template of roles does not hold `{schema}` exactly once, or holds `{database}` twice, or makes names that
    /// belong to PostgreSQL.
    RoleTemplate {
        /// The template as it was given.
        template: String,
    },
    /// The name of a role is longer than the 63 bytes that PostgreSQL keeps.
    RoleTooLong {
        /// The name.
        name: String,
        /// Its length in bytes.
        bytes: usize,
    },
    /// The name means something else to PostgreSQL, or another role of this project has it.
    ReservedRole {
        /// The name.
        name: String,
        /// What the name is taken for.
        by: &'static str,
    },
    /// A schema name does not fit the template, so that no tenant id belongs to it.
    NotOfTemplate {
        /// The schema name.
        schema: String,
        /// The template that it should fit.
        template: String,
    },
}

impl fmt::Display for IdentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the name is empty: give it at least one character"),
            Self::Nul { name } => write!(f, "{name:?} holds a NUL character, which PostgreSQL cannot store: remove it"),
            Self::TooLong { name, bytes } => write!(
                f,
                "{name:?} has {bytes} bytes, and PostgreSQL cuts names after {MAX_IDENTIFIER_BYTES}, silently: \
                 choose a shorter id, or keep schema names in a column of the registry (tenants.schema_column)"
            ),
            Self::Reserved { name, by } => {
                write!(f, "the schema name {name:?} is reserved ({by}): choose another tenant id or schema template")
            }
            Self::Template { template } => {
                write!(f, "the schema template {template:?} must hold `{{id}}` exactly once, as in \"tenant_{{id}}\"")
            }
            Self::ArchiveTemplate { template } => write!(
                f,
                "the template of archived schemas {template:?} must hold `{{schema}}` exactly once, and something else \
                 beside it, as in \"archived_{{schema}}\""
            ),
            Self::ArchiveTooLong { name, bytes } => write!(
                f,
                "the archived schema {name:?} would have {bytes} bytes, and PostgreSQL cuts names after \
                 {MAX_IDENTIFIER_BYTES}, silently: shorten the template (tenants.archived_schema)"
            ),
            Self::RoleTemplate { template } => write!(
                f,
                "the template of roles {template:?} must hold `{{schema}}` exactly once and `{{database}}` at most once, \
                 and not begin with `pg_`, as in \"{{database}}_{{schema}}\""
            ),
            Self::RoleTooLong { name, bytes } => write!(
                f,
                "the role {name:?} would have {bytes} bytes, and PostgreSQL cuts names after {MAX_IDENTIFIER_BYTES}, \
                 silently: shorten the template of roles (isolation.role_name), for instance to \"{{schema}}\" where no \
                 other database of the server has such tenants"
            ),
            Self::ReservedRole { name, by } => {
                write!(
                    f,
                    "the role {name:?} cannot be used ({by}): choose another template of roles (isolation.role_name)"
                )
            }
            Self::NotOfTemplate { schema, template } => {
                write!(f, "the schema name {schema:?} does not fit the template {template:?}")
            }
        }
    }
}

impl std::error::Error for IdentError {}
