//! Transactions that replay migrations to be looked at, and are rolled back.

use crate::ident::{SchemaName, literal};
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
        if let Some(aside) = aside {
            tx.push(Role::Frame, format!("ALTER SCHEMA {} RENAME TO {}", frame.schema().quoted(), aside.quoted()));
        }
        tx.rehearse(frame, migrations, 0, aside);
        tx.push(Role::Frame, "RESET ROLE".to_owned());
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx
    }

    /// A whole new tenant on a shared schema that is new as well, with the real one out of the way; it is open, and to be
    /// looked at and rolled back. The migrations are the shared ones, so many of them, and then the tenant's.
    ///
    /// What a tenant's migrations lock of the shared schema is then what nobody else sees.
    pub(crate) fn rehearse_both(
        [shared, tenant]: [Frame<'_>; 2],
        migrations: &[Migration],
        how_many_shared: usize,
        aside: &SchemaName,
    ) -> Self {
        let (of_shared, of_tenant) = migrations.split_at(how_many_shared.min(migrations.len()));
        let mut tx = Self::rehearse_shared(shared, of_shared, Some(aside));
        tx.forget(tenant);
        tx.rehearse(tenant, of_tenant, of_shared.len(), None);
        tx.push(Role::Frame, "RESET ROLE".to_owned());
        tx.push(Role::Frame, TRUSTED_PATH.to_owned());
        tx
    }

    /// A schema with its migrations, which are at this place of the list and behind it.
    fn rehearse(&mut self, frame: Frame<'_>, migrations: &[Migration], place: usize, aside: Option<&SchemaName>) {
        self.push(Role::Frame, format!("CREATE SCHEMA {}", frame.schema().quoted()));
        self.push(Role::Current, format!("SELECT 1 / ({})::int", frame.is_current()));
        if let Some(aside) = aside {
            self.push(Role::Frame, take_extensions_along(aside, frame.schema()));
        }
        self.push(Role::Frame, frame.ledger().create());
        for (i, migration) in migrations.iter().enumerate() {
            if i > 0 {
                self.forget(frame);
            }
            self.migration(frame, place + i, migration);
        }
    }

    /// What one migration sets, the next must not see.
    fn forget(&mut self, frame: Frame<'_>) {
        self.push(Role::Frame, "RESET ROLE".to_owned());
        self.push(Role::Frame, "RESET ALL".to_owned());
        self.push(Role::Frame, format!("SELECT {}", frame.local_settings()));
    }

    fn left_open(mut self) -> Self {
        self.statements.pop();
        self.roles.pop();
        self.push(Role::Frame, "RESET ROLE".to_owned());
        self.push(Role::Frame, TRUSTED_PATH.to_owned());
        self
    }
}

/// An extension exists once in a database, and the migrations find it where it was: in the schema of that name. One that
/// cannot be moved, or not without locking a table of its own, stays aside.
fn take_extensions_along(aside: &SchemaName, schema: &SchemaName) -> String {
    let text = format!(
        "DECLARE e record; BEGIN \
         FOR e IN SELECT x.extname FROM pg_catalog.pg_extension x WHERE x.extrelocatable \
         AND x.extnamespace = pg_catalog.to_regnamespace({}) AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d \
         WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = x.oid AND d.deptype = 'e' \
         AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass) LOOP \
         BEGIN EXECUTE pg_catalog.format('ALTER EXTENSION %I SET SCHEMA %I', e.extname, {}); \
         EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END",
        literal(&aside.quoted()),
        literal(schema.as_str())
    );
    format!("DO {}", literal(&text))
}
