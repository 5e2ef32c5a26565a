//! What the types of a query do not show is looked for in its SQL, before it is sent.

use std::any::type_name;
use std::fmt;

use diesel::QueryResult;
use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{QueryBuilder, QueryFragment, QueryId};
use diesel::result::Error;

use super::names::{Name, Place, named};
use super::seen::Seen;

/// What a statement may begin with. All else is a command: it would change what is set for whoever comes next.
const STATEMENTS: [&str; 7] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "TABLE"];

/// Looks at a statement whose types show its own tables, and those of its subqueries.
///
/// `returns_sql` is whether what it returns may be SQL of the application's own, which `as_select` does not show.
pub(super) fn verify_typed<Q: QueryFragment<Pg> + QueryId>(
    query: &Q,
    seen: &mut Seen,
    returns_sql: bool,
    own: impl Fn(&mut Vec<String>) -> QueryResult<()>,
) -> QueryResult<()> {
    seen.once(query, || verify_kind(query, returns_sql, own))
}

fn verify_kind<Q: QueryFragment<Pg> + QueryId>(
    query: &Q,
    returns_sql: bool,
    own: impl Fn(&mut Vec<String>) -> QueryResult<()>,
) -> QueryResult<()> {
    let sql = harmless(query)?;
    // The compiler knows of most queries that none of their SQL is the application's.
    if !Q::HAS_STATIC_QUERY_ID && has_sql_of_its_own::<Q>(returns_sql) {
        return verify_own(&sql, own);
    }
    if !has_subquery(&sql) {
        return Ok(());
    }
    // A boxed query among its parts, or SQL that the application wrote itself, has no types to show.
    let has_gaps = ["BoxedSelectStatement<", "SqlLiteral<"].iter().any(|gap| type_name::<Q>().contains(gap));
    let names = named(&sql);
    let own = written(&names);
    refuse(&names, |name| match name.place {
        Place::Own => true,
        Place::Subquery => !has_gaps || is_among(name, &own),
        Place::Hidden | Place::Unreadable => is_among(name, &own),
    })
}

/// Looks at a statement whose types show its own tables only.
///
/// `returns_sql` is whether what it returns, or any other part, may be SQL of the application's own.
pub(super) fn verify_erased<Q: QueryFragment<Pg>>(
    query: &Q,
    returns_sql: bool,
    own: impl Fn(&mut Vec<String>) -> QueryResult<()>,
) -> QueryResult<()> {
    let sql = harmless(query)?;
    if has_sql_of_its_own::<Q>(returns_sql) || has_subquery(&sql) { verify_own(&sql, own) } else { Ok(()) }
}

/// Looks whether a statement names its own tables only, as its types show them: SQL of the application's own may continue
/// the statement with a `FROM`, a `UNION` or a comment, so that it does not say itself which these are.
fn verify_own(sql: &str, own: impl Fn(&mut Vec<String>) -> QueryResult<()>) -> QueryResult<()> {
    let mut tables = Vec::new();
    own(&mut tables)?;
    refuse(&named(sql), |name| tables.iter().any(|table| name.is(table)))
}

/// Whether a part of the query may be SQL that the application wrote itself.
fn has_sql_of_its_own<Q>(returns_sql: bool) -> bool {
    let name = type_name::<Q>();
    let has = |part| name.contains(part);
    has("SqlLiteral<") || has("dyn ") || returns_sql && (has("SelectBy<") || has("BoxedSelectStatement<"))
}

/// Looks whether a statement names these tables only.
pub(super) fn verify_only(query: &impl QueryFragment<Pg>, tables: &[String]) -> QueryResult<()> {
    let sql = harmless(query)?;
    let first = sql.trim_start().trim_start_matches('(').split(|c: char| !c.is_ascii_alphabetic()).next();
    if !first.is_some_and(|first| STATEMENTS.iter().any(|known| known.eq_ignore_ascii_case(first))) {
        return Err(Error::QueryBuilderError(Box::new(Command)));
    }
    refuse(&named(&sql), |name| tables.iter().any(|table| name.is(table)))
}

/// The SQL of a statement, or of a part of one.
pub(crate) fn text(query: &(impl QueryFragment<Pg> + ?Sized)) -> QueryResult<String> {
    let mut builder = PgQueryBuilder::default();
    query.to_sql(&mut builder, &Pg)?;
    Ok(builder.finish())
}

/// The SQL of a statement that does not change what is set on its connection. Whoever has the connection next for the
/// same tenant relies on that.
fn harmless(query: &impl QueryFragment<Pg>) -> QueryResult<String> {
    let sql = text(query)?;
    if says_what_lasts(sql.as_bytes()) { Err(Error::QueryBuilderError(Box::new(Command))) } else { Ok(sql) }
}

/// Functions that change what is set on a connection, or take what is held as long as it lives.
const LASTING: [&str; 5] = [
    "set_config",
    "pg_advisory_lock",
    "pg_advisory_lock_shared",
    "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared",
];

/// Whether one of these functions is named, or may be by a name that is written otherwise (`U&"…"`).
fn says_what_lasts(sql: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_one = |word: &[u8]| LASTING.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(word));
    sql.windows(2).any(|pair| pair == b"&\"") || sql.split(|byte| !is_part(byte)).any(is_one)
}

/// Whether there is a query in it beside the statement itself.
fn has_subquery(sql: &str) -> bool {
    // Not the statement's own. A name that looks so only means that it is read in full.
    let rest = sql.as_bytes().get(1..).unwrap_or_default();
    let begins = |i: usize, word: &[u8]| rest[i..].get(..word.len()).is_some_and(|w| w.eq_ignore_ascii_case(word));
    (0..rest.len()).any(|i| match rest[i] {
        b's' | b'S' => begins(i, b"SELECT"),
        b't' | b'T' => begins(i, b"TABLE"),
        _ => false,
    })
}

/// The tables that the statement itself is about, where all of it is Diesel's.
fn written<'sql>(names: &[Name<'sql>]) -> Vec<&'sql str> {
    names.iter().filter(|name| name.place == Place::Own).map(|name| name.text).collect()
}

fn is_among(name: &Name<'_>, own: &[&str]) -> bool {
    own.iter().any(|own| name.is(own))
}

fn refuse(names: &[Name<'_>], is_known: impl Fn(&Name<'_>) -> bool) -> QueryResult<()> {
    if names.iter().any(|name| name.place == Place::Unreadable) {
        return Err(Error::QueryBuilderError(Box::new(Unreadable)));
    }
    let unknown = names.iter().find(|name| !is_known(name)).map(|name| name.text.to_owned());
    unknown.map_or(Ok(()), |table| Err(Error::QueryBuilderError(Box::new(OutOfSight { table }))))
}

/// A statement whose tables cannot be told.
#[derive(Debug)]
struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this statement has a comment, a second statement behind a semicolon, a number or `$1` that a name follows \
             without a space, or a text as E'…', U&'…' or $$…$$, behind which nobody can tell what it names: write it \
             without, or bind the text as a value",
        )
    }
}

impl std::error::Error for Unreadable {}

/// A statement that changes, or may change, what is set on its connection.
#[derive(Debug)]
struct Command;

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this statement may change what is set on its connection, which serves others afterwards: run it on \
             `unchecked_connection()`, which is closed when it is given back, begin a transaction by `transaction`, or \
             take a lock that ends with one by `pg_advisory_xact_lock`",
        )
    }
}

impl std::error::Error for Command {}

/// A table of a query that its types do not show, so that nobody knows whether it is marked.
#[derive(Debug)]
struct OutOfSight {
    table: String,
}

impl fmt::Display for OutOfSight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this query names the table {} where its types do not show whether that is marked: name all tables of \
             the query by `.touching((…,))`",
            self.table
        )
    }
}

impl std::error::Error for OutOfSight {}
