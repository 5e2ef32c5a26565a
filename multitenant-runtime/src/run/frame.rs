//! What every transaction on a target needs to know: its schema, its history, its settings.

use std::time::Duration;

use crate::ident::{Identifier, SchemaName, literal};
use crate::migration::ledger::Ledger;
use crate::migration::{MigrationSet, Version};
use crate::settings::Settings;
use crate::state::complete;
use crate::target::{Target, Tier};

/// What every transaction on a target needs to know.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) target: &'a Target,
    pub(crate) table: &'a Identifier,
}

impl<'a> Frame<'a> {
    pub(crate) fn new(settings: &'a Settings, target: &'a Target) -> Self {
        let table = match target.tier() {
            Tier::Shared => &settings.shared_history,
            Tier::Tenant => &settings.tenant_history,
        };
        Self { settings, target, table }
    }

    pub(crate) fn ledger(&self) -> Ledger<'a> {
        Ledger::new(self.target.schema(), self.table)
    }

    pub(super) fn schema(&self) -> &'a SchemaName {
        self.target.schema()
    }

    /// The target's `search_path`, as SQL.
    pub(crate) fn search_path(&self) -> String {
        let path = &self.settings.search_path;
        match self.target.tier() {
            Tier::Shared => path.for_shared(self.schema()),
            Tier::Tenant => path.for_tenant(self.schema()),
        }
    }

    pub(super) fn set_search_path(&self) -> String {
        format!("SET LOCAL search_path = {}", self.search_path())
    }

    /// The `SET LOCAL`s, which a migration may have changed and the next one must not inherit.
    pub(super) fn local_settings(&self) -> [String; 4] {
        let limit = self.settings.statement_timeout.unwrap_or(Duration::ZERO);
        [
            self.set_search_path(),
            format!("SET LOCAL lock_timeout = {}", self.settings.lock_timeout.as_millis()),
            format!("SET LOCAL statement_timeout = {}", limit.as_millis()),
            // The splitter read the files so; a role's default may say otherwise.
            "SET LOCAL standard_conforming_strings = on".to_owned(),
        ]
    }

    /// The same for a session, for what must not run in a transaction.
    pub(super) fn session_settings(&self) -> [String; 4] {
        self.local_settings().map(|sql| sql.replacen("SET LOCAL ", "SET ", 1))
    }

    /// A guard that remembers, for the transaction, which schema it has seen under the target's name.
    pub(super) fn remember_schema(&self) -> String {
        format!("pg_catalog.set_config('{SEEN}', ({})::text, true)", oid_of(self.schema()))
    }

    /// An SQL condition: the target's name still means the schema that the guard has seen. Renaming a schema waits
    /// for no lock of ours.
    pub(super) fn is_the_same(&self) -> String {
        format!(
            "coalesce(nullif(pg_catalog.current_setting('{SEEN}', true), ''), ({0})::text) = ({0})::text",
            oid_of(self.schema())
        )
    }

    /// An SQL condition: the target's schema is the current one.
    pub(crate) fn is_current(&self) -> String {
        format!("pg_catalog.current_schema() IS NOT DISTINCT FROM {}", literal(self.schema().as_str()))
    }
}

/// How a target stands after a transaction, for the state table.
#[derive(Debug, Clone)]
pub(crate) struct Standing<'a> {
    pub(crate) digest: String,
    pub(crate) head: Option<&'a Version>,
}

impl<'a> Standing<'a> {
    /// Where everything is applied.
    pub(crate) fn complete(set: &'a MigrationSet) -> Self {
        Self { digest: complete(set), head: set.head() }
    }
}

/// The transaction's own setting that holds the schema's OID.
const SEEN: &str = "multitenant.schema";

fn oid_of(schema: &SchemaName) -> String {
    format!("SELECT oid FROM pg_catalog.pg_namespace WHERE nspname = {}", literal(schema.as_str()))
}
