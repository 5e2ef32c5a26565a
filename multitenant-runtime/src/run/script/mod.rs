//! An operation as a script for psql: the same statements that a run would send, in files that a DBA can read and run.
//!
//! Pure. What is deliberately absent, since a script cannot decide: retries, and the second try of a statement that
//! the server refuses in a transaction.

mod outside;
mod target;

pub(crate) use target::write_target;

use crate::ident::psql_argument;
use crate::migration::without_variables;

use super::transaction::{Role, Transaction};
use super::wall::Wall;

/// The variable of psql's that holds the wall's guard, which is long and everywhere the same.
const WALL: &str = "multitenant_wall";

/// A script for psql that is being written.
#[derive(Debug, Default)]
pub(crate) struct ScriptText(String);

impl ScriptText {
    /// Lines of comment; what a terminal or psql would take for the end of one is escaped.
    pub(crate) fn comment(&mut self, text: &str) {
        for line in text.lines() {
            let escaped =
                line.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] });
            let line: String = escaped.collect();
            self.line(format!("-- {line}").trim_end());
        }
    }

    /// A statement of ours.
    pub(crate) fn statement(&mut self, sql: &str) {
        self.line(&format!("{sql};"));
    }

    /// A command of psql's.
    pub(crate) fn command(&mut self, command: &str) {
        self.line(command);
    }

    /// What psql shows when it comes to this place.
    pub(crate) fn announce(&mut self, text: &str) {
        self.command(&format!("\\echo {}", psql_argument(text)));
    }

    pub(crate) fn blank(&mut self) {
        self.line("");
    }

    /// What makes psql behave as the script expects, whatever its user has set.
    pub(crate) fn begin(&mut self, wall: Option<&Wall>) {
        for setting in [
            "ON_ERROR_STOP on",
            "AUTOCOMMIT on",
            "ON_ERROR_ROLLBACK off",
            "SINGLELINE off",
            "QUIET on",
            "FETCH_COUNT 0",
        ] {
            self.command(&format!("\\set {setting}"));
        }
        if let Some(guard) = wall.and_then(Wall::guard) {
            self.command(&format!("\\set {WALL} {}", psql_argument(&guard)));
        }
    }

    /// A session as it was opened: what the migration before has set is gone.
    pub(crate) fn clean_session(&mut self) {
        self.statement("DISCARD ALL");
        self.read_as_written();
    }

    /// psql and the server read the script as it was split: in UTF-8, and with backslashes that mean themselves.
    fn read_as_written(&mut self) {
        self.command("\\encoding UTF8");
        self.statement("SET standard_conforming_strings = on");
    }

    /// A transaction, with what an error at each of its guards means.
    fn transaction(&mut self, transaction: &Transaction) {
        let mut migrated = false;
        for (i, sql) in transaction.statements().iter().enumerate() {
            match transaction.role(i) {
                Role::Lock => self.comment("Division by zero here: another run holds this schema. Run it again later."),
                Role::Guard if migrated => {
                    self.comment("Division by zero here: the migration has renamed or replaced its own schema.");
                }
                Role::Guard => self
                    .comment("Division by zero here: the schema or its history is not what it was when this was made."),
                Role::Migration { .. } => {
                    migrated = true;
                    self.statement(&without_variables(sql));
                    continue;
                }
                Role::Wall { .. } => {
                    self.comment("\"multitenant-wall\" here: the migration would change what all tenants share.");
                    self.statement(&format!(":{WALL}"));
                    continue;
                }
                _ => {}
            }
            self.statement(sql);
        }
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }

    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }
}
