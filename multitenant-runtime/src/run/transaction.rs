//! One transaction as a pipeline: what is sent, in which order, and what an error at each place means.
//!
//! Pure: it makes the statements and reads the result. The protocol (see `ARCHITECTURE.md`):
//!
//! ```text
//! BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE
//! SET LOCAL search_path, lock_timeout, statement_timeout, …
//! lock     the target's advisory lock, by try, a statement of its own
//! guard    the schema exists and is current, and the history is the expected one
//! …        the migration's statements, one message each
//! wall     the shared schema is untouched
//! record   the history row
//! COMMIT
//! ```
//!
//! Lock and guard must be two statements, under READ COMMITTED: a statement that takes the lock reads with a
//! snapshot from before it had it.

use crate::ident::{SchemaName, literal};
use crate::inventory::HistoryTable;
use crate::migration::{Migration, MigrationSet, StatementKind, Version};
use crate::registry::is_under_construction;
use crate::target::Tier;

use super::frame::{Frame, Standing};
use super::lock::transaction_lock;
use super::preparation::Preparation;
use super::registering::Registering;
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
    /// Writes the history of the migration at this place of the list.
    Record { migration: usize },
    /// Asserts that the migration at this place of the list has not changed the shared schema.
    Wall { migration: usize },
    /// Asserts that nothing suggests a change of the shared schema: a failed one wants the wall's own judgement.
    Suspicion,
    /// Asserts that a new schema is the current one: where it fails, the role may not use what it has made.
    Current,
    /// Registers a new tenant.
    Register,
    /// Asserts that the registry has the new tenant as it was made.
    Registered,
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
    /// A migration on a target whose history is the expected one.
    pub(crate) fn migrate(
        frame: Frame<'_>,
        migration: &Migration,
        history: HistoryTable,
        applied: &[Version],
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::begin(frame);
        let ledger = frame.ledger();
        let expected = if history == HistoryTable::Absent { ledger.is_absent() } else { ledger.holds(applied) };
        tx.push(
            Role::Guard,
            format!("SELECT 1 / ({} AND {expected})::int, {}", frame.is_current(), frame.remember_schema()),
        );
        match history {
            HistoryTable::Absent => tx.push(Role::Record { migration: 0 }, ledger.create()),
            HistoryTable::Diesel => tx.push(Role::Record { migration: 0 }, ledger.extend()),
            HistoryTable::Extended => {}
        }
        tx.migration(frame, 0, migration);
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_the_same()));
        if !migration.allow_shared_locks() {
            if prepared.is_careful(migration) {
                tx.wall(frame, 0, prepared.wall.guard());
            } else {
                tx.suspicion(frame, &prepared.wall);
            }
        }
        // For the triggers that run at COMMIT, too.
        tx.push(Role::Frame, frame.set_search_path());
        tx.push(Role::Record { migration: 0 }, ledger.record(migration, &prepared.run));
        tx.note(frame, standing, prepared);
        tx.commit()
    }

    /// Makes the schema where it is missing; nothing else.
    pub(crate) fn create_schema(frame: Frame<'_>) -> Self {
        let mut tx = Self::begin(frame);
        tx.push(Role::Frame, format!("CREATE SCHEMA IF NOT EXISTS {}", frame.schema().quoted()));
        tx.commit()
    }

    /// One statement of a script that is committed statement by statement, under the session's lock and settings.
    pub(crate) fn one_statement(
        frame: Frame<'_>,
        migration: &Migration,
        statement: usize,
        guard: &str,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self { holder: Holder::Script, ..Self::default() };
        tx.push(Role::Frame, BEGIN.to_owned());
        tx.push(Role::Guard, guard.to_owned());
        if let Some((sql, kind)) = migration.up().statements().nth(statement) {
            tx.statement(frame, Role::Migration { migration: 0, statement }, sql, kind);
        }
        if !migration.allow_shared_locks() {
            tx.push(Role::Frame, TRUSTED_PATH.to_owned());
            tx.wall(frame, 0, prepared.wall.guard());
            // For the triggers that run at COMMIT.
            tx.push(Role::Frame, frame.set_search_path());
        }
        tx.commit()
    }

    /// Makes or extends the history, so that the record of what is not in a transaction is one `INSERT`; `None`
    /// where the history is ready.
    ///
    /// Its lock is the session's; taken once more it is granted. So it is for [`Self::record`].
    pub(crate) fn history(frame: Frame<'_>, history: HistoryTable) -> Option<Self> {
        let sql = match history {
            HistoryTable::Absent => frame.ledger().create(),
            HistoryTable::Diesel => frame.ledger().extend(),
            HistoryTable::Extended => return None,
        };
        let mut tx = Self::begin(frame);
        tx.holder = Holder::Session;
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx.push(Role::Record { migration: 0 }, sql);
        Some(tx.commit())
    }

    /// Records a migration that was applied outside a transaction.
    pub(crate) fn record(
        frame: Frame<'_>,
        migration: &Migration,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::begin(frame);
        tx.holder = Holder::Session;
        tx.push(Role::Record { migration: 0 }, frame.ledger().record(migration, &prepared.run));
        tx.note(frame, standing, prepared);
        tx.commit()
    }

    /// A whole new tenant: schema, all migrations, history, registry row.
    pub(crate) fn create_tenant(
        frame: Frame<'_>,
        migrations: &[Migration],
        registering: &Registering,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let careful = migrations.iter().any(|m| m.allow_shared_locks() || prepared.is_careful(m));
        let mut tx = Self::begin(frame);
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", schema_is_absent(frame.schema())));
        tx.push(Role::Frame, format!("CREATE SCHEMA {}", frame.schema().quoted()));
        tx.push(Role::Current, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx.push(Role::Frame, frame.ledger().create());
        for (i, migration) in migrations.iter().enumerate() {
            if i > 0 {
                // What one migration sets, the next must not see.
                tx.push(Role::Frame, "RESET ROLE".to_owned());
                tx.push(Role::Frame, "RESET ALL".to_owned());
                frame.local_settings().into_iter().for_each(|sql| tx.push(Role::Frame, sql));
            }
            let opened = migrations[..i].iter().any(Migration::allow_shared_locks);
            if careful && opened && !migration.allow_shared_locks() {
                tx.push(Role::Frame, TRUSTED_PATH.to_owned());
                tx.wall(frame, i, prepared.wall.note());
                tx.push(Role::Frame, frame.set_search_path());
            }
            tx.migration(frame, i, migration);
            if careful && !migration.allow_shared_locks() {
                let wall = &prepared.wall;
                tx.push(Role::Frame, TRUSTED_PATH.to_owned());
                tx.wall(frame, i, if opened { wall.guard_from_there() } else { wall.guard() });
            }
            // For the triggers that run at COMMIT, too.
            tx.push(Role::Frame, frame.set_search_path());
            tx.push(Role::Record { migration: i }, frame.ledger().record(migration, &prepared.run));
        }
        if !careful {
            tx.push(Role::Frame, TRUSTED_PATH.to_owned());
            tx.suspicion(frame, &prepared.wall);
            tx.push(Role::Frame, frame.set_search_path());
        }
        tx.note(frame, standing, prepared);
        tx.register(frame, registering);
        tx.commit()
    }

    /// The last step of a tenant that could not be made in one transaction: it is registered, and its schema's
    /// mark goes.
    pub(crate) fn finish_tenant(
        frame: Frame<'_>,
        registering: &Registering,
        mark: &str,
        set: &MigrationSet,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::begin(frame);
        // It is this creation's schema, and it is complete: another one may have removed the first and begun anew.
        let complete = frame.ledger().holds(set.migrations().iter().map(Migration::version));
        let unfinished = is_unfinished(frame.schema(), mark);
        tx.push(Role::Guard, format!("SELECT 1 / (CASE WHEN {unfinished} THEN {complete} ELSE false END)::int"));
        tx.note(frame, &Standing::complete(set), prepared);
        tx.register(frame, registering);
        tx.push(Role::Frame, format!("COMMENT ON SCHEMA {} IS NULL", frame.schema().quoted()));
        tx.commit()
    }

    /// Removes what was made of a tenant that could not be finished.
    pub(crate) fn abandon_tenant(frame: Frame<'_>, mark: &str) -> Self {
        let schema = frame.schema();
        let mut tx = Self::begin(frame);
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", is_unfinished(schema, mark)));
        tx.push(Role::Frame, format!("DROP SCHEMA {} CASCADE", schema.quoted()));
        tx.commit()
    }

    /// Makes the schema of a tenant that cannot be made in one transaction, and marks it as unfinished; what a
    /// killed run left is removed first.
    pub(crate) fn begin_tenant(frame: Frame<'_>, mark: &str) -> Self {
        let schema = frame.schema();
        let mut tx = Self::begin(frame);
        let unfinished = format!(
            "EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {} AND {})",
            literal(schema.as_str()),
            is_under_construction("oid")
        );
        tx.push(Role::Guard, format!("SELECT 1 / ({} OR {unfinished})::int", schema_is_absent(schema)));
        tx.push(Role::Frame, format!("DROP SCHEMA IF EXISTS {} CASCADE", schema.quoted()));
        tx.push(Role::Frame, format!("CREATE SCHEMA {}", schema.quoted()));
        tx.push(Role::Frame, format!("COMMENT ON SCHEMA {} IS {}", schema.quoted(), literal(mark)));
        tx.commit()
    }

    fn begin(frame: Frame<'_>) -> Self {
        let mut tx = Self::default();
        tx.push(Role::Frame, BEGIN.to_owned());
        frame.local_settings().into_iter().for_each(|sql| tx.push(Role::Frame, sql));
        tx.push(Role::Lock, transaction_lock(frame.schema()));
        tx
    }

    fn migration(&mut self, frame: Frame<'_>, place: usize, migration: &Migration) {
        for (statement, (sql, kind)) in migration.up().statements().enumerate() {
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

    fn wall(&mut self, frame: Frame<'_>, migration: usize, statement: Option<String>) {
        if frame.target.tier() == Tier::Tenant
            && let Some(statement) = statement
        {
            self.push(Role::Wall { migration }, statement);
        }
    }

    fn suspicion(&mut self, frame: Frame<'_>, wall: &Wall) {
        if frame.target.tier() == Tier::Tenant
            && let Some(statement) = wall.quick()
        {
            self.push(Role::Suspicion, statement);
        }
    }

    fn register(&mut self, frame: Frame<'_>, registering: &Registering) {
        if let Some(sql) = &registering.insert {
            self.push(Role::Frame, format!("SET LOCAL search_path = {}", frame.settings.shared_schema.quoted()));
            self.push(Role::Register, sql.clone());
        }
        if let Some(condition) = &registering.holds {
            self.push(Role::Registered, format!("SELECT 1 / ({condition})::int"));
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

fn schema_is_absent(schema: &SchemaName) -> String {
    format!("NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {})", literal(schema.as_str()))
}

fn is_unfinished(schema: &SchemaName, mark: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {} \
         AND pg_catalog.obj_description(oid, 'pg_namespace') = {})",
        literal(schema.as_str()),
        literal(mark)
    )
}
