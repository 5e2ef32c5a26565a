//! Reading all histories: one statement for the catalogue, then one for each chunk of history tables.

use std::collections::HashMap;

use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;

use crate::connection::Session;
use crate::ident::{Identifier, literal};
use crate::migration::ledger::{HISTORY_FORMAT, Ledger};
use crate::migration::{MigrationSet, Version};
use crate::registry::is_under_construction;
use crate::sqlstate::is_undefined_table;
use crate::state::{Recorded, StateTable, beginnings};
use crate::target::Target;

use super::unreadable::{failure, is_of_the_statement, read_failure, standing};
use super::{Applied, HistoryTable, Observed};

/// How many history tables one statement reads. Each holds two locks until the statement ends, and a longer
/// `UNION ALL` costs the planner more than a further round trip costs us.
const CHUNK: usize = 256;

/// How many of these statements are on their way: while we read one's answer the server works on the next one.
const UNDER_WAY: usize = 2;

/// How often a schema may vanish between the two statements before that is an error.
const TRIES: usize = 3;

/// A schema to look at: its history table's name, and the set whose versions are expected there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) target: &'a Target,
    pub(crate) table: &'a Identifier,
    pub(crate) set: &'a MigrationSet,
}

impl<'a> Subject<'a> {
    fn ledger(&self) -> Ledger<'a> {
        Ledger::new(self.target.schema(), self.table)
    }
}

/// What a look has found.
#[derive(Debug, Default)]
pub(crate) struct Observation {
    /// What the schemas hold, in the order of the subjects.
    pub(crate) schemas: Vec<Observed>,
    /// Whether there is a state table.
    pub(crate) has_state: bool,
    /// What that table says, by schema.
    pub(crate) recorded: HashMap<String, Recorded>,
    /// The server's time before the histories were read.
    pub(crate) at: Option<String>,
}

/// Which histories are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All of them.
    Everything,
    /// Those from which something is to be learnt. Of a schema that lacks the set's last migrations by the state table
    /// the history is asked anyway before anything is applied.
    WhatIsInDoubt,
}

/// What one schema holds. Writes nothing.
pub(crate) async fn observe_one(session: &Session, subject: Subject<'_>) -> Result<Observed, tokio_postgres::Error> {
    Ok(observe(session, &[subject], None, Reading::Everything).await?.schemas.into_iter().next().unwrap_or_default())
}

/// What these schemas hold, in the same order, and whether there is a state table. Writes nothing.
pub(crate) async fn observe(
    session: &Session,
    subjects: &[Subject<'_>],
    state: Option<&StateTable>,
    reading: Reading,
) -> Result<Observation, tokio_postgres::Error> {
    let mut tries = 0;
    loop {
        match try_observe(session, subjects, state, reading, tries < TRIES).await {
            // Dropped or renamed since the catalogue was read: the catalogue knows by now.
            Err(error) if is_undefined_table(&error) && tries < TRIES => tries += 1,
            result => return result,
        }
    }
}

async fn try_observe(
    session: &Session,
    subjects: &[Subject<'_>],
    state: Option<&StateTable>,
    reading: Reading,
    may_look_again: bool,
) -> Result<Observation, tokio_postgres::Error> {
    let mut observed = vec![Observed::default(); subjects.len()];
    let mut observation = Observation::default();
    if subjects.is_empty() {
        return Ok(observation);
    }
    for row in session.rows(&catalogue_query(subjects, state)).await? {
        observation.has_state |= row.get(3) == Some("t");
        observation.at = observation.at.or_else(|| row.get(4).map(str::to_owned));
        let place = row.get(0).and_then(|i| i.parse::<usize>().ok()).and_then(|i| i.checked_sub(1));
        let Some((slot, subject)) = place.and_then(|i| observed.get_mut(i).zip(subjects.get(i))) else { continue };
        slot.schema_exists = true;
        slot.unfinished = row.get(2) == Some("t");
        slot.history = match row.get(1) {
            Some("extended") => HistoryTable::Extended,
            Some("diesel") => HistoryTable::Diesel,
            _ => HistoryTable::Absent,
        };
        slot.unreadable = row.get(1).and_then(|standing| failure(standing, subject.ledger()));
    }
    if let Some(table) = state.filter(|_| observation.has_state) {
        observation.recorded = table.read(session).await?;
        if reading == Reading::WhatIsInDoubt {
            believe(subjects, &observation.recorded, &mut observed);
        }
    }
    let is_to_be_read = |slot: &Observed| slot.history != HistoryTable::Absent && slot.by_state.is_none();
    let with_history: Vec<usize> = (0..subjects.len()).filter(|&i| is_to_be_read(&observed[i])).collect();
    let mut chunks: Vec<&[usize]> = with_history.chunks(CHUNK).rev().collect();
    let mut answers = FuturesOrdered::new();
    loop {
        while answers.len() < UNDER_WAY
            && let Some(chunk) = chunks.pop()
        {
            let query = history_query(subjects, &observed, chunk);
            answers.push_back(async move { (chunk, session.rows(&query).await) });
        }
        let Some((chunk, answer)) = answers.next().await else { break };
        let rows = match answer {
            Ok(rows) => rows,
            Err(error) if may_look_again && is_undefined_table(&error) => return Err(error),
            Err(error) if is_of_the_statement(session, &error) => {
                // One table that cannot be read must not keep the others from being read.
                match chunk {
                    [one] => observed[*one].unreadable = Some(read_failure(&error, subjects[*one].ledger())),
                    more => chunks.extend(<[_; 2]>::from(more.split_at(more.len() / 2))),
                }
                continue;
            }
            Err(error) => return Err(error),
        };
        for row in rows {
            let place = row.get(0).and_then(|i| i.parse::<usize>().ok());
            if let Some((place, version)) = place.zip(row.get(1))
                && let Some((slot, subject)) = observed.get_mut(place).zip(subjects.get(place))
            {
                slot.applied.push(applied(subject.set, version, row.get(2)));
                let format = row.get(3).and_then(|format| format.parse::<i32>().ok());
                slot.newer_format = slot.newer_format.max(format.filter(|&format| format > HISTORY_FORMAT));
            }
        }
    }
    for (subject, slot) in subjects.iter().zip(&mut observed) {
        let row = observation.recorded.get(subject.target.schema().as_str());
        // One without a digest is of another schema or history table. Of what was never applied there is nothing to say.
        slot.has_state_row = row.is_some_and(|row| row.digest.is_some() || !slot.applied.is_empty());
    }
    observation.schemas = observed;
    Ok(observation)
}

/// Takes from the state table what the schemas hold that have the first migrations of their set, and not all.
///
/// What it says of the others decides something by itself: that nothing is to be done, or why nothing can be done.
fn believe(subjects: &[Subject<'_>], recorded: &HashMap<String, Recorded>, observed: &mut [Observed]) {
    let mut known: Option<(&MigrationSet, HashMap<String, usize>)> = None;
    for (subject, slot) in subjects.iter().zip(observed) {
        let digest = recorded.get(subject.target.schema().as_str()).filter(|row| row.last_failure.is_none());
        let digest = digest.and_then(|row| row.digest.as_ref());
        let Some(digest) = digest.filter(|_| slot.history == HistoryTable::Extended) else { continue };
        let (_, beginnings) = match &mut known {
            Some(known) if std::ptr::eq(known.0, subject.set) => known,
            _ => known.insert((subject.set, beginnings(subject.set))),
        };
        let Some(&length) = beginnings.get(digest) else { continue };
        let applied = subject.set.migrations().iter().take(length);
        slot.applied = applied.map(|m| Applied { version: m.version().clone(), edited: false }).collect();
        slot.by_state = Some(digest.clone());
    }
}

/// A row, holding the set's own version where the set knows it: a fleet's histories repeat the same few texts.
pub(crate) fn applied(set: &MigrationSet, version: &str, checksum: Option<&str>) -> Applied {
    let version = Version::recorded(version);
    match set.get(&version) {
        Some(migration) => Applied {
            edited: migration.checksum().zip(checksum).is_some_and(|(ours, recorded)| ours.contradicts(recorded)),
            version: migration.version().clone(),
        },
        None => Applied { version, edited: false },
    }
}

/// Which of the schemas exist, and how their history tables stand; before them, a row with what is one for all. Only
/// these schemas' rows are looked up, by the catalogue's own indexes.
fn catalogue_query(subjects: &[Subject<'_>], state: Option<&StateTable>) -> String {
    let has_state = state.map_or_else(|| "false".to_owned(), StateTable::is_readable);
    let list = |name: fn(&Subject<'_>) -> String| {
        subjects.iter().map(|subject| literal(&name(subject))).collect::<Vec<_>>().join(",")
    };
    format!(
        "SELECT 0 AS i, NULL::text, NULL::boolean, {has_state}, now() UNION ALL SELECT wanted.i, {}, {}, NULL, NULL \
         FROM ROWS FROM (pg_catalog.unnest(ARRAY[{}]::pg_catalog.name[]), \
         pg_catalog.unnest(ARRAY[{}]::pg_catalog.name[])) WITH ORDINALITY AS wanted(nsp, rel, i) \
         JOIN pg_catalog.pg_namespace n ON n.nspname = wanted.nsp \
         LEFT JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = wanted.rel",
        standing(),
        is_under_construction("n.oid"),
        list(|subject| subject.target.schema().as_str().to_owned()),
        list(|subject| subject.table.as_str().to_owned()),
    )
}

fn history_query(subjects: &[Subject<'_>], observed: &[Observed], chunk: &[usize]) -> String {
    chunk
        .iter()
        .map(|&i| subjects[i].ledger().rows(i, observed[i].history == HistoryTable::Extended))
        .collect::<Vec<_>>()
        .join(" UNION ALL ")
}
