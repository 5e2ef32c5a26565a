//! What the migrator must know of a project, whether the binary embeds it or the command line reads it.
//!
//! [`SettingsText`] is what a person wrote, [`Settings`] what it means. Both `embed_migrations!` and
//! `cargo multitenant` make the first and let this module make the second, so that an application and
//! the command line cannot disagree about a default or a rule.

mod archive;
#[cfg(all(feature = "macros", feature = "migrations"))]
pub(crate) mod constant;
mod duration;
mod error;
#[cfg(feature = "migrations")]
mod own_tables;
mod registry;
mod roles;
mod search_path;
mod text;

pub use archive::ArchiveSettings;
pub use duration::{DurationError, parse_duration};
pub use error::SettingsError;
pub use registry::RegistrySettings;
pub use roles::RoleSettings;
pub use search_path::SearchPath;
pub use text::{RegistryText, SettingsText};

use std::time::Duration;

use crate::ident::{Identifier, RoleTemplate, SchemaName, SchemaTemplate};

/// The newest configuration format that this version understands.
pub const CONFIG_FORMAT: u32 = 1;

/// What the migrator must know of a project: names, places and limits, all of them validated.
///
/// ```
/// use multitenant_runtime::{Settings, SettingsText};
///
/// let settings = Settings::try_from(SettingsText { schema_name: "customer_{id}", ..SettingsText::DEFAULT })?;
/// assert_eq!(settings.shared_schema.as_str(), "public");
/// assert_eq!(settings.schema_template.to_string(), "customer_{id}");
/// # Ok::<(), multitenant_runtime::SettingsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// The schema that all tenants share.
    pub shared_schema: SchemaName,
    /// How a tenant's id becomes its schema's name.
    pub schema_template: SchemaTemplate,
    /// What a tenant's migration sees: the tenant's schema first.
    pub search_path: SearchPath,
    /// A role for each tenant; `None` where the application's connections keep their own.
    pub roles: Option<RoleSettings>,
    /// How a schema's name becomes its role's, whether there are roles or were.
    pub(crate) role_name: RoleTemplate,
    /// The history table of the shared schema.
    pub shared_history: Identifier,
    /// The history table in each tenant's schema.
    pub tenant_history: Identifier,
    /// The schema of the state table, which makes the start-up check one query; `None` for none.
    pub state_schema: Option<SchemaName>,
    /// Which tenants there are; its filter leaves out those who are archived.
    pub registry: RegistrySettings,
    /// How tenants are archived.
    pub archive: ArchiveSettings,
    /// How long one statement of a migration waits for a lock before its tenant is tried again later.
    pub lock_timeout: Duration,
    /// How long one statement of a migration may run; `None` is without limit.
    pub statement_timeout: Option<Duration>,
    /// Whether a target is refused where a pending migration sorts before one that is applied already.
    pub refuse_out_of_order: bool,
    /// How many tenants are migrated at once, each on a connection of its own.
    pub jobs: usize,
}

impl Default for Settings {
    /// The settings of a project that configures nothing.
    fn default() -> Self {
        match Self::try_from(SettingsText::DEFAULT) {
            Ok(settings) => settings,
            Err(error) => unreachable!("the default settings are valid: {error}"),
        }
    }
}

impl TryFrom<SettingsText<'_>> for Settings {
    type Error = SettingsError;

    fn try_from(text: SettingsText<'_>) -> Result<Self, SettingsError> {
        if text.format > CONFIG_FORMAT {
            return Err(SettingsError::new(
                "format",
                format!(
                    "the configuration has format {}, and this version understands up to {CONFIG_FORMAT}: \
                     upgrade cargo-multitenant and multitenant-runtime, or remove what needs the newer format",
                    text.format
                ),
            ));
        }
        let shared_schema = at("database.shared_schema", SchemaName::new(text.shared_schema))?;
        if shared_schema.as_str().starts_with("pg_") || shared_schema.as_str() == "information_schema" {
            return Err(SettingsError::new(
                "database.shared_schema",
                format!("{:?} belongs to PostgreSQL: choose another shared schema", shared_schema.as_str()),
            ));
        }
        let schema_template = at("isolation.schema_name", SchemaTemplate::new(text.schema_name))?;
        let search_path = SearchPath::parse(text.search_path, &shared_schema)?;
        let archive = ArchiveSettings::parse(&text)?;
        if text.jobs == 0 {
            return Err(SettingsError::new("migrations.jobs", "0 workers would do nothing: use 1 or more"));
        }
        Ok(Self {
            schema_template,
            search_path,
            roles: RoleSettings::parse(&text)?,
            role_name: at("isolation.role_name", RoleTemplate::new(text.role_name))?,
            shared_history: at("migrations.shared_table", Identifier::new(text.shared_history))?,
            tenant_history: at("migrations.table", Identifier::new(text.tenant_history))?,
            state_schema: state_schema(text.state_schema, &shared_schema)?,
            registry: archive.leave_out(RegistrySettings::parse(text.registry)?)?,
            archive,
            lock_timeout: at("migrations.lock_timeout", parse_duration(text.lock_timeout))?,
            statement_timeout: match at("migrations.statement_timeout", parse_duration(text.statement_timeout))? {
                Duration::ZERO => None,
                limit => Some(limit),
            },
            refuse_out_of_order: match text.out_of_order {
                "apply" => false,
                "refuse" => true,
                other => {
                    let message = format!("{other:?} is neither \"apply\" nor \"refuse\"");
                    return Err(SettingsError::new("migrations.out_of_order", message));
                }
            },
            jobs: text.jobs,
            shared_schema,
        })
    }
}

/// The state table's schema: one of its own, so that `diesel print-schema` of the shared schema does not show it.
fn state_schema(name: &str, shared: &SchemaName) -> Result<Option<SchemaName>, SettingsError> {
    if name.is_empty() {
        return Ok(None);
    }
    at("migrations.state_schema", SchemaName::new(name).and_then(|schema| schema.for_tenant(shared))).map(Some)
}

/// Names the configuration key that a value came from.
fn at<T>(key: &'static str, value: Result<T, impl std::fmt::Display>) -> Result<T, SettingsError> {
    value.map_err(|error| SettingsError::new(key, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bad_value_names_its_key() {
        let d = SettingsText::DEFAULT;
        for (text, key) in [
            (SettingsText { format: 2, ..d }, "format"),
            (SettingsText { shared_schema: "", ..d }, "database.shared_schema"),
            (SettingsText { shared_schema: "pg_catalog", ..d }, "database.shared_schema"),
            (SettingsText { schema_name: "tenant", ..d }, "isolation.schema_name"),
            (SettingsText { search_path: &["{shared}"], ..d }, "isolation.search_path"),
            (SettingsText { role_name: "tenant", ..d }, "isolation.role_name"),
            (SettingsText { application_role: "public", ..d }, "isolation.application_role"),
            (SettingsText { tenant_history: "", ..d }, "migrations.table"),
            (SettingsText { shared_history: "", ..d }, "migrations.shared_table"),
            (SettingsText { state_schema: "public", ..d }, "migrations.state_schema"),
            (SettingsText { lock_timeout: "soon", ..d }, "migrations.lock_timeout"),
            (SettingsText { statement_timeout: "5", ..d }, "migrations.statement_timeout"),
            (SettingsText { out_of_order: "ask", ..d }, "migrations.out_of_order"),
            (SettingsText { jobs: 0, ..d }, "migrations.jobs"),
            (SettingsText { registry: RegistryText::List { ids: &["a", ""] }, ..d }, "tenants.ids"),
            (SettingsText { registry: RegistryText::Query { sql: " " }, ..d }, "tenants.query"),
            (SettingsText { archived_column: "a\0", ..d }, "tenants.archived_column"),
            (SettingsText { archived_column: "a", registry: RegistryText::Schemas, ..d }, "tenants.archived_column"),
            (SettingsText { archived_schema: "{schema}", ..d }, "tenants.archived_schema"),
        ] {
            assert_eq!(Settings::try_from(text).unwrap_err().key(), key);
        }
    }

    #[test]
    fn defaults_are_valid() {
        let settings = Settings::default();
        assert_eq!(settings.statement_timeout, None);
        assert_eq!(settings.roles, None);
        assert_eq!(settings.tenant_history.as_str(), "__diesel_schema_migrations");
    }
}
