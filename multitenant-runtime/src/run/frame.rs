//! What every transaction on a target needs to know: its schema, its history, its settings.

use std::time::Duration;

use crate::ident::{Identifier, SchemaName, literal};
use crate::inventory::HistoryTable;
use crate::migration::ledger::Ledger;
use crate::migration::{MigrationSet, Version};
use crate::plan::TargetPlan;
use crate::registry::is_under_construction;
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

    /// A list of expressions that set, as `SET LOCAL` does, what a migration may have changed and the next one must
    /// not inherit. One statement sets them all.
    pub(super) fn local_settings(&self) -> String {
        let limit = self.settings.statement_timeout.unwrap_or(Duration::ZERO);
        let set = |name, value: &str| format!("pg_catalog.set_config('{name}', {}, true)", literal(value));
        [
            set("search_path", &self.search_path()),
            set("lock_timeout", &self.settings.lock_timeout.as_millis().to_string()),
            set("statement_timeout", &limit.as_millis().to_string()),
            // The splitter read the files so; a role's default may say otherwise.
            set("standard_conforming_strings", "on"),
        ]
        .join(", ")
    }

    /// The same for a session, for what must not run in a transaction.
    pub(super) fn session_settings(&self) -> [String; 4] {
        let limit = self.settings.statement_timeout.unwrap_or(Duration::ZERO);
        [
            format!("SET search_path = {}", self.search_path()),
            format!("SET lock_timeout = {}", self.settings.lock_timeout.as_millis()),
            format!("SET statement_timeout = {}", limit.as_millis()),
            "SET standard_conforming_strings = on".to_owned(),
        ]
    }

    /// A guard that remembers, for the transaction, which schema it has seen under the target's name.
    pub(super) fn remember_schema(&self) -> String {
        format!("pg_catalog.set_config('{SEEN}', {}, true)", oid_of(self.schema()))
    }

    /// An expression that is a number where each of these names means the tenant's own relation, or none, and nothing
    /// further down the path has it; else it is a cast that fails.
    ///
    /// That the name means the tenant's own is not enough: who waits for a lock looks the name up once more afterwards,
    /// and somebody else may have dropped or renamed the tenant's meanwhile.
    pub(super) fn are_own<'n>(&self, names: impl IntoIterator<Item = &'n Identifier>) -> Option<String> {
        let oid = |name: &str| {
            format!("coalesce(pg_catalog.to_regclass({})::pg_catalog.oid, 0::pg_catalog.oid)", literal(name))
        };
        let is_elsewhere = |name: &Identifier| {
            let own = format!("{}.{}", self.schema().quoted(), name.quoted());
            let later = self.settings.search_path.after_tenant().iter().map(|schema| {
                let there = format!("{}.{}", schema.quoted(), name.quoted());
                format!(" OR pg_catalog.to_regclass({}) IS NOT NULL", literal(&there))
            });
            format!("{} OPERATOR(pg_catalog.<>) {}{}", oid(&name.quoted()), oid(&own), later.collect::<String>())
        };
        let elsewhere: Vec<String> = names.into_iter().map(is_elsewhere).collect();
        (!elsewhere.is_empty()).then(|| is_not(&elsewhere.join(" OR ")))
    }

    /// An SQL condition: the target's name still means the schema that the guard has seen. Renaming a schema waits
    /// for no lock of ours.
    pub(super) fn is_the_same(&self) -> String {
        format!(
            "coalesce(coalesce(nullif(pg_catalog.current_setting('{SEEN}', true), ''), {0}) OPERATOR(pg_catalog.=) {0}, false)",
            oid_of(self.schema())
        )
    }

    /// An SQL condition: the target's schema is the current one, and its history holds what the plan was made from.
    pub(super) fn is_as_planned(&self, plan: &TargetPlan) -> String {
        let ledger = self.ledger();
        let expected = match (plan.history, &plan.by_state) {
            (HistoryTable::Absent, _) => ledger.is_absent(),
            (_, Some(digest)) => ledger.amounts_to(digest),
            (_, None) => ledger.holds(&plan.applied),
        };
        format!("{} AND {expected}", self.is_current())
    }

    /// An SQL condition: the target's schema is the current one, and no creation of it is under way.
    pub(crate) fn is_finished(&self) -> String {
        format!(
            "{} AND NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) {} AND {})",
            self.is_current(),
            literal(self.schema().as_str()),
            is_under_construction("oid")
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
    format!("pg_catalog.to_regnamespace({})::pg_catalog.oid::pg_catalog.text", literal(&schema.quoted()))
}

/// An expression that is a number where the condition does not hold, and a cast that fails where it does: another
/// error than that of a guard in the same statement.
pub(super) fn is_not(condition: &str) -> String {
    format!("(CASE WHEN {condition} THEN 'suspicious' ELSE '0' END)::pg_catalog.int4")
}
