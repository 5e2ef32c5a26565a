//! A set as Diesel sees it.

use std::fmt;

use diesel::connection::BoxableConnection;
use diesel::migration::{
    self as diesel_migration, MigrationMetadata, MigrationName, MigrationSource, MigrationVersion,
};
use diesel::pg::Pg;

use super::{Migration, MigrationSet};

impl MigrationSource<Pg> for MigrationSet {
    fn migrations(&self) -> diesel_migration::Result<Vec<Box<dyn diesel_migration::Migration<Pg>>>> {
        Ok(self
            .migrations()
            .iter()
            .map(|migration| {
                let name = Name { name: migration.name.clone(), version: migration.version.to_diesel() };
                Box::new(AsDiesel { migration: migration.clone(), name }) as Box<dyn diesel_migration::Migration<Pg>>
            })
            .collect())
    }
}

struct AsDiesel {
    migration: Migration,
    name: Name,
}

struct Name {
    name: String,
    version: MigrationVersion<'static>,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl MigrationName for Name {
    fn version(&self) -> MigrationVersion<'_> {
        self.version.as_owned()
    }
}

impl AsDiesel {
    fn refusal(&self) -> Box<dyn std::error::Error + Send + Sync> {
        let name = self.migration.name();
        format!("{name} is a Rust function, which Diesel's harness cannot run: migrate with `Migrator`").into()
    }
}

impl MigrationMetadata for AsDiesel {
    fn run_in_transaction(&self) -> bool {
        self.migration.run_in_transaction
    }
}

impl diesel_migration::Migration<Pg> for AsDiesel {
    fn run(&self, conn: &mut dyn BoxableConnection<Pg>) -> diesel_migration::Result<()> {
        if self.migration.is_function() {
            return Err(self.refusal());
        }
        // Statement by statement, as our own runner: a file of several `CONCURRENTLY` works here too.
        for (sql, _) in self.migration.script.statements() {
            conn.batch_execute(sql)?;
        }
        Ok(())
    }

    fn revert(&self, conn: &mut dyn BoxableConnection<Pg>) -> diesel_migration::Result<()> {
        if self.migration.is_function() {
            return Err(self.refusal());
        }
        let down = &self.migration.down;
        match (&down.script, &down.text) {
            (Ok(script), _) => script.statements().try_for_each(|(sql, _)| Ok(conn.batch_execute(sql)?)),
            // What is not for our runner may be for Diesel's.
            (Err(_), Some(text)) => Ok(conn.batch_execute(text)?),
            (Err(reason), None) => Err(reason.to_string().into()),
        }
    }

    fn metadata(&self) -> &dyn MigrationMetadata {
        self
    }

    fn name(&self) -> &dyn MigrationName {
        &self.name
    }
}
