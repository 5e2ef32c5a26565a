//! The transactions that make a tenant's schema from a snapshot instead of by its migrations.

use crate::migration::Migration;

use super::create::schema_is_absent;
use super::{Role, TRUSTED_PATH, Transaction};
use crate::run::frame::{Frame, Standing};
use crate::run::preparation::Preparation;
use crate::run::registering::Registering;
use crate::run::wall::Wall;

impl Transaction {
    /// A whole new tenant, as [`create_tenant`](Self::create_tenant) makes it, with the snapshot's statements in place
    /// of the migrations'.
    pub(crate) fn create_from_snapshot(
        frame: Frame<'_>,
        statements: &[String],
        migrations: &[Migration],
        registering: &Registering,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::filled(frame, statements, migrations, prepared);
        tx.note(frame, standing, prepared);
        tx.register(frame, registering);
        tx.seeds(frame, registering, 0, prepared);
        tx.commit()
    }

    /// The same up to where the schema is whole; it is open, and to be looked at and rolled back.
    pub(crate) fn rehearse_snapshot(
        frame: Frame<'_>,
        statements: &[String],
        migrations: &[Migration],
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::filled(frame, statements, migrations, prepared);
        tx.push(Role::Frame, "SET CONSTRAINTS ALL IMMEDIATE".to_owned());
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx
    }

    fn filled(frame: Frame<'_>, statements: &[String], migrations: &[Migration], prepared: &Preparation) -> Self {
        let mut tx = Self::begin(frame);
        tx.push(Role::Guard, format!("SELECT 1 / ({})::int", schema_is_absent(frame.schema())));
        tx.push(Role::Frame, format!("CREATE SCHEMA {}", frame.schema().quoted()));
        tx.push(Role::Current, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx.push(Role::Frame, frame.ledger().create());
        statements.iter().for_each(|sql| tx.push(Role::Snapshot, sql.clone()));
        // The statements have settings of their own, which are nobody else's.
        tx.push(Role::Frame, "RESET ROLE".to_owned());
        tx.push(Role::Frame, "RESET ALL".to_owned());
        tx.push(Role::Frame, format!("SELECT {}", frame.local_settings()));
        // It is another text than the migrations', and the wall judges what is done. Most have foreign keys to shared
        // tables: the quick look would send them here anyway.
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx.wall(frame, usize::MAX, prepared, Wall::guard);
        // For the triggers that run at COMMIT, too.
        tx.push(Role::Frame, frame.set_search_path());
        tx.push(Role::Frame, frame.ledger().record_all(migrations, &prepared.run));
        tx
    }
}
