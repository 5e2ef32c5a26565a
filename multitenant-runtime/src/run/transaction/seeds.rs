//! The seeds that a new tenant begins with, in the transaction that makes it.

use crate::migration::{Migration, MigrationSet};

use super::create::is_unfinished;
use super::drop::DEFAULT_PATH;
use super::{Role, TRUSTED_PATH, Transaction};
use crate::run::frame::{Frame, Standing};
use crate::run::preparation::Preparation;
use crate::run::registering::Registering;
use crate::run::seeding::Seeding;
use crate::run::wall::Wall;

impl Transaction {
    /// All seeds, and their record. `first` is the place of the first one among what the transaction's failures are about.
    pub(super) fn seeds(&mut self, frame: Frame<'_>, registering: &Registering, first: usize, prepared: &Preparation) {
        let seeding = &registering.seeding;
        if seeding.is_empty() {
            return;
        }
        self.begin_record(frame, seeding);
        for (i, (seed, note)) in seeding.seeds.iter().zip(&seeding.notes).enumerate() {
            let place = first + i;
            self.before_seed(frame, registering, place, prepared);
            self.migration(frame, place, seed);
            self.after_seed(frame, registering, place, prepared, note);
        }
    }

    /// The record of what is done, which is made by who migrates.
    pub(crate) fn begin_record(&mut self, frame: Frame<'_>, seeding: &Seeding) {
        self.cleared(frame);
        seeding.record.iter().for_each(|sql| self.also(sql.clone()));
    }

    /// What was set before the seed it does not see, and what was changed before is not its doing.
    pub(crate) fn before_seed(
        &mut self,
        frame: Frame<'_>,
        registering: &Registering,
        place: usize,
        prepared: &Preparation,
    ) {
        self.cleared(frame);
        if let Some(stays) = &registering.stays {
            // What registers the tenant may do so in a way that the registry does not show, and that is no seed's doing.
            self.also(DEFAULT_PATH.to_owned());
            self.also(format!("SELECT pg_catalog.set_config('{IS_REGISTERED}', ({stays})::text, true)"));
        }
        self.push(Role::Frame, TRUSTED_PATH.to_owned());
        self.also(format!(
            "SELECT set_config('{DROPPED}', coalesce((SELECT string_agg(oid::text, ',') FROM ({}) d (oid)), ''), true)",
            dropped_schemas()
        ));
        self.wall(frame, place, prepared, Wall::note);
        self.push(Role::Frame, frame.set_search_path());
    }

    /// It has left the schema where it was, the shared one as it was, and the tenant in the registry; then it is recorded,
    /// by who migrates.
    pub(crate) fn after_seed(
        &mut self,
        frame: Frame<'_>,
        registering: &Registering,
        place: usize,
        prepared: &Preparation,
        note: &str,
    ) {
        self.push(Role::Frame, "RESET ROLE".to_owned());
        self.push(Role::Frame, TRUSTED_PATH.to_owned());
        self.push(Role::Seeded { seed: place }, format!("SELECT 1 / ({})::int", frame.is_the_same()));
        self.spares(place);
        self.wall(frame, place, prepared, Wall::guard_from_there);
        if let Some(stays) = &registering.stays {
            self.also(DEFAULT_PATH.to_owned());
            let was_not = format!("coalesce(pg_catalog.current_setting('{IS_REGISTERED}', true) = 'false', false)");
            self.push(Role::Stays { seed: place }, format!("SELECT 1 / ({was_not} OR {stays})::int"));
        }
        // For the triggers that run at COMMIT, too.
        self.push(Role::Frame, frame.set_search_path());
        self.also(note.to_owned());
    }

    /// It has dropped no schema, but for those that were noted before it.
    pub(super) fn spares(&mut self, place: usize) {
        self.push(
            Role::Spares { seed: place },
            format!(
                "SELECT 1 / (NOT EXISTS (SELECT FROM ({}) d (oid) WHERE oid::text <> ALL \
                 (string_to_array(coalesce(current_setting('{DROPPED}', true), ''), ','))))::int",
                dropped_schemas()
            ),
        );
    }

    /// The beginning of the last step of a tenant that is made in steps: it is this creation's schema, and it is complete.
    /// Another one may have removed the first and begun anew.
    pub(crate) fn enter_unfinished(frame: Frame<'_>, mark: &str, set: &MigrationSet) -> Self {
        let mut tx = Self::begin(frame);
        let complete = frame.ledger().holds(set.migrations().iter().map(Migration::version));
        let unfinished = is_unfinished(frame.schema(), mark);
        tx.push(Role::Guard, format!("SELECT 1 / (CASE WHEN {unfinished} THEN {complete} ELSE false END)::int"));
        tx
    }

    /// The tenant is registered, and the state table knows of it.
    pub(super) fn announce(
        &mut self,
        frame: Frame<'_>,
        registering: &Registering,
        set: &MigrationSet,
        prepared: &Preparation,
    ) {
        self.note(frame, &Standing::complete(set), prepared);
        self.register(frame, registering);
    }

    /// The schema's mark goes.
    pub(crate) fn unmark(&mut self, frame: Frame<'_>) {
        self.push(Role::Frame, format!("COMMENT ON SCHEMA {} IS NULL", frame.schema().quoted()));
    }
}

/// The transaction's own setting that holds whether the registry has the tenant when a seed begins.
const IS_REGISTERED: &str = "multitenant.registered";

/// The transaction's own setting that holds the schemas that it had dropped when a seed begins.
const DROPPED: &str = "multitenant.dropped";

/// The schemas that this transaction has dropped: it holds the lock of a deletion on what is not there any more. That a
/// schema gets another name locks nothing.
fn dropped_schemas() -> &'static str {
    "SELECT l.objid FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'object' \
     AND l.classid = 'pg_namespace'::regclass AND l.mode = 'AccessExclusiveLock' \
     AND NOT EXISTS (SELECT FROM pg_namespace n WHERE n.oid = l.objid)"
}

/// The parts of the last step where a function is among the seeds, and Diesel has the connection meanwhile.
#[cfg(feature = "functions")]
impl Transaction {
    /// From the beginning to the first seed.
    ///
    /// A function may send a COMMIT by force, and the registry has the tenant already. So until the last seed is done there
    /// is a constraint that no COMMIT satisfies: the server answers it by taking everything back.
    pub(crate) fn before_seeds(
        frame: Frame<'_>,
        registering: &Registering,
        set: &MigrationSet,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::default();
        tx.announce(frame, registering, set, prepared);
        tx.begin_record(frame, &registering.seeding);
        let open = open(frame);
        tx.also(format!(
            "CREATE TABLE {open} (id integer PRIMARY KEY, needs integer CONSTRAINT {MUST_NOT} REFERENCES {open} \
             DEFERRABLE INITIALLY DEFERRED)"
        ));
        tx.also(format!("INSERT INTO {open} VALUES (1, 2)"));
        tx
    }

    /// A seed that is SQL; or what stands before one that is a function.
    pub(crate) fn until_seed(
        frame: Frame<'_>,
        registering: &Registering,
        seed: &Migration,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::default();
        tx.before_seed(frame, registering, 0, prepared);
        if !seed.is_function() {
            tx.migration(frame, 0, seed);
        }
        tx
    }

    /// What stands behind a seed; the transaction is the one of this number.
    pub(crate) fn behind_seed(
        frame: Frame<'_>,
        registering: &Registering,
        number: &str,
        note: &str,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::default();
        tx.same(number);
        tx.after_seed(frame, registering, 0, prepared, note);
        tx
    }

    /// The end, without the COMMIT.
    pub(crate) fn unmarked(frame: Frame<'_>) -> Self {
        let mut tx = Self::default();
        let open = open(frame);
        tx.also(format!("INSERT INTO {open} VALUES (2, NULL)"));
        tx.also(format!("SET CONSTRAINTS {}.{MUST_NOT} IMMEDIATE", frame.schema().quoted()));
        tx.also(format!("DROP TABLE {open}"));
        tx.unmark(frame);
        tx
    }
}

/// The constraint's name, which its message has.
#[cfg(feature = "functions")]
const MUST_NOT: &str = "\"a seed must not commit\"";

/// What no COMMIT satisfies.
#[cfg(feature = "functions")]
fn open(frame: Frame<'_>) -> String {
    format!("{}.__multitenant_open", frame.schema().quoted())
}
