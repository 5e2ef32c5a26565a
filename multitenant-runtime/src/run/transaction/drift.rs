//! Transactions that replay migrations to be looked at, and are rolled back.

use crate::ident::SchemaName;
use crate::migration::Migration;

use super::{BEGIN, Role, TRUSTED_PATH, Transaction};
use crate::run::frame::{Frame, Standing};
use crate::run::preparation::Preparation;
use crate::run::registering::Registering;

impl Transaction {
    /// A whole new tenant, as [`create_tenant`](Self::create_tenant) makes it, up to where it would be registered; it is
    /// open, and to be looked at and rolled back.
    pub(crate) fn rehearse_tenant(
        frame: Frame<'_>,
        migrations: &[Migration],
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        Self::create_tenant(frame, migrations, &Registering::default(), standing, prepared).left_open()
    }

    /// The shared schema anew; it is open, and to be looked at and rolled back.
    ///
    /// With a name for the real one, that is out of the way meanwhile, for migrations that name the schema; nobody else
    /// sees it, and no table of it is locked. Nothing is locked that would keep a run from its work on what is there.
    pub(crate) fn rehearse_shared(frame: Frame<'_>, migrations: &[Migration], aside: Option<&SchemaName>) -> Self {
        let mut tx = Self::default();
        tx.push(Role::Frame, BEGIN.to_owned());
        tx.push(Role::Frame, format!("SELECT {}", frame.local_settings()));
        // What follows is sent only when it is known that a transaction is open.
        tx.push(Role::Guard, "SELECT 1".to_owned());
        let schema = frame.schema().quoted();
        if let Some(aside) = aside {
            tx.push(Role::Frame, format!("ALTER SCHEMA {schema} RENAME TO {}", aside.quoted()));
        }
        tx.push(Role::Frame, format!("CREATE SCHEMA {schema}"));
        tx.push(Role::Current, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx.push(Role::Frame, frame.ledger().create());
        for (i, migration) in migrations.iter().enumerate() {
            if i > 0 {
                // What one migration sets, the next must not see.
                tx.push(Role::Frame, "RESET ROLE".to_owned());
                tx.push(Role::Frame, "RESET ALL".to_owned());
                tx.push(Role::Frame, format!("SELECT {}", frame.local_settings()));
            }
            tx.migration(frame, i, migration);
        }
        tx.push(Role::Frame, "RESET ROLE".to_owned());
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx
    }

    fn left_open(mut self) -> Self {
        self.statements.pop();
        self.roles.pop();
        self.push(Role::Frame, "RESET ROLE".to_owned());
        self.push(Role::Frame, TRUSTED_PATH.to_owned());
        self
    }
}
