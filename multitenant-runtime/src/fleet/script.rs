//! What the fleet is asked.

use std::sync::Arc;

use crate::migration::{Migration, Problem, Script, Wrapped, may_reset};

/// Statements for the whole fleet, split and checked.
///
/// Refused are transaction control, since each tenant's statements are one transaction, `COPY … FROM STDIN`, and what
/// only psql understands.
///
/// ```
/// use multitenant_runtime::FleetScript;
///
/// let script = FleetScript::read_only("users.sql", "SELECT count(*) FROM users; SELECT max(id) FROM users")?;
/// assert_eq!(script.statements(), 2);
/// assert!(FleetScript::read_only("users.sql", "BEGIN; DELETE FROM users; COMMIT").is_err());
/// # Ok::<(), multitenant_runtime::migration::Problem>(())
/// ```
#[derive(Debug, Clone)]
pub struct FleetScript {
    script: Arc<Migration>,
    writes: bool,
}

impl FleetScript {
    /// Statements that only read: the server refuses others, and `RESET`, which would make it take them, is refused here.
    ///
    /// ```
    /// use multitenant_runtime::FleetScript;
    ///
    /// let error = FleetScript::read_only("SQL", "RESET ALL; DELETE FROM users").unwrap_err();
    /// assert!(error.to_string().starts_with("SQL:1:1: "), "{error}");
    /// ```
    ///
    /// # Errors
    ///
    /// What it may not hold, and where. `name` is what messages call it: a file's name.
    pub fn read_only(name: &str, sql: &str) -> Result<Self, Problem> {
        Self::new(name, sql, false)
    }

    /// Statements that may write. What a tenant's statements would change of the shared schema itself (its rows
    /// excepted) makes them fail, as a tenant's migration.
    ///
    /// # Errors
    ///
    /// As for [`read_only`](Self::read_only).
    pub fn read_write(name: &str, sql: &str) -> Result<Self, Problem> {
        Self::new(name, sql, true)
    }

    fn new(name: &str, sql: &str, writes: bool) -> Result<Self, Problem> {
        let script = Script::named(name, sql, "statement for the fleet", Wrapped::Refused)?;
        let reset = script.statements().position(|(sql, _)| !writes && may_reset(sql));
        if let Some(at) = reset.map(|statement| script.place(statement, None)) {
            let message = "RESET could make what only reads able to write: leave it out, or let the statements write";
            return Err(Problem::at(name, at.line as usize, at.column as usize, message));
        }
        Ok(Self { script: Arc::new(Migration::of_script(name, script, None)), writes })
    }

    /// How many statements it has.
    #[must_use]
    pub fn statements(&self) -> usize {
        self.script.script().statements().count()
    }

    /// Whether it may write.
    #[must_use]
    pub fn writes(&self) -> bool {
        self.writes
    }

    pub(super) fn script(&self) -> &Migration {
        &self.script
    }
}
