//! Looking at the database without changing it: for tools, such as the command line's doctor.
//!
//! Deliberately absent: anything that writes. Each question is a read-only transaction of its own, so that it may also
//! be asked through a pooler.

use std::fmt;
use std::time::{Duration, Instant};

use crate::connection::Session;
use crate::error::Error;
use crate::ident::{Identifier, RoleName, SchemaName, literal};
use crate::migrator::Migrator;
use crate::run::Failure;
use crate::sqlstate::lacks_a_right;

pub use crate::connection::{Row, Way};
pub use crate::registry::UNDER_CONSTRUCTION;
pub use crate::run::{Lock, locks_of};

/// A connection on which the database is looked at, and nothing is changed.
///
/// It is opened as the migrator opens its own: the same URL, TLS and time limits.
///
/// ```no_run
/// use multitenant_runtime::inspection::Given;
/// # async fn run(migrator: multitenant_runtime::Migrator) -> Result<(), Box<dyn std::error::Error>> {
/// let inspector = migrator.inspector().await?;
/// let sizes = "SELECT nspname, oid FROM pg_namespace WHERE nspname = ANY ($1)";
/// for row in inspector.rows(sizes, &[Given::Texts(&["tenant_acme", "tenant_globex"])]).await? {
///     println!("{:?}", row.get(0));
/// }
/// # Ok(()) }
/// ```
pub struct Inspector {
    session: Session,
    connected_in: Duration,
}

/// What the server says to a role that would read a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// It may.
    Granted,
    /// It may not.
    Refused,
    /// Who asks may not take the role on, so that nothing was tried.
    NotTried,
}

/// A value for a question.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Given<'a> {
    /// A text.
    Text(&'a str),
    /// An array of texts.
    Texts(&'a [&'a str]),
}

impl Migrator {
    /// Connects, to look at the database and to change nothing.
    ///
    /// # Errors
    ///
    /// Where the database cannot be reached.
    pub async fn inspector(&self) -> Result<Inspector, Error> {
        let started = Instant::now();
        let session = self.connect().await?;
        Ok(Inspector { session, connected_in: started.elapsed() })
    }
}

impl Inspector {
    /// The rows of a query, which runs in a read-only transaction whose `search_path` is `pg_catalog`.
    ///
    /// `$1` and so on are replaced by what is given, quoted. The query's own text must be the program's: it is not
    /// looked into.
    ///
    /// # Errors
    ///
    /// What the server says.
    pub async fn rows(&self, sql: &str, given: &[Given<'_>]) -> Result<Vec<Row>, Failure> {
        let question = [
            "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY",
            "SET LOCAL search_path = pg_catalog",
            "SET LOCAL jit = off",
            &filled(sql, given),
            "ROLLBACK",
        ];
        let mut answers =
            self.session.pipeline_rows(&question).await.map_err(|error| Failure::from_postgres(&error.error))?;
        Ok(answers.swap_remove(3))
    }

    /// Whether this role may read this table, by trying: none of its rows.
    ///
    /// The role is taken on for a read-only transaction, which is rolled back; no other statement is run as it. It does not
    /// wait for a lock for long.
    ///
    /// # Errors
    ///
    /// What else the server says: the table may be gone, or locked.
    pub async fn may_read(&self, role: &RoleName, schema: &SchemaName, table: &Identifier) -> Result<Access, Failure> {
        const SET_ROLE: usize = 3;
        let attempt = [
            "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ ONLY",
            "SET LOCAL search_path = pg_catalog",
            "SET LOCAL lock_timeout = '1s'",
            &format!("SET LOCAL ROLE {}", role.quoted()),
            &format!("SELECT FROM ONLY {}.{} LIMIT 0", schema.quoted(), table.quoted()),
            "ROLLBACK",
        ];
        match self.session.pipeline(&attempt).await {
            Ok(()) => Ok(Access::Granted),
            Err(failure) if lacks_a_right(&failure.error) && failure.index == SET_ROLE => Ok(Access::NotTried),
            Err(failure) if lacks_a_right(&failure.error) => Ok(Access::Refused),
            Err(failure) => Err(Failure::from_postgres(&failure.error)),
        }
    }

    /// How long connecting took, with TLS and authentication.
    #[must_use]
    pub fn connected_in(&self) -> Duration {
        self.connected_in
    }

    /// Whether what is said on this connection goes through TLS.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.session.is_encrypted()
    }

    /// What is between us and the server, or the pooler in front of it.
    #[must_use]
    pub fn way(&self) -> Way {
        self.session.way()
    }

    /// Whether the session belongs to this connection alone: nothing stands between that hands it around.
    #[must_use]
    pub fn is_direct(&self) -> bool {
        self.session.is_direct()
    }
}

impl fmt::Debug for Inspector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inspector").field("connected_in", &self.connected_in).finish_non_exhaustive()
    }
}

/// The query with what is given in the places of `$1`, `$2` and so on.
fn filled(sql: &str, given: &[Given<'_>]) -> String {
    let mut text = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some((before, after)) = rest.split_once('$') {
        text.push_str(before);
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, behind) = after.split_at(digits);
        match number.parse::<usize>().ok().and_then(|number| given.get(number.checked_sub(1)?)) {
            Some(value) => text.push_str(&value.sql()),
            None => text.push_str(&format!("${number}")),
        }
        rest = behind;
    }
    text + rest
}

impl Given<'_> {
    fn sql(&self) -> String {
        match self {
            Self::Text(text) => format!("{}::pg_catalog.text", literal(text)),
            Self::Texts(texts) => {
                let texts: Vec<String> = texts.iter().map(|text| literal(text)).collect();
                format!("ARRAY[{}]::pg_catalog.text[]", texts.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_is_quoted_and_never_read_again() {
        let given = [Given::Text("a'; drop schema public; -- $2"), Given::Texts(&["b\\", "$1"])];
        assert_eq!(
            filled("SELECT $1, $2, $3, $body$x$body$, $11", &given),
            "SELECT 'a''; drop schema public; -- $2'::pg_catalog.text, \
             ARRAY[ E'b\\\\','$1']::pg_catalog.text[], $3, $body$x$body$, $11"
        );
        assert_eq!(filled("SELECT $1", &[Given::Texts(&[])]), "SELECT ARRAY[]::pg_catalog.text[]");
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn nothing_can_be_written_over_it() {
        let database = crate::testing::TestDatabase::empty().await.unwrap();
        let empty = crate::MigrationSet::empty(crate::Tier::Tenant);
        let migrator =
            Migrator::from_sets(None, empty, crate::Settings::default()).database_url(database.url()).build().unwrap();
        let inspector = migrator.inspector().await.unwrap();
        let refused = inspector.rows("CREATE TABLE public.t (id int)", &[]).await.unwrap_err();
        assert_eq!(refused.sqlstate.as_deref(), Some("25006"));
        let rows = inspector.rows("SELECT $1, current_setting('search_path')", &[Given::Text("it's")]).await.unwrap();
        assert_eq!((rows[0].get(0), rows[0].get(1)), (Some("it's"), Some("pg_catalog")));
        assert!(inspector.is_direct());
        assert!(inspector.is_encrypted() || inspector.way() != Way::Network);
    }

    #[cfg(feature = "testing")]
    #[tokio::test]
    async fn a_role_is_tried_and_taken_off_again() {
        let database = crate::testing::TestDatabase::empty().await.unwrap();
        let client = database.connect().await.unwrap();
        let name = format!("{}_r\"1", database.name());
        let (role, schema) = (RoleName::new(&name).unwrap(), SchemaName::new("a\"b").unwrap());
        let table = Identifier::new("t.%").unwrap();
        let (quoted, at) = (role.quoted(), format!("{}.{}", schema.quoted(), table.quoted()));
        let made = format!("create role {quoted}; create schema {}; create table {at} ()", schema.quoted());
        client.batch_execute(&made).await.unwrap();
        let empty = crate::MigrationSet::empty(crate::Tier::Tenant);
        let migrator =
            Migrator::from_sets(None, empty, crate::Settings::default()).database_url(database.url()).build().unwrap();
        let inspector = migrator.inspector().await.unwrap();
        assert_eq!(inspector.may_read(&role, &schema, &table).await.unwrap(), Access::Refused);
        let grant = format!("grant usage on schema {} to {quoted}; grant select on {at} to {quoted}", schema.quoted());
        client.batch_execute(&grant).await.unwrap();
        assert_eq!(inspector.may_read(&role, &schema, &table).await.unwrap(), Access::Granted);
        let gone = inspector.may_read(&role, &schema, &Identifier::new("gone").unwrap()).await.unwrap_err();
        assert_eq!(gone.sqlstate.as_deref(), Some("42P01"));
        let who = inspector.rows("SELECT session_user = current_user", &[]).await.unwrap();
        assert_eq!(who[0].get(0), Some("t"));
    }
}
