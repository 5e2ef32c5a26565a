//! One transaction as a pipeline: what is sent, in which order, and what an error at each place means.
//!
//! Pure: it makes the statements and reads the result. The protocol (see `ARCHITECTURE.md`):
//!
//! ```text
//! BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE
//! lock     search_path, lock_timeout, statement_timeout, … of the transaction, and the target's advisory lock, by try
//! guard    the schema exists and is current, and the history is the expected one
//! …        the migration's statements, one message each
//! wall     the shared schema is untouched
//! record   the history row
//! COMMIT
//! ```
//!
//! Here is what all of them have in common; each kind has a file of its own.
//!
//! Lock and guard must be two statements, under READ COMMITTED: a statement that takes the lock reads with a
//! snapshot from before it had it.

mod copy;
mod create;
mod drift;
mod drop;
#[cfg(feature = "functions")]
mod function;
mod history;
mod isolate;
mod migrate;
mod relocate;
mod seeds;
mod snapshot;
mod visit;

pub(crate) use visit::Access;

pub(crate) use drop::{gives, has};
pub(crate) use relocate::Relocation;

use crate::migration::{Migration, StatementKind};
use crate::target::Tier;

use super::confined;
use super::frame::{Frame, Standing, is_not};
use super::lock::transaction_lock;
use super::preparation::Preparation;
use super::wall::Wall;

/// A path on which no migration has put an operator or a function, for the guards that follow one.
const TRUSTED_PATH: &str = "SET LOCAL search_path = pg_catalog";

/// What a statement of the pipeline is for, and so what its failure means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Opens the transaction and sets it up, or closes it.
    Frame,
    /// Takes the target's lock: a failed guard means that another run holds it.
    Lock,
    /// Asserts what the plan was made from: a failed guard means that it is out of date.
    Guard,
    /// A statement of the migration at this place of the list, at this place of its script.
    Migration { migration: usize, statement: usize },
    /// A statement of a snapshot.
    Snapshot,
    /// Writes the history of the migration at this place of the list.
    Record { migration: usize },
    /// Asserts that the migration at this place of the list has not changed the shared schema.
    Wall { migration: usize },
    /// Asserts that nothing suggests a change of the shared schema: a failed one wants the wall's own judgement.
    Suspicion,
    /// Asserts that nothing outside of a schema that is to be dropped hangs on what is in it.
    Dependents,
    /// Asserts that nothing was done outside of the target's own schema.
    Confined,
    /// Asserts that the seed at this place of the list has left its schema where it was.
    Seeded { seed: usize },
    /// Asserts that it has dropped no schema.
    Spares { seed: usize },
    /// Asserts that it has left the tenant in the registry.
    Stays { seed: usize },
    /// Asserts that a load has written nothing outside of the new schema.
    Loaded,
    /// Asserts that a new schema is the current one: where it fails, the role may not use what it has made.
    Current,
    /// Asserts that the transaction is the one that was begun.
    #[cfg(feature = "functions")]
    Transaction,
    /// Makes a role, or gives it what it needs.
    Isolate,
    /// Registers a new tenant.
    Register,
    /// Asserts that the registry has the new tenant as it was made.
    Registered,
    /// Asserts that the registry does not have a dropped tenant any more.
    Unregistered,
    /// Asserts that the registry has a tenant as a change was to leave it.
    Relocated,
}

/// Who holds the target's lock when a transaction begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Holder {
    /// Nobody yet: the transaction takes it.
    #[default]
    Transaction,
    /// The session, and it must not let go of it meanwhile.
    Session,
    /// The session, whose settings are those of the script that is being run: nothing is reset.
    Script,
}

/// A transaction as a list of statements.
#[derive(Debug, Default)]
pub(crate) struct Transaction {
    statements: Vec<String>,
    roles: Vec<Role>,
    holder: Holder,
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

impl Transaction {
    fn begin(frame: Frame<'_>) -> Self {
        let mut tx = Self::default();
        tx.push(Role::Frame, BEGIN.to_owned());
        let lock = transaction_lock(frame.schema());
        tx.push(Role::Lock, format!("SELECT {}, {}, {lock}", nothing_is_left(), frame.local_settings()));
        tx
    }

    fn migration(&mut self, frame: Frame<'_>, place: usize, migration: &Migration) {
        for (statement, (sql, kind)) in migration.script().statements().enumerate() {
            self.statement(frame, Role::Migration { migration: place, statement }, sql, kind);
        }
    }

    /// A migration's statement, with what it needs around it.
    fn statement(&mut self, frame: Frame<'_>, role: Role, sql: &str, kind: StatementKind) {
        let extension =
            frame.target.tier() == Tier::Tenant && matches!(kind, StatementKind::CreateExtension { has_schema: false });
        // An extension exists once in a database. Made under a tenant's path it would live in that tenant's
        // schema, out of the others' reach, and vanish with it; so it goes to the shared schema.
        if extension {
            self.push(Role::Frame, format!("SET LOCAL search_path = {}", frame.settings.shared_schema.quoted()));
        }
        self.push(role, sql.to_owned());
        if extension {
            self.push(Role::Frame, frame.set_search_path());
        }
    }

    /// How the target stands when this transaction has committed.
    fn note(&mut self, frame: Frame<'_>, standing: &Standing<'_>, prepared: &Preparation) {
        if let Some(state) = &prepared.state {
            let sql = state.note(frame.target, frame.ledger(), &standing.digest, standing.head);
            self.push(Role::Frame, sql);
        }
    }

    fn wall(
        &mut self,
        frame: Frame<'_>,
        migration: usize,
        prepared: &Preparation,
        statement: fn(&Wall) -> Option<String>,
    ) {
        if frame.target.tier() == Tier::Tenant {
            match prepared.wall() {
                Some(wall) => statement(wall).into_iter().for_each(|sql| self.push(Role::Wall { migration }, sql)),
                None => unread().into_iter().for_each(|sql| self.push(Role::Suspicion, sql)),
            }
        }
    }

    fn suspicion(&mut self, frame: Frame<'_>, prepared: &Preparation) {
        if frame.target.tier() == Tier::Tenant
            && let Some(statement) = prepared.wall().map_or_else(unread, Wall::quick)
        {
            self.push(Role::Suspicion, statement);
        }
    }

    /// Where a copy is to be made of it; under a path on which nobody has put anything.
    fn confined(&mut self, frame: Frame<'_>, prepared: &Preparation) {
        if prepared.is_confined() {
            self.push(Role::Frame, TRUSTED_PATH.to_owned());
            self.push(Role::Confined, confined::guard(frame.schema(), confined::Outside::Everything));
            self.push(Role::Frame, frame.set_search_path());
        }
    }

    fn commit(mut self) -> Self {
        self.push(Role::Frame, "COMMIT".to_owned());
        self
    }

    fn push(&mut self, role: Role, sql: String) {
        self.roles.push(role);
        self.statements.push(sql);
    }

    pub(crate) fn statements(&self) -> &[String] {
        &self.statements
    }

    pub(crate) fn holder(&self) -> Holder {
        self.holder
    }

    pub(crate) fn role(&self, index: usize) -> Role {
        self.roles.get(index).copied().unwrap_or(Role::Frame)
    }

    /// How many statements come before the first one that may write: what must be known to have succeeded
    /// before the rest is sent where an open transaction cannot be relied upon.
    pub(crate) fn preamble(&self) -> usize {
        let is_preamble = |role: &Role| matches!(role, Role::Frame | Role::Lock | Role::Guard);
        let first = self.roles.iter().take_while(|role| is_preamble(role)).count();
        let guard = |role: &Role| matches!(role, Role::Lock | Role::Guard);
        self.roles.iter().take(first).rposition(guard).map_or(0, |i| i + 1)
    }
}

/// Expressions that fail (a cast) where an earlier transaction has committed on this session, and the session was not
/// reset since. `RESET ALL` takes the mark away, and whatever a migration has set.
fn nothing_is_left() -> String {
    const MARK: &str = "multitenant.used";
    let is_used = format!("pg_catalog.current_setting('{MARK}', true) OPERATOR(pg_catalog.=) 'on'::pg_catalog.text");
    format!("{}, pg_catalog.set_config('{MARK}', 'on', false)", is_not(&is_used))
}

/// Where nobody has read the wall nobody may pass it: this fails, and then it is read.
fn unread() -> Option<String> {
    Some("SELECT 1 / 0".to_owned())
}
