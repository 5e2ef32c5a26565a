//! A migration that must not run in a transaction: its statements one by one, under a lock of the session.

use crate::ident::literal;
use crate::migration::{IndexWork, Migration, StatementKind, without_variables};
use crate::plan::TargetPlan;
use crate::run::frame::{Frame, Standing};
use crate::run::lock::session_lock_or_fail;
use crate::run::outside::elsewhere;
use crate::run::preparation::Preparation;
use crate::run::transaction::Transaction;
use crate::target::Tier;

use super::ScriptText;

impl ScriptText {
    /// As a run does it, but for what takes a decision: there is no transaction around a statement, and so no wall.
    pub(super) fn outside(
        &mut self,
        frame: Frame<'_>,
        migration: &Migration,
        plan: &TargetPlan,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) {
        self.comment("Outside a transaction: each statement is committed by itself, and stays if a later one fails.");
        self.comment("Division by zero here: another run holds this schema. Run it again later.");
        self.statement(&session_lock_or_fail(frame.schema()));
        frame.session_settings().iter().for_each(|sql| self.statement(sql));
        self.statement("SET default_transaction_read_only = off");
        self.comment("Division by zero here: the schema or its history is not what it was when this was made.");
        self.statement(&format!("SELECT 1 / ({})::int", frame.is_as_planned(plan)));
        self.no_invalid_index(frame);
        if let Some(history) = Transaction::history(frame, plan.history) {
            self.transaction(&history);
        }
        self.command(
            "SELECT setting AS multitenant_path, coalesce(reset_val, '') AS multitenant_default_path \
             FROM pg_catalog.pg_settings WHERE name = 'search_path' \\gset",
        );
        for (sql, kind) in migration.script().statements() {
            self.comment("Division by zero here: the schema is no longer the current one.");
            self.statement(&format!(
                "SELECT 1 / ({} OR pg_catalog.current_setting('search_path') \
                 NOT IN (:'multitenant_path', :'multitenant_default_path'))::int",
                frame.is_current()
            ));
            self.outside_statement(frame, migration, sql, kind);
        }
        self.no_invalid_index(frame);
        // As the engine: the record finds a session of which only the lock is left.
        self.statement("SET SESSION AUTHORIZATION DEFAULT");
        self.statement("RESET ALL");
        self.read_as_written();
        self.transaction(&Transaction::record(frame, migration, standing, prepared));
        self.statement("SELECT pg_catalog.pg_advisory_unlock_all()");
    }

    fn outside_statement(&mut self, frame: Frame<'_>, migration: &Migration, sql: &str, kind: StatementKind) {
        let sql = without_variables(sql);
        match kind {
            StatementKind::Concurrently => {
                if frame.target.tier() == Tier::Tenant && !migration.allow_shared_locks() {
                    for name in IndexWork::of(&sql).iter().flat_map(IndexWork::relations) {
                        self.comment("Division by zero here: this name is found in what all tenants share.");
                        self.statement(&format!("SELECT 1 / (NOT EXISTS ({}))::int", elsewhere(frame, name)));
                    }
                }
                // Giving up leaves an invalid index behind, which is worse than waiting.
                self.command(
                    "SELECT pg_catalog.current_setting('lock_timeout') AS multitenant_lock_timeout, \
                     pg_catalog.current_setting('statement_timeout') AS multitenant_statement_timeout \\gset",
                );
                self.statement("SET lock_timeout = 0");
                self.statement("SET statement_timeout = 0");
                self.statement(&sql);
                self.statement("SET lock_timeout = :'multitenant_lock_timeout'");
                self.statement("SET statement_timeout = :'multitenant_statement_timeout'");
            }
            StatementKind::CreateExtension { has_schema: false } if frame.target.tier() == Tier::Tenant => {
                self.statement("BEGIN");
                self.statement(&format!("SET LOCAL search_path = {}", frame.settings.shared_schema.quoted()));
                self.statement(&sql);
                self.statement("COMMIT");
            }
            _ => self.statement(&sql),
        }
    }

    /// Before the first statement, so that afterwards one that is invalid is the migration's own.
    fn no_invalid_index(&mut self, frame: Frame<'_>) {
        self.comment(
            "Division by zero here: the schema has an invalid index, as an interrupted CONCURRENTLY leaves it.",
        );
        self.statement(&format!(
            "SELECT 1 / (NOT EXISTS (SELECT FROM pg_catalog.pg_index i \
             JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE NOT i.indisvalid AND c.relkind = 'i' AND n.nspname = {} AND NOT EXISTS (SELECT FROM \
             pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)))::int",
            literal(frame.schema().as_str())
        ));
    }
}
