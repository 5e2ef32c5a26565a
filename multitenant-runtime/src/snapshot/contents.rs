//! What a schema holds: its catalogue, its rows, its sequences' values, its history.
//!
//! Lines that are equal where two schemas are, whatever their names, and whenever they were made: the moment of the
//! transaction that filled a schema stands in its rows as a mark.

use crate::connection::{PipelineError, Session};
use crate::ident::{Identifier, SchemaName, literal};
use crate::run::Frame;

use super::catalogue::{self, Depth};
use super::obstacle::Obstacle;

/// More than this is no seed of a migration, and not worth the time.
const MOST_BYTES: u64 = 64 << 20;

/// How many tables one statement reads: each is locked until its end.
const CHUNK: usize = 64;

/// What a text is read under, so that it is that of `pg_dump`.
const SETTINGS: [&str; 6] = [
    "SET LOCAL search_path = pg_catalog",
    "SET LOCAL jit = off",
    "SET LOCAL datestyle = ISO",
    "SET LOCAL intervalstyle = postgres",
    "SET LOCAL extra_float_digits = 3",
    "SET LOCAL bytea_output = hex",
];

/// What a schema holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Contents {
    /// Sorted.
    pub(super) lines: Vec<String>,
    /// What of today's date stands in it that stands in no migration.
    pub(super) dated: Option<String>,
}

/// The moment of the transaction that filled a schema, where it was one, as `timestamp` and as `timestamptz`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment(pub(super) String, pub(super) String);

/// Reads a schema that is committed.
pub(super) async fn read(
    session: &Session,
    frame: Frame<'_>,
    major: u32,
    dates: &[String],
) -> Result<(Contents, Option<Moment>), Obstacle> {
    session.rows("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    let contents = read_within(session, frame, major, dates).await;
    session.rows("ROLLBACK").await?;
    contents
}

/// Reads a schema within the transaction that is open, whose path and formats are changed.
///
/// `dates` are the writings of today's date that are looked for.
pub(super) async fn read_within(
    session: &Session,
    frame: Frame<'_>,
    major: u32,
    dates: &[String],
) -> Result<(Contents, Option<Moment>), Obstacle> {
    let schema = frame.target.schema();
    session.pipeline(&SETTINGS).await.map_err(failed)?;
    let moment = moment(session, frame).await?;
    let mut found = Found { lines: Vec::new(), dated: None };
    let in_json = |text: &str| text.replace('\\', r"\\").replace('"', r#"\""#);
    for row in session.rows(&catalogue::lines([schema], major, Depth::Everything)).await? {
        let line = row.get(0).unwrap_or_default();
        // In JSON, where a quote has a backslash.
        let line = line.replace(&format!("{}.", in_json(&schema.quoted())), "<>.");
        found.line(line.replace(&in_json(&schema.quoted()), "<>").replace(schema.as_str(), "<>"), dates);
    }
    for row in session.rows(&history(frame)).await? {
        found.lines.push(row.get(0).unwrap_or_default().to_owned());
    }
    let tables = tables(session, frame).await?;
    for tables in tables.chunks(CHUNK) {
        let queries: Vec<String> = tables.iter().map(|table| table.query(schema, moment.as_ref(), dates)).collect();
        for row in session.rows(&queries.join(" UNION ALL ")).await? {
            found.lines.push(row.get(0).unwrap_or_default().to_owned());
            found.dated = found.dated.or_else(|| row.get(1).map(str::to_owned));
        }
    }
    found.lines.sort_unstable();
    Ok((Contents { lines: found.lines, dated: found.dated }, moment))
}

struct Found {
    lines: Vec<String>,
    dated: Option<String>,
}

impl Found {
    fn line(&mut self, line: String, dates: &[String]) {
        if self.dated.is_none() {
            self.dated = dates.iter().find(|date| line.contains(*date)).cloned();
        }
        self.lines.push(line);
    }
}

impl Contents {
    /// What the two differ in, shortly; `None` where they are equal.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        const SHOWN: usize = 200;
        let only = |one: &Self, other: &Self| {
            let line = one.lines.iter().find(|line| other.lines.binary_search(line).is_err())?;
            Some(line.chars().take(SHOWN).collect::<String>())
        };
        if self.lines == other.lines {
            return None;
        }
        let (here, there) = (only(self, other), only(other, self));
        let said = |line: Option<String>| line.unwrap_or_else(|| "nothing more".to_owned());
        Some(format!("{} and {}", said(here), said(there)))
    }

    /// What no snapshot can hold.
    pub(super) fn unsupported(&self) -> Option<&str> {
        self.lines.iter().find(|line| line.starts_with(catalogue::OTHER)).map(String::as_str)
    }
}

/// A relation with rows, or a sequence.
struct Table {
    name: Identifier,
    is_sequence: bool,
}

impl Table {
    /// Its rows or its value as one line, and which date stands in it.
    fn query(&self, schema: &SchemaName, moment: Option<&Moment>, dates: &[String]) -> String {
        let (name, quoted) = (literal(self.name.as_str()), self.name.quoted());
        let qualified = format!("{}.{quoted}", schema.quoted());
        if self.is_sequence {
            return format!(
                "SELECT json_build_array('value', {name}, last_value, is_called)::text, NULL::text FROM {qualified}"
            );
        }
        // A quote is doubled in the text of a row; within a scratch schema's name there is none.
        let in_a_row = format!("\"{}\"", schema.quoted());
        let mut text = "(r.*)::text".to_owned();
        let mut replace = |what: &str, by: &str| text = format!("replace({text}, {}, {})", literal(what), literal(by));
        if let Some(Moment(local, zoned)) = moment {
            replace(zoned, "<now>");
            replace(local, "<now>");
        }
        replace(&format!("{}.", schema.quoted()), "<>.");
        replace(&format!("{in_a_row}."), "<>.");
        replace(&schema.quoted(), "<>");
        replace(&in_a_row, "<>");
        replace(schema.as_str(), "<>");
        let dated: String =
            dates.iter().map(|date| format!("WHEN bool_or(position({0} IN l) > 0) THEN {0} ", literal(date))).collect();
        let dated = if dated.is_empty() { "NULL".to_owned() } else { format!("CASE {dated}END") };
        format!(
            "SELECT json_build_array('rows', {name}, count(*), encode(sha256(convert_to(coalesce(\
             string_agg(l, E'\\n' ORDER BY l COLLATE \"C\"), ''), 'UTF8')), 'hex'))::text, {dated}::text \
             FROM (SELECT {text} FROM ONLY {qualified} r) l (l)"
        )
    }
}

async fn moment(session: &Session, frame: Frame<'_>) -> Result<Option<Moment>, Obstacle> {
    let sql = format!(
        "SELECT min(run_on)::text, min(run_on)::timestamptz::text FROM {} HAVING count(DISTINCT run_on) = 1",
        frame.ledger().qualified()
    );
    let rows = session.rows(&sql).await?;
    Ok(rows.first().and_then(|row| Some(Moment(row.get(0)?.to_owned(), row.get(1)?.to_owned()))))
}

fn history(frame: Frame<'_>) -> String {
    format!(
        "SELECT json_build_array('history', version, multitenant_checksum, multitenant_format)::text FROM {}",
        frame.ledger().qualified()
    )
}

/// What has rows, and the sequences; not the history, whose rows say when they were written.
async fn tables(session: &Session, frame: Frame<'_>) -> Result<Vec<Table>, Obstacle> {
    let sql = format!(
        "SELECT c.relname, c.relkind = 'S', sum(pg_relation_size(c.oid)) OVER ()::text FROM pg_class c \
         JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = {} AND c.relkind IN ('r', 'm', 'S') \
         AND c.relispopulated AND c.relname <> {}",
        literal(frame.target.schema().as_str()),
        literal(frame.table.as_str())
    );
    let rows = session.rows(&sql).await?;
    let bytes: u64 = rows.first().and_then(|row| row.get(2)?.parse().ok()).unwrap_or_default();
    if bytes > MOST_BYTES {
        return Err(Obstacle::Lasting(format!("the migrations leave {} MB of rows", bytes >> 20)));
    }
    Ok(rows
        .iter()
        .filter_map(|row| {
            Some(Table { name: Identifier::new(row.get(0)?).ok()?, is_sequence: row.get(1) == Some("t") })
        })
        .collect())
}

pub(super) fn failed(error: PipelineError) -> Obstacle {
    error.error.into()
}
