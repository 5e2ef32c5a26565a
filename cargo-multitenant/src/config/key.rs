//! Every key of `multitenant.toml`, in one list that the file's reader and the environment's share.

/// What kind of value a key takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text.
    Text,
    /// A whole number, 1 or more.
    Count,
    /// `true` or `false`.
    Flag,
    /// A list of texts; it has no environment variable.
    Texts,
}

impl Kind {
    /// The kind in words, for messages.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Text => "a text in quotes",
            Self::Count => "a whole number, 1 or more",
            Self::Flag => "true or false",
            Self::Texts => "a list of texts",
        }
    }
}

/// A key of `multitenant.toml`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// The key with its section: `database.url`.
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
}

impl Key {
    /// The section, empty at the top level.
    pub(crate) fn section(&self) -> &'static str {
        self.path.split_once('.').map_or("", |(section, _)| section)
    }

    /// The key without its section.
    pub(crate) fn name(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(_, name)| name)
    }

    /// The environment variable that sets it; none sets a list, or says in which format the file is.
    pub(crate) fn variable(&self) -> Option<String> {
        (self.kind != Kind::Texts && self.path != FORMAT.path).then(|| self.variable_name())
    }

    /// The variable that one would think sets it.
    pub(crate) fn variable_name(&self) -> String {
        format!("MULTITENANT_{}", self.path.replace('.', "_").to_uppercase())
    }
}

macro_rules! keys {
    ($($name:ident: $kind:ident = $path:literal;)*) => {
        $(pub(crate) const $name: Key = Key { path: $path, kind: Kind::$kind };)*

        /// All of them.
        pub(crate) const ALL: &[Key] = &[$($name),*];
    };
}

keys! {
    FORMAT: Count = "format";
    DATABASE_URL: Text = "database.url";
    DATABASE_MIGRATE_URL: Text = "database.migrate_url";
    DATABASE_SHARED_SCHEMA: Text = "database.shared_schema";
    DATABASE_MAX_CONNECTIONS: Count = "database.max_connections";
    ISOLATION_STRATEGY: Text = "isolation.strategy";
    ISOLATION_SCHEMA_NAME: Text = "isolation.schema_name";
    ISOLATION_SEARCH_PATH: Texts = "isolation.search_path";
    ISOLATION_ROLE_PER_TENANT: Flag = "isolation.role_per_tenant";
    ISOLATION_ROLE_NAME: Text = "isolation.role_name";
    ISOLATION_APPLICATION_ROLE: Text = "isolation.application_role";
    TENANTS_SOURCE: Text = "tenants.source";
    TENANTS_TABLE: Text = "tenants.table";
    TENANTS_ID_COLUMN: Text = "tenants.id_column";
    TENANTS_SCHEMA_COLUMN: Text = "tenants.schema_column";
    TENANTS_FILTER: Text = "tenants.filter";
    TENANTS_ARCHIVED_COLUMN: Text = "tenants.archived_column";
    TENANTS_ARCHIVED_SCHEMA: Text = "tenants.archived_schema";
    TENANTS_QUERY: Text = "tenants.query";
    TENANTS_IDS: Texts = "tenants.ids";
    MIGRATIONS_FOLDER: Text = "migrations.folder";
    MIGRATIONS_SHARED_FOLDER: Text = "migrations.shared_folder";
    MIGRATIONS_TABLE: Text = "migrations.table";
    MIGRATIONS_SHARED_TABLE: Text = "migrations.shared_table";
    MIGRATIONS_STATE_SCHEMA: Text = "migrations.state_schema";
    MIGRATIONS_JOBS: Count = "migrations.jobs";
    MIGRATIONS_LOCK_TIMEOUT: Text = "migrations.lock_timeout";
    MIGRATIONS_STATEMENT_TIMEOUT: Text = "migrations.statement_timeout";
    MIGRATIONS_OUT_OF_ORDER: Text = "migrations.out_of_order";
    SEEDS_FOLDER: Text = "seeds.folder";
    SEEDS_SHARED_FOLDER: Text = "seeds.shared_folder";
    SCAFFOLD_TEMPLATES: Text = "scaffold.templates";
    DRIFT_IGNORE: Texts = "drift.ignore";
    PRINT_SCHEMA_FILE: Text = "print_schema.file";
    PRINT_SCHEMA_SHARED_FILE: Text = "print_schema.shared_file";
    PRINT_SCHEMA_TENANT_FILE: Text = "print_schema.tenant_file";
    PRINT_SCHEMA_MARKS: Flag = "print_schema.marks";
}

/// The keys whose values `embed_migrations!` puts into a binary.
#[cfg(feature = "project")]
pub(crate) const EMBEDDED: &[Key] = &[
    DATABASE_SHARED_SCHEMA,
    ISOLATION_SCHEMA_NAME,
    ISOLATION_SEARCH_PATH,
    ISOLATION_ROLE_PER_TENANT,
    ISOLATION_ROLE_NAME,
    ISOLATION_APPLICATION_ROLE,
    TENANTS_SOURCE,
    TENANTS_TABLE,
    TENANTS_ID_COLUMN,
    TENANTS_SCHEMA_COLUMN,
    TENANTS_FILTER,
    TENANTS_QUERY,
    TENANTS_IDS,
    MIGRATIONS_TABLE,
    MIGRATIONS_SHARED_TABLE,
    MIGRATIONS_STATE_SCHEMA,
    MIGRATIONS_LOCK_TIMEOUT,
    MIGRATIONS_STATEMENT_TIMEOUT,
    MIGRATIONS_OUT_OF_ORDER,
    MIGRATIONS_JOBS,
];

/// Sections that are read elsewhere: any table is taken here, and nothing is made of it.
pub(crate) const OPEN_SECTIONS: &[&str] = &["clone", "lint"];

/// The key of this path.
pub(crate) fn find(path: &str) -> Option<&'static Key> {
    ALL.iter().find(|key| key.path == path)
}

/// The names of all sections.
pub(crate) fn sections() -> impl Iterator<Item = &'static str> {
    let mut named: Vec<&str> = ALL.iter().map(Key::section).filter(|section| !section.is_empty()).collect();
    named.dedup();
    named.into_iter().chain(OPEN_SECTIONS.iter().copied())
}
