//! Where snapshots are kept: a table in the state schema, one row for each digest.
//!
//! The text is run by whoever creates a tenant, with all the rights of that role. So the table is trusted only where
//! nobody can have written to it who could not do so anyway: it belongs to the role that runs the text, or to a
//! superuser; no other role has any right on it or on a column; and it has no triggers, rules, policies or heirs, by
//! which a row could be another than the one that was written. What the schema's owner puts in its place belongs to
//! that owner, and is not trusted. All this is asked in the statement that reads the text.

use crate::connection::{PipelineError, Session};
use crate::ident::{SchemaName, literal};
use crate::run::Failure;
use crate::sqlstate::FailureClass;

use super::ground::{FORMAT, Ground};
use super::obstacle::Obstacle;

/// Its name.
pub(crate) const TABLE: &str = "snapshots";

/// How many digests are remembered: releases that run beside each other, and some time of going back.
const KEPT: usize = 20;

/// The table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Store<'a> {
    schema: &'a SchemaName,
}

/// Whether the table may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Absent,
    Trusted,
    /// Others may have written to it.
    Untrusted,
}

/// What is kept under a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kept {
    /// The statements, as one text.
    Text(String),
    /// Why there are none.
    Refusal(String),
}

impl<'a> Store<'a> {
    pub(super) fn in_schema(schema: &'a SchemaName) -> Self {
        Self { schema }
    }

    fn qualified(self) -> String {
        format!("{}.{TABLE}", self.schema.quoted())
    }

    /// A row for the table where it exists, and whether it is to be trusted.
    fn trusted(self) -> String {
        format!(
            "SELECT t.relkind = 'r' AND NOT t.relrowsecurity AND NOT t.relhasrules AND NOT t.relhastriggers \
             AND EXISTS (SELECT FROM pg_catalog.pg_roles o WHERE o.oid = t.relowner \
             AND (o.rolsuper OR o.rolname = current_user)) \
             AND NOT EXISTS (SELECT FROM pg_catalog.aclexplode(t.relacl) x WHERE x.grantee <> t.relowner) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND a.attacl IS NOT NULL) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles w JOIN pg_catalog.pg_roles m ON m.oid <> w.oid \
             AND m.oid <> t.relowner AND NOT m.rolsuper AND pg_catalog.pg_has_role(m.oid, w.oid, 'MEMBER') \
             WHERE w.rolname = 'pg_write_all_data') \
             FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace \
             WHERE n.nspname = {} AND t.relname = 'snapshots'",
            literal(self.schema.as_str())
        )
    }

    /// One statement.
    pub(super) async fn standing(self, session: &Session) -> Result<Standing, tokio_postgres::Error> {
        let rows = session.rows(&self.trusted()).await?;
        Ok(match rows.first().map(|row| row.get(0)) {
            None => Standing::Absent,
            Some(Some("t")) => Standing::Trusted,
            Some(_) => Standing::Untrusted,
        })
    }

    /// What is kept under the digest, in a table that is trusted while it is read.
    pub(super) async fn read(self, session: &Session, ground: &Ground) -> Result<Option<Kept>, tokio_postgres::Error> {
        let sql = format!(
            "SELECT s.statements, s.refusal FROM ONLY {} s WHERE s.digest = {} AND s.format = {FORMAT} AND ({})",
            self.qualified(),
            literal(&ground.digest),
            self.trusted()
        );
        let rows = session.rows(&sql).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let text = row.get(0).map(|text| Kept::Text(text.to_owned()));
        Ok(text.or_else(|| row.get(1).map(|refusal| Kept::Refusal(refusal.to_owned()))))
    }

    /// Makes schema and table where they are missing, and takes from others what default privileges have given them.
    pub(super) async fn prepare(self, session: &Session) -> Result<(), Obstacle> {
        if self.standing(session).await? == Standing::Absent {
            let create = [
                "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned(),
                format!("SELECT pg_catalog.pg_advisory_xact_lock({})", crate::run::lock_key(self.schema)),
                format!("CREATE SCHEMA IF NOT EXISTS {}", self.schema.quoted()),
                format!(
                    "CREATE TABLE IF NOT EXISTS {} (digest text PRIMARY KEY, format integer NOT NULL, \
                     server_version text NOT NULL, migrations integer NOT NULL, statements text, refusal text, \
                     made_at timestamptz NOT NULL DEFAULT now(), CHECK ((statements IS NULL) <> (refusal IS NULL)))",
                    self.qualified()
                ),
                "COMMIT".to_owned(),
            ];
            session.pipeline(&create).await.map_err(|PipelineError { error, .. }| {
                let failure = Failure::from_postgres(&error);
                match failure.class {
                    FailureClass::Permanent => Obstacle::here(format!("there can be no table of snapshots: {failure}")),
                    _ => Obstacle::of(failure),
                }
            })?;
            self.revoke(session).await?;
        }
        match self.standing(session).await? {
            Standing::Trusted => Ok(()),
            _ => Err(Obstacle::here(format!(
                "the table {} is not trusted: it must belong to the role that migrates, and nobody else may have rights \
                 on it: drop it, and make the snapshot anew",
                self.qualified()
            ))),
        }
    }

    async fn revoke(self, session: &Session) -> Result<(), Obstacle> {
        let grantees = format!(
            "SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END FROM pg_catalog.pg_class t, \
             pg_catalog.aclexplode(t.relacl) x WHERE t.oid = pg_catalog.to_regclass({})::oid \
             AND x.grantee <> t.relowner GROUP BY 1",
            literal(&self.qualified())
        );
        let rows = session.rows(&grantees).await?;
        // As the server writes a role's name, quoted where that is needed.
        let grantees: Vec<&str> = rows.iter().filter_map(|row| row.get(0)).collect();
        if grantees.is_empty() {
            return Ok(());
        }
        let revoke = format!("REVOKE ALL ON TABLE {} FROM {}", self.qualified(), grantees.join(", "));
        let begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned();
        session.pipeline(&[begin, revoke, "COMMIT".to_owned()]).await.map_err(super::contents::failed)
    }

    /// Keeps it under the digest, in place of what was there; the oldest go.
    pub(super) async fn keep(
        self,
        session: &Session,
        ground: &Ground,
        migrations: usize,
        kept: &Kept,
    ) -> Result<(), Obstacle> {
        let (text, refusal) = match kept {
            Kept::Text(text) => (literal(text), "NULL".to_owned()),
            Kept::Refusal(refusal) => ("NULL".to_owned(), literal(refusal)),
        };
        let table = self.qualified();
        let statements = [
            "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE".to_owned(),
            "SET LOCAL search_path = pg_catalog".to_owned(),
            // Who may have put a trigger there since would run it with our rights.
            format!("SELECT 1 / ({})::int", self.trusted_or_not()),
            format!(
                "INSERT INTO {table} (digest, format, server_version, migrations, statements, refusal) \
                 VALUES ({}, {FORMAT}, current_setting('server_version'), {migrations}, {text}, {refusal}) \
                 ON CONFLICT (digest) DO UPDATE SET format = excluded.format, \
                 server_version = excluded.server_version, migrations = excluded.migrations, \
                 statements = excluded.statements, refusal = excluded.refusal, made_at = now()",
                literal(&ground.digest)
            ),
            format!(
                "DELETE FROM {table} WHERE digest NOT IN (SELECT digest FROM {table} ORDER BY made_at DESC LIMIT {KEPT})"
            ),
            "COMMIT".to_owned(),
        ];
        session.pipeline(&statements).await.map_err(super::contents::failed)
    }

    fn trusted_or_not(self) -> String {
        format!("coalesce(({}), false)", self.trusted())
    }
}
