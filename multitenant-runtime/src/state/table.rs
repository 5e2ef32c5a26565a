//! The state table's SQL.

use std::collections::HashMap;

use crate::connection::Session;
use crate::ident::{SchemaName, literal};
use crate::migration::Version;
use crate::migration::ledger::Ledger;
use crate::run::Failure;
use crate::settings::Settings;
use crate::sqlstate::FailureClass;
use crate::target::Target;

/// Its name.
pub(crate) const TABLE: &str = "targets";

/// The state table, in its own schema.
#[derive(Debug, Clone)]
pub(crate) struct StateTable {
    schema: SchemaName,
}

/// What the state table says of one schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The digest of the history; absent where the schema or its history table are others by now.
    pub(crate) digest: Option<String>,
    /// How the last run failed there.
    pub(crate) last_failure: Option<Failure>,
}

/// How a target was found to stand.
#[derive(Debug)]
pub(crate) struct Seen<'a> {
    pub(crate) target: &'a Target,
    /// The history table's name as it stands in SQL.
    pub(crate) history: String,
    pub(crate) digest: String,
    pub(crate) head: Option<&'a Version>,
}

impl StateTable {
    /// The format of the rows that this version writes; rows of another are not trusted.
    pub(crate) const FORMAT: i32 = 1;

    pub(crate) fn in_schema(schema: &SchemaName) -> Self {
        Self { schema: schema.clone() }
    }

    pub(crate) fn qualified(&self) -> String {
        format!("{}.{TABLE}", self.schema.quoted())
    }

    /// An SQL expression: whether the table exists, and this role has the rights, `t` or `f`.
    ///
    /// By the catalogue, since `to_regclass` fails where the role may not even look into the schema.
    fn may(&self, rights: &str) -> String {
        format!(
            "EXISTS (SELECT FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace own ON own.oid = t.relnamespace \
             WHERE own.nspname = {} AND t.relname = '{TABLE}' \
             AND CASE WHEN pg_catalog.has_schema_privilege(own.oid, 'USAGE') THEN {rights} ELSE false END)",
            literal(self.schema.as_str())
        )
    }

    /// An SQL expression: whether there is a table that this role may read.
    pub(crate) fn is_readable(&self) -> String {
        self.may("pg_catalog.has_table_privilege(t.oid, 'SELECT')")
    }

    /// The table that a run writes to, made where it is missing; `None` where there is none.
    pub(crate) async fn ready(session: &Session, settings: &Settings) -> Result<Option<Self>, tokio_postgres::Error> {
        let Some(schema) = &settings.state_schema else { return Ok(None) };
        let table = Self::in_schema(schema);
        Ok(table.prepare(session).await?.then_some(table))
    }

    /// Makes the schema and the table where they are missing. Says whether the table can be written to: a role
    /// that may migrate need not be one that may create schemas, and then there is no state.
    pub(crate) async fn prepare(&self, session: &Session) -> Result<bool, tokio_postgres::Error> {
        let exists = format!(
            "pg_catalog.to_regnamespace({}) IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_class \
             WHERE relnamespace = pg_catalog.to_regnamespace({})::oid AND relname = '{TABLE}')",
            literal(&self.schema.quoted()),
            literal(&self.schema.quoted())
        );
        let writable = ["SELECT", "INSERT", "UPDATE"]
            .map(|right| format!("pg_catalog.has_table_privilege(t.oid, '{right}')"))
            .join(" AND ");
        let usable = format!("SELECT {exists}, {}", self.may(&writable));
        let rows = session.rows(&usable).await?;
        let answer = |column| rows.first().and_then(|row| row.get(column)) == Some("t");
        if answer(0) {
            return Ok(answer(1));
        }
        match session.pipeline(&self.create()).await {
            Ok(_) => Ok(true),
            Err(error) if FailureClass::of(&error.error) == FailureClass::ConnectionLost => Err(error.error),
            Err(error) => {
                tracing::warn!(error = %Failure::from_postgres(&error.error), "there will be no state table");
                Ok(false)
            }
        }
    }

    /// Waits for the lock, not by `try`: whoever has it is about to make the very same table.
    pub(crate) fn create(&self) -> [String; 5] {
        [
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned(),
            format!("SELECT pg_catalog.pg_advisory_xact_lock({})", crate::run::lock_key(&self.schema)),
            format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema.quoted()),
            format!(
                "CREATE TABLE IF NOT EXISTS {} (schema_name text PRIMARY KEY, tenant text, schema_oid oid, \
                 history_oid oid, digest text, head text, format integer NOT NULL, \
                 changed_at timestamptz NOT NULL DEFAULT now(), failed_at timestamptz, failure_class text, \
                 failure_sqlstate text, failure_migration text, failure_message text)",
                self.qualified()
            ),
            "COMMIT".to_owned(),
        ]
    }

    /// Notes how a target stands, in the transaction that made it so; its last failure is over.
    pub(crate) fn note(&self, target: &Target, ledger: Ledger<'_>, digest: &str, head: Option<&Version>) -> String {
        let format = Self::FORMAT;
        format!(
            "INSERT INTO {} AS state (schema_name, tenant, schema_oid, history_oid, digest, head, format) \
             VALUES ({}, {}, pg_catalog.to_regnamespace({})::pg_catalog.oid, pg_catalog.to_regclass({}), {}, {}, {format}) ON CONFLICT (schema_name) DO UPDATE SET \
             tenant = excluded.tenant, schema_oid = excluded.schema_oid, history_oid = excluded.history_oid, \
             digest = excluded.digest, head = excluded.head, format = excluded.format, changed_at = now(), \
             failed_at = NULL, failure_class = NULL, failure_sqlstate = NULL, failure_migration = NULL, \
             failure_message = NULL",
            self.qualified(),
            literal(target.schema().as_str()),
            target.tenant().map_or_else(|| "NULL".to_owned(), |tenant| literal(tenant.as_str())),
            literal(&target.schema().quoted()),
            literal(&ledger.qualified()),
            literal(digest),
            head.map_or_else(|| "NULL".to_owned(), |head| literal(head.as_str())),
        )
    }

    /// Forgets a target that is dropped, in the transaction that drops it.
    pub(crate) fn forget(&self, target: &Target) -> String {
        format!("DELETE FROM {} WHERE schema_name = {}", self.qualified(), literal(target.schema().as_str()))
    }

    /// Calls a target by another name, in the transaction that does so; of one that had that name before nothing stays.
    pub(crate) fn rename(&self, from: &Target, to: &Target) -> Vec<String> {
        let mut statements = Vec::new();
        if from.schema() != to.schema() {
            statements.push(self.forget(to));
        }
        statements.push(format!(
            "UPDATE {} SET schema_name = {}, tenant = {} WHERE schema_name = {}",
            self.qualified(),
            literal(to.schema().as_str()),
            to.tenant().map_or_else(|| "NULL".to_owned(), |tenant| literal(tenant.as_str())),
            literal(from.schema().as_str()),
        ));
        statements
    }

    /// Notes how targets stand that were looked at, and not migrated, unless the table has learnt more since.
    pub(crate) fn note_all(&self, seen: &[Seen<'_>], at: &str) -> String {
        let rows: Vec<String> = seen
            .iter()
            .map(|seen| {
                format!(
                    "({}, {}, {}, {}, {})",
                    literal(seen.target.schema().as_str()),
                    seen.target.tenant().map_or_else(|| "NULL".to_owned(), |tenant| literal(tenant.as_str())),
                    literal(&seen.history),
                    literal(&seen.digest),
                    seen.head.map_or_else(|| "NULL".to_owned(), |head| literal(head.as_str())),
                )
            })
            .collect();
        let format = Self::FORMAT;
        format!(
            "INSERT INTO {} AS state (schema_name, tenant, schema_oid, history_oid, digest, head, format) \
             SELECT seen.nsp, seen.tenant, n.oid, pg_catalog.to_regclass(seen.history), seen.digest, seen.head, \
             {format} FROM (VALUES {}) AS seen (nsp, tenant, history, digest, head) \
             JOIN pg_catalog.pg_namespace n ON n.nspname::text = seen.nsp ON CONFLICT (schema_name) DO UPDATE SET \
             tenant = excluded.tenant, schema_oid = excluded.schema_oid, history_oid = excluded.history_oid, \
             digest = excluded.digest, head = excluded.head, format = excluded.format, changed_at = now(), \
             failed_at = NULL, failure_class = NULL, failure_sqlstate = NULL, failure_migration = NULL, \
             failure_message = NULL WHERE state.changed_at < {}::timestamptz",
            self.qualified(),
            rows.join(", "),
            literal(at),
        )
    }

    /// Notes how a target failed; a transaction of its own, since the failed one is rolled back.
    pub(crate) fn note_failure(&self, target: &Target, failure: &Failure) -> [String; 3] {
        let text = |text: &Option<String>| text.as_ref().map_or_else(|| "NULL".to_owned(), |text| literal(text));
        let format = Self::FORMAT;
        let upsert = format!(
            "INSERT INTO {} AS state (schema_name, tenant, format, failed_at, failure_class, failure_sqlstate, \
             failure_migration, failure_message) VALUES ({}, {}, {format}, now(), {}, {}, {}, {}) \
             ON CONFLICT (schema_name) DO UPDATE SET failed_at = excluded.failed_at, \
             failure_class = excluded.failure_class, failure_sqlstate = excluded.failure_sqlstate, \
             failure_migration = excluded.failure_migration, failure_message = excluded.failure_message",
            self.qualified(),
            literal(target.schema().as_str()),
            target.tenant().map_or_else(|| "NULL".to_owned(), |tenant| literal(tenant.as_str())),
            literal(&failure.class.to_string()),
            text(&failure.sqlstate),
            text(&failure.migration),
            literal(&failure.message.replace('\0', "")),
        );
        ["BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned(), upsert, "COMMIT".to_owned()]
    }

    /// Everything that the table says, by schema; the digest only where schema and history table are still the
    /// same objects.
    pub(crate) async fn read(&self, session: &Session) -> Result<HashMap<String, Recorded>, tokio_postgres::Error> {
        let format = Self::FORMAT;
        let sql = format!(
            "SELECT s.schema_name, CASE WHEN n.oid = s.schema_oid AND s.format = {format} \
             AND (s.history_oid IS NULL OR c.oid IS NOT NULL) THEN s.digest END, s.failure_class, s.failure_sqlstate, s.failure_migration, s.failure_message \
             FROM {} s LEFT JOIN pg_catalog.pg_namespace n ON n.nspname::text = s.schema_name \
             LEFT JOIN pg_catalog.pg_class c ON c.oid = s.history_oid AND c.relnamespace = n.oid",
            self.qualified()
        );
        let rows = session.rows(&sql).await?;
        Ok(rows
            .iter()
            .filter_map(|row| {
                let last_failure = row.get(5).map(|message| {
                    let class = row.get(2).map_or(FailureClass::Permanent, FailureClass::parse);
                    let mut failure = Failure::new(class, message);
                    failure.sqlstate = row.get(3).map(str::to_owned);
                    failure.migration = row.get(4).map(str::to_owned);
                    failure
                });
                Some((row.get(0)?.to_owned(), Recorded { digest: row.get(1).map(str::to_owned), last_failure }))
            })
            .collect())
    }
}
