//! The transactions that make a tenant, in one or in steps.

use crate::ident::{SchemaName, literal};
use crate::migration::{Migration, MigrationSet};
use crate::registry::is_under_construction;

use super::{Role, TRUSTED_PATH, Transaction};
use crate::run::frame::{Frame, Standing, is_not};
use crate::run::preparation::Preparation;
use crate::run::registering::Registering;
use crate::run::wall::{RUNS_CODE, Wall};

impl Transaction {
    /// A whole new tenant: schema, all migrations, history, registry row, seeds.
    pub(crate) fn create_tenant(
        frame: Frame<'_>,
        migrations: &[Migration],
        registering: &Registering,
        standing: &Standing<'_>,
        prepared: &Preparation,
    ) -> Self {
        let plain = prepared.is_plain_creation(migrations);
        let careful = !plain && migrations.iter().any(|m| m.allow_shared_locks() || prepared.is_careful(m));
        let mut tx = Self::begin(frame);
        let absent = schema_is_absent(frame.schema());
        let runs_code = if plain { format!(", {}", is_not(RUNS_CODE)) } else { String::new() };
        tx.push(Role::Guard, format!("SELECT 1 / ({absent})::int{runs_code}"));
        tx.push(Role::Frame, format!("CREATE SCHEMA {}", frame.schema().quoted()));
        tx.push(Role::Current, format!("SELECT 1 / ({})::int", frame.is_current()));
        tx.push(Role::Frame, frame.ledger().create());
        for (i, migration) in migrations.iter().enumerate() {
            if i > 0 && !plain {
                // What one migration sets, the next must not see.
                tx.push(Role::Frame, "RESET ROLE".to_owned());
                tx.push(Role::Frame, "RESET ALL".to_owned());
                tx.push(Role::Frame, format!("SELECT {}", frame.local_settings()));
            }
            let opened = migrations[..i].iter().any(Migration::allow_shared_locks);
            if careful && opened && !migration.allow_shared_locks() {
                tx.push(Role::Frame, TRUSTED_PATH.to_owned());
                tx.wall(frame, i, prepared, Wall::note);
                tx.push(Role::Frame, frame.set_search_path());
            }
            tx.migration(frame, i, migration);
            if careful && !migration.allow_shared_locks() {
                tx.push(Role::Frame, TRUSTED_PATH.to_owned());
                tx.wall(frame, i, prepared, if opened { Wall::guard_from_there } else { Wall::guard });
            }
            if !plain {
                // For the triggers that run at COMMIT, too.
                tx.push(Role::Frame, frame.set_search_path());
            }
            tx.push(Role::Record { migration: i }, frame.ledger().record(migration, &prepared.run));
        }
        if !careful && !plain {
            tx.push(Role::Frame, TRUSTED_PATH.to_owned());
            tx.suspicion(frame, prepared);
            tx.push(Role::Frame, frame.set_search_path());
        }
        tx.confined(frame, prepared);
        tx.note(frame, standing, prepared);
        tx.register(frame, registering);
        tx.seeds(frame, registering, migrations.len(), prepared);
        tx.commit()
    }

    /// The last step of a tenant that could not be made in one transaction: it is registered and seeded, and its schema's
    /// mark goes.
    pub(crate) fn finish_tenant(
        frame: Frame<'_>,
        registering: &Registering,
        mark: &str,
        set: &MigrationSet,
        prepared: &Preparation,
    ) -> Self {
        let mut tx = Self::enter_unfinished(frame, mark, set);
        tx.announce(frame, registering, set, prepared);
        tx.seeds(frame, registering, 0, prepared);
        tx.unmark(frame);
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

    pub(super) fn register(&mut self, frame: Frame<'_>, registering: &Registering) {
        self.isolate(&registering.roles);
        if let Some(sql) = &registering.insert {
            self.push(Role::Frame, format!("SET LOCAL search_path = {}", frame.settings.shared_schema.quoted()));
            self.push(Role::Register, sql.clone());
        }
        if let Some(condition) = &registering.holds {
            self.push(Role::Registered, format!("SELECT 1 / ({condition})::int"));
        }
    }
}

pub(super) fn schema_is_absent(schema: &SchemaName) -> String {
    format!("NOT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {})", literal(schema.as_str()))
}

pub(super) fn is_unfinished(schema: &SchemaName, mark: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = {} \
         AND pg_catalog.obj_description(oid, 'pg_namespace') = {})",
        literal(schema.as_str()),
        literal(mark)
    )
}
