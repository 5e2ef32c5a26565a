//! What `embed_migrations!` puts into the binary: facts only, checked and split when a set is made of them.

use crate::settings::SettingsText;

/// Everything that `embed_migrations!()` puts into the binary: both sets and the settings.
///
/// Give it to [`Migrator::embedded`](crate::Migrator::embedded) or to
/// [`migrate_at_startup`](crate::migrate_at_startup). It is plain data in a `const`; nothing is read at run time.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedMigrations {
    pub(crate) shared: Option<EmbeddedSet>,
    pub(crate) tenant: EmbeddedSet,
    pub(crate) settings: SettingsText<'static>,
    /// What all this is, for tools that look into binaries.
    pub(crate) manifest: &'static str,
}

impl EmbeddedMigrations {
    /// What the macro writes; applications write `embed_migrations!()`.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(shared: Option<EmbeddedSet>, tenant: EmbeddedSet, settings: SettingsText<'static>) -> Self {
        Self { shared, tenant, settings, manifest: "" }
    }

    /// What the macro writes beside it, for tools that look into binaries.
    #[doc(hidden)]
    #[must_use]
    pub const fn with_manifest(self, manifest: &'static str) -> Self {
        Self { manifest, ..self }
    }

    /// What was embedded, as a text that stands in the binary: the names and digests of the migrations, and the
    /// settings that were written. [`Manifest::parse`](crate::migration::Manifest::parse) reads it, and `cargo
    /// multitenant doctor` looks for it in binaries. Empty where no macro made this.
    #[must_use]
    pub const fn manifest(&self) -> &'static str {
        self.manifest
    }

    /// The settings that were in force when the binary was built.
    #[must_use]
    pub const fn settings(&self) -> SettingsText<'static> {
        self.settings
    }

    /// The same migrations with other settings, for an application that configures itself otherwise.
    ///
    /// ```
    /// # use multitenant_runtime::{EmbeddedMigrations, EmbeddedSet, SettingsText};
    /// # const MIGRATIONS: EmbeddedMigrations =
    /// #     EmbeddedMigrations::new(None, EmbeddedSet::new("migrations/tenant", &[]), SettingsText::DEFAULT);
    /// let migrations = MIGRATIONS.with_settings(SettingsText { shared_schema: "app", ..MIGRATIONS.settings() });
    /// assert_eq!(migrations.settings().shared_schema, "app");
    /// ```
    #[must_use]
    pub const fn with_settings(self, settings: SettingsText<'static>) -> Self {
        Self { settings, ..self }
    }
}

/// One embedded set: the shared one or the tenants'.
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedSet {
    /// The folder as it was configured, with `/`, for messages: `migrations/tenant`.
    pub(crate) folder: &'static str,
    pub(crate) migrations: &'static [EmbeddedMigration],
}

impl EmbeddedSet {
    /// What the macro writes.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(folder: &'static str, migrations: &'static [EmbeddedMigration]) -> Self {
        Self { folder, migrations }
    }
}

/// One embedded migration, as it stood in its folder.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct EmbeddedMigration {
    /// The folder's name: `2026-11-02-101500_add_total`.
    pub name: &'static str,
    /// The text of `up.sql`.
    pub up: &'static str,
    /// The text of `down.sql`, where there is one.
    pub down: Option<&'static str>,
    /// `run_in_transaction` of `metadata.toml`.
    pub run_in_transaction: bool,
    /// `multitenant.allow_shared_locks` of `metadata.toml`.
    pub allow_shared_locks: bool,
}
