//! One connection on which a copy is made: its locks, its transaction, its settings.

use crate::connection::Session;
use crate::ident::{Identifier, SchemaName, literal};
use crate::migrator::Migrator;
use crate::migrator::locate::Located;
use crate::run::{Failure, Known, lock_key};
use crate::target::Target;

use super::{CopyError, failed};

/// What a copy is read and made under, so that its texts are the same everywhere.
const SETTINGS: [&str; 14] = [
    "SET LOCAL search_path = pg_catalog",
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    // Where a policy would hide rows from us, that is an error.
    "SET LOCAL row_security = off",
    "SET LOCAL check_function_bodies = off",
    "SET LOCAL standard_conforming_strings = on",
    "SET LOCAL quote_all_identifiers = off",
    "SET LOCAL datestyle = ISO",
    "SET LOCAL intervalstyle = postgres",
    "SET LOCAL extra_float_digits = 3",
    "SET LOCAL xmloption = content",
    "SET LOCAL jit = off",
    "SET LOCAL default_tablespace = ''",
    "SET LOCAL default_table_access_method = heap",
];

/// How many tables one statement locks.
const CHUNK: usize = 500;

/// A connection in the transaction of a copy.
pub(super) struct Site {
    pub(super) session: Session,
    pub(super) major: u32,
    /// The transaction, where it writes.
    pub(super) known: Option<Known>,
}

/// What a transaction of a copy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// It reads one snapshot, and writes nothing.
    Read,
    /// It reads one snapshot, and writes.
    ReadAndWrite,
    /// What it writes comes from elsewhere.
    Write,
}

impl Migrator {
    /// A connection of a copy's own, before its transaction.
    pub(super) async fn site(&self, what: &str) -> Result<Site, CopyError> {
        let session = self.connect().await?;
        if !session.is_direct() {
            session.close().await;
            return Err(failed(Failure::behind_a_pooler(what)));
        }
        let rows = session.rows("SELECT pg_catalog.current_setting('server_version_num')").await?;
        let number = rows.first().and_then(|row| row.get(0)?.parse::<u32>().ok());
        Ok(Site { session, major: number.unwrap_or_default() / 10_000, known: None })
    }
}

impl Site {
    /// Takes the lock that migrations take on this target, for the session: before the transaction, so that its snapshot
    /// is from after that.
    pub(super) async fn lock(&self, target: &Target) -> Result<(), CopyError> {
        let sql = format!("SELECT pg_catalog.pg_try_advisory_lock({})", lock_key(target.schema()));
        let rows = self.session.rows(&sql).await?;
        if rows.first().and_then(|row| row.get(0)) == Some("t") { Ok(()) } else { Err(CopyError::Held(target.clone())) }
    }

    /// Begins the transaction. The tables of the schema that is read are locked before its snapshot, so that nobody changes
    /// them meanwhile but their rows.
    pub(super) async fn begin(
        &mut self,
        purpose: Purpose,
        reads: Option<&SchemaName>,
        patience: &str,
    ) -> Result<(), CopyError> {
        let tables = match reads {
            Some(schema) => self.tables(schema).await?,
            None => Vec::new(),
        };
        let begin = match purpose {
            Purpose::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Purpose::ReadAndWrite => "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE",
            Purpose::Write => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
        };
        let mut statements = vec![begin.to_owned(), patience.to_owned()];
        statements.extend(SETTINGS.map(str::to_owned));
        let locks = tables
            .chunks(CHUNK)
            .map(|tables| format!("LOCK TABLE ONLY {} IN ACCESS SHARE MODE", tables.join(", ONLY ")));
        statements.extend(locks);
        if purpose != Purpose::Read {
            statements.push("SELECT pg_catalog.pg_current_xact_id()".to_owned());
        }
        let answers = self.session.pipeline_rows(&statements).await.map_err(|error| error.error)?;
        if purpose != Purpose::Read {
            let number = answers.last().and_then(|rows| rows.first()).and_then(|row| row.get(0));
            self.known = number.map(|number| Known::new(number.to_owned(), self.session.backend().cloned()));
        }
        Ok(())
    }

    async fn tables(&self, schema: &SchemaName) -> Result<Vec<String>, CopyError> {
        let sql = format!(
            "SELECT c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = {} AND c.relkind IN ('r', 'p') ORDER BY c.oid",
            literal(schema.as_str())
        );
        let rows = self.session.rows(&sql).await?;
        let names = rows.iter().filter_map(|row| row.get(0)).map(|name| qualified(schema, name));
        names.collect::<Result<_, _>>()
    }
}

/// The tenant's place, where there is one to be copied.
pub(super) fn place(located: &Located) -> Result<Target, CopyError> {
    if located.oid.is_none() {
        let message = format!("the schema {:?} does not exist", located.place.schema().as_str());
        return Err(failed(Failure::refused(message).with_hint("migrate the tenant first, or correct the registry")));
    }
    Ok(located.place.clone())
}

/// A table of a schema, as it stands in SQL.
pub(super) fn qualified(schema: &SchemaName, name: &str) -> Result<String, CopyError> {
    Ok(format!("{}.{}", schema.quoted(), Identifier::new(name)?.quoted()))
}
