//! What a binary carries of its project's configuration, as a layer.

use multitenant_runtime::{RegistryText, SettingsText};

use super::key::{self, Key};
use super::problem::Origin;
use super::raw::{RawConfig, Value};

/// The layer that these settings make. Where the database is, is not among them.
pub(super) fn layer(settings: &SettingsText<'_>) -> RawConfig {
    let mut layer = RawConfig::default();
    let text = |value: &str| Value::Text(value.to_owned());
    let texts = |values: &[&str]| Value::Texts(values.iter().map(|value| (*value).to_owned()).collect());
    let count = |value: usize| Value::Count(u64::try_from(value).unwrap_or(u64::MAX));
    let mut set = |key: &Key, value: Value| layer.set(key, value, Origin::Embedded);
    set(&key::FORMAT, Value::Count(settings.format.into()));
    set(&key::DATABASE_SHARED_SCHEMA, text(settings.shared_schema));
    set(&key::ISOLATION_SCHEMA_NAME, text(settings.schema_name));
    set(&key::ISOLATION_SEARCH_PATH, texts(settings.search_path));
    set(&key::ISOLATION_ROLE_PER_TENANT, Value::Flag(settings.role_per_tenant));
    set(&key::ISOLATION_ROLE_NAME, text(settings.role_name));
    set(&key::ISOLATION_APPLICATION_ROLE, text(settings.application_role));
    set(&key::MIGRATIONS_TABLE, text(settings.tenant_history));
    set(&key::MIGRATIONS_SHARED_TABLE, text(settings.shared_history));
    set(&key::MIGRATIONS_STATE_SCHEMA, text(settings.state_schema));
    set(&key::MIGRATIONS_LOCK_TIMEOUT, text(settings.lock_timeout));
    set(&key::MIGRATIONS_STATEMENT_TIMEOUT, text(settings.statement_timeout));
    set(&key::MIGRATIONS_OUT_OF_ORDER, text(settings.out_of_order));
    set(&key::MIGRATIONS_JOBS, count(settings.jobs));
    match settings.registry {
        RegistryText::Query { sql } => {
            set(&key::TENANTS_SOURCE, text("query"));
            set(&key::TENANTS_QUERY, text(sql));
        }
        RegistryText::Schemas => set(&key::TENANTS_SOURCE, text("schemas")),
        RegistryText::List { ids } => {
            set(&key::TENANTS_SOURCE, text("list"));
            set(&key::TENANTS_IDS, texts(ids));
        }
        RegistryText::Table { table, id_column, schema_column, filter } => {
            set(&key::TENANTS_SOURCE, text("table"));
            set(&key::TENANTS_TABLE, text(table));
            set(&key::TENANTS_ID_COLUMN, text(id_column));
            let optional = [(&key::TENANTS_SCHEMA_COLUMN, schema_column), (&key::TENANTS_FILTER, filter)];
            let archived = (&key::TENANTS_ARCHIVED_COLUMN, Some(settings.archived_column));
            for (key, value) in optional.into_iter().chain([archived]) {
                if let Some(value) = value.filter(|value| !value.is_empty()) {
                    set(key, text(value));
                }
            }
            set(&key::TENANTS_ARCHIVED_SCHEMA, text(settings.archived_schema));
        }
        // The list may grow; `SettingsText` is of the version that this crate is pinned to.
        _ => {}
    }
    layer
}

#[cfg(test)]
mod tests {
    use multitenant_runtime::Settings;

    use super::super::{layers, validate};
    use super::*;

    #[test]
    fn nothing_is_lost_on_the_way() {
        let table = RegistryText::Table {
            table: "customers",
            id_column: "key",
            schema_column: Some("place"),
            filter: Some("active"),
        };
        let all = SettingsText {
            shared_schema: "app",
            schema_name: "c_{id}",
            search_path: &["{tenant}", "{shared}", "extensions"],
            role_per_tenant: true,
            role_name: "r_{schema}",
            application_role: "web",
            shared_history: "h",
            tenant_history: "t",
            registry: table,
            archived_column: "archived_at",
            archived_schema: "old_{schema}",
            state_schema: "state",
            lock_timeout: "3s",
            statement_timeout: "1m",
            out_of_order: "refuse",
            jobs: 7,
            ..SettingsText::DEFAULT
        };
        let registries = [RegistryText::Query { sql: "select id from x" }, RegistryText::Schemas];
        let list = RegistryText::List { ids: &["a", "b,c"] };
        let others = registries.into_iter().chain([list, RegistryText::DEFAULT]);
        let others = others.map(|registry| SettingsText { registry, ..SettingsText::DEFAULT });
        for text in others.chain([all]) {
            let (mut raw, _) = RawConfig::parse(layers::DEFAULT, |_| Origin::Default);
            raw.overlay(layer(&text));
            assert_eq!(validate::problems(&raw), []);
            assert_eq!(validate::settings(&raw).unwrap(), Settings::try_from(text).unwrap());
        }
    }
}
