//! Looking at the database without changing it: for tools, such as the command line's doctor.
//!
//! Deliberately absent: anything that writes. Each question is a read-only transaction of its own, so that it may also
//! be asked through a pooler.

use std::fmt;
use std::time::{Duration, Instant};

use crate::connection::Session;
use crate::error::Error;
use crate::ident::literal;
use crate::migrator::Migrator;
use crate::run::Failure;

pub use crate::connection::{Row, Way};
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
}
