//! Settings as a person wrote them, in a form that a `const` can hold.

/// The settings of a project as text, before validation.
///
/// It borrows, so that `embed_migrations!` can put it in a `const` and the command line can make it from
/// its own configuration without copying. A missing key takes its value from [`SettingsText::DEFAULT`]:
///
/// ```
/// use multitenant_runtime::SettingsText;
///
/// const TEXT: SettingsText<'static> = SettingsText { shared_schema: "app", ..SettingsText::DEFAULT };
/// assert_eq!(TEXT.schema_name, "tenant_{id}");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SettingsText<'a> {
    /// `format`: the format of the configuration itself.
    pub format: u32,
    /// `database.shared_schema`.
    pub shared_schema: &'a str,
    /// `isolation.schema_name`, with `{id}`.
    pub schema_name: &'a str,
    /// `isolation.search_path`, with `{tenant}` first and `{shared}` for the shared schema.
    pub search_path: &'a [&'a str],
    /// `isolation.role_per_tenant`.
    pub role_per_tenant: bool,
    /// `isolation.role_name`, with `{schema}` and perhaps `{database}`.
    pub role_name: &'a str,
    /// `isolation.application_role`; empty for the role that migrates.
    pub application_role: &'a str,
    /// `migrations.shared_table`.
    pub shared_history: &'a str,
    /// `migrations.table`.
    pub tenant_history: &'a str,
    /// `[tenants]`.
    pub registry: RegistryText<'a>,
    /// `tenants.archived_column`; empty for none.
    pub archived_column: &'a str,
    /// `tenants.archived_schema`, with `{schema}`.
    pub archived_schema: &'a str,
    /// `migrations.state_schema`; empty for no state table.
    pub state_schema: &'a str,
    /// `migrations.lock_timeout`.
    pub lock_timeout: &'a str,
    /// `migrations.statement_timeout`; `0` is without limit.
    pub statement_timeout: &'a str,
    /// `migrations.out_of_order`: `apply` or `refuse`.
    pub out_of_order: &'a str,
    /// `migrations.jobs`.
    pub jobs: usize,
}

impl SettingsText<'_> {
    /// The value of every key that is not configured.
    pub const DEFAULT: SettingsText<'static> = SettingsText {
        format: super::CONFIG_FORMAT,
        shared_schema: "public",
        schema_name: "tenant_{id}",
        search_path: &["{tenant}", "{shared}"],
        role_per_tenant: false,
        role_name: "{database}_{schema}",
        application_role: "",
        shared_history: "__diesel_schema_migrations",
        tenant_history: "__diesel_schema_migrations",
        registry: RegistryText::DEFAULT,
        archived_column: "",
        archived_schema: "archived_{schema}",
        state_schema: "multitenant",
        lock_timeout: "1500ms",
        statement_timeout: "0",
        out_of_order: "apply",
        jobs: 4,
    };
}

/// `[tenants]` as a person wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RegistryText<'a> {
    /// `source = "table"`.
    Table {
        /// `table`.
        table: &'a str,
        /// `id_column`.
        id_column: &'a str,
        /// `schema_column`.
        schema_column: Option<&'a str>,
        /// `filter`.
        filter: Option<&'a str>,
    },
    /// `source = "query"`.
    Query {
        /// `query`.
        sql: &'a str,
    },
    /// `source = "schemas"`.
    Schemas,
    /// `source = "list"`.
    List {
        /// `ids`.
        ids: &'a [&'a str],
    },
}

impl RegistryText<'_> {
    /// The registry of a project that configures none: the table `tenants` with the column `id`.
    pub const DEFAULT: RegistryText<'static> =
        RegistryText::Table { table: "tenants", id_column: "id", schema_column: None, filter: None };
}
