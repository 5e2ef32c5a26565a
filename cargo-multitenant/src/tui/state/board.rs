//! The run board: every target of a run, as the run's events have it.

use std::collections::HashMap;
use std::time::Duration;

use multitenant_runtime::Outcome;

use crate::report::seconds;
use crate::tui::message::{Happening, Job, RunEnd};

use super::item::{Cell, Item, Line, Tone};
use super::page::{Load, Page};

/// Where nothing was finished for so long, nobody knows how long the rest takes.
const STILL: Duration = Duration::from_secs(10);

/// A run, as far as it has come.
#[derive(Debug, Clone)]
pub(crate) struct Board {
    pub(crate) job: Job,
    pub(crate) page: Page,
    rows: Vec<Row>,
    places: HashMap<String, usize>,
    started: Duration,
    /// When a step or a target was done with the last time.
    advanced: Duration,
    /// How often somebody has asked for the end.
    pub(crate) stops: u8,
    pub(crate) end: Option<(Duration, RunEnd)>,
    /// What is about the run as a whole.
    pub(crate) said: Option<String>,
}

#[derive(Debug, Clone)]
struct Row {
    tenant: Option<String>,
    schema: String,
    state: RowState,
    /// Of so many steps so many are done.
    done: usize,
    steps: usize,
    /// What is being done, or why nothing is.
    about: String,
    lines: Vec<Line>,
    began: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RowState {
    Queued,
    Running,
    /// Another run holds it.
    Waiting,
    /// A try failed in a way that may pass: a lock, a lost connection.
    Retrying,
    /// The run was given up while this was at work: nobody knows what became of it.
    Unknown,
    Finished(Outcome),
}

impl RowState {
    fn is_over(self) -> bool {
        matches!(self, Self::Unknown | Self::Finished(_))
    }

    /// What is to be seen first stands first.
    fn look(self) -> (i64, &'static str, Tone) {
        match self {
            Self::Finished(Outcome::Failed) => (0, "failed", Tone::Bad),
            Self::Unknown => (1, "unknown", Tone::Bad),
            Self::Waiting => (2, "waiting", Tone::Warn),
            Self::Retrying => (1, "retrying", Tone::Warn),
            Self::Running => (3, "running", Tone::Strong),
            Self::Finished(Outcome::Skipped) => (4, "skipped", Tone::Warn),
            Self::Finished(Outcome::NotTried) => (5, "not tried", Tone::Warn),
            Self::Queued => (6, "queued", Tone::Dim),
            Self::Finished(Outcome::Applied) => (7, "applied", Tone::Good),
            Self::Finished(Outcome::Reverted) => (7, "reverted", Tone::Good),
            Self::Finished(Outcome::Recorded) => (7, "recorded", Tone::Good),
            Self::Finished(Outcome::UpToDate) => (8, "up to date", Tone::Dim),
            Self::Finished(_) => (8, "done", Tone::Good),
        }
    }
}

impl Board {
    /// A run that begins now.
    pub(crate) fn new(job: Job, now: Duration) -> Self {
        let rows: Vec<Row> = job
            .targets
            .iter()
            .map(|target| Row {
                tenant: target.tenant.clone(),
                schema: target.schema.clone(),
                state: RowState::Queued,
                done: 0,
                steps: target.steps,
                about: String::new(),
                lines: Vec::new(),
                began: None,
            })
            .collect();
        let places = rows.iter().enumerate().map(|(at, row)| (row.schema.clone(), at)).collect();
        let mut page = Page { load: Load::Done, ..Page::default() };
        page.list.set(rows.iter().map(item).collect());
        page.list = page.list.sorted_by(Some((1, false)));
        Self { job, page, rows, places, started: now, advanced: now, stops: 0, end: None, said: None }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.end.is_none()
    }

    /// Something happened in it.
    pub(crate) fn happened(&mut self, happening: Happening, now: Duration) {
        if matches!(happening, Happening::StepDone { .. } | Happening::Finished { .. }) {
            self.advanced = now;
        }
        match happening {
            Happening::Began { schema, tenant, steps } => self.change(&schema, tenant, |row| {
                row.state = RowState::Running;
                row.steps = row.steps.max(steps);
                row.began.get_or_insert(now);
            }),
            Happening::Step { schema, what } => self.change(&schema, None, |row| {
                row.state = RowState::Running;
                row.about = what;
            }),
            Happening::StepDone { schema } => self.change(&schema, None, |row| {
                row.done += 1;
                row.steps = row.steps.max(row.done);
            }),
            Happening::Held { schema } => self.change(&schema, None, |row| {
                row.state = RowState::Waiting;
                row.about = "held by another run, is tried again".to_owned();
            }),
            Happening::Retrying { schema, attempt, delay, failure } => self.change(&schema, None, |row| {
                row.state = RowState::Retrying;
                row.about = format!("try {attempt}, again in {}: {}", seconds(millis(delay)), failure.brief);
                row.lines = failure.lines;
            }),
            Happening::Finished { schema, tenant, outcome, failure } => self.change(&schema, tenant, |row| {
                // The report says once more what the events have told.
                if row.state == RowState::Finished(outcome) {
                    return;
                }
                row.state = RowState::Finished(outcome);
                let took = row.began.map(|began| seconds(millis(now.saturating_sub(began))));
                row.about = took.filter(|_| outcome != Outcome::UpToDate).unwrap_or_default();
                if let Some(failure) = failure {
                    row.about = failure.brief;
                    row.lines = failure.lines;
                }
            }),
            Happening::Said(text) => self.said = Some(text),
        }
    }

    /// Changes a row; a target that nobody has foretold gets one.
    fn change(&mut self, schema: &str, tenant: Option<String>, change: impl FnOnce(&mut Row)) {
        let at = *self.places.entry(schema.to_owned()).or_insert_with(|| {
            self.rows.push(Row {
                tenant,
                schema: schema.to_owned(),
                state: RowState::Queued,
                done: 0,
                steps: 0,
                about: String::new(),
                lines: Vec::new(),
                began: None,
            });
            self.page.list.push(item(&self.rows[self.rows.len() - 1]));
            self.rows.len() - 1
        });
        if let Some(row) = self.rows.get_mut(at) {
            change(row);
            self.page.list.replace(at, item(row));
        }
    }

    /// Puts the rows in order; not at each event, since there are many.
    pub(crate) fn settle(&mut self) {
        self.page.list.settle();
    }

    /// It has come to its end.
    pub(crate) fn ended(&mut self, end: RunEnd, now: Duration) {
        for row in self.rows.iter_mut().filter(|row| !matches!(row.state, RowState::Finished(_))) {
            row.state = RowState::Finished(Outcome::NotTried);
            if row.began.is_some() && !end.is_orderly {
                row.state = RowState::Unknown;
                row.about = "given up while this was at work: look at its status".to_owned();
            }
        }
        for (at, row) in self.rows.iter().enumerate() {
            self.page.list.replace(at, item(row));
        }
        self.settle();
        self.end = Some((now, end));
    }

    /// The tenants that failed or were not come to, and whether the shared schema did.
    pub(crate) fn to_retry(&self) -> (bool, Vec<String>) {
        let bad = |row: &&Row| {
            matches!(
                row.state,
                RowState::Unknown | RowState::Finished(Outcome::Failed | Outcome::Skipped | Outcome::NotTried)
            )
        };
        let bad: Vec<&Row> = self.rows.iter().filter(bad).collect();
        let shared = bad.iter().any(|row| row.tenant.is_none());
        (shared, bad.iter().filter_map(|row| row.tenant.clone()).collect())
    }

    /// So many are in which state: words for the line below, most urgent first.
    pub(crate) fn counts(&self) -> Vec<(usize, &'static str, Tone)> {
        let mut counts: Vec<(i64, usize, &'static str, Tone)> = Vec::new();
        for (rank, word, tone) in self.rows.iter().map(|row| row.state.look()) {
            match counts.iter_mut().find(|(.., known, _)| *known == word) {
                Some((_, count, ..)) => *count += 1,
                None => counts.push((rank, 1, word, tone)),
            }
        }
        counts.sort_unstable_by_key(|(rank, _, word, _)| (*rank, *word));
        counts.into_iter().map(|(_, count, word, tone)| (count, word, tone)).collect()
    }

    /// What became of it, in lines for when the board is not seen any more.
    pub(crate) fn farewell(&self) -> String {
        let counts: Vec<String> = self.counts().iter().map(|(count, word, _)| format!("{count} {word}")).collect();
        let end = match &self.end {
            Some((_, end)) => end.text.as_str(),
            None => {
                "left before its end: what was at work may be cut off; `cargo multitenant status` says how it stands"
            }
        };
        Line::one(Tone::Plain, format!("{}: {}; {end}", self.job.request.title(), counts.join(", "))).text().to_owned()
    }

    /// How many targets are done with, of how many.
    pub(crate) fn progress(&self) -> (usize, usize) {
        let done = self.rows.iter().filter(|row| row.state.is_over()).count();
        (done, self.rows.len())
    }

    pub(crate) fn elapsed(&self, now: Duration) -> Duration {
        self.end.as_ref().map_or(now, |(at, _)| *at).saturating_sub(self.started)
    }

    /// About how long it will take; `None` where there is nothing yet to reckon from.
    pub(crate) fn time_left(&self, now: Duration) -> Option<Duration> {
        // What stands still is not reckoned with: a server that is gone would be ready soon.
        if !self.is_running() || now.saturating_sub(self.advanced) > STILL {
            return None;
        }
        // A target without steps, as with seeds, counts as one.
        let weight = |row: &Row| row.steps.max(1);
        let done = |row: &Row| match row.state {
            RowState::Finished(_) => weight(row),
            _ => row.done.min(weight(row)),
        };
        // What was up to date took no time, and says nothing about the rest.
        let working = || self.rows.iter().filter(|row| row.state != RowState::Finished(Outcome::UpToDate));
        left(self.elapsed(now), working().map(done).sum(), working().map(weight).sum())
    }
}

/// What is left of a time in which so many of so many are done.
fn left(elapsed: Duration, done: usize, of: usize) -> Option<Duration> {
    let (done, of) = (u32::try_from(done).ok()?, u32::try_from(of).ok()?);
    (done > 0).then(|| elapsed * of.saturating_sub(done) / done)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn item(row: &Row) -> Item {
    let (rank, word, tone) = row.state.look();
    let steps = if row.steps == 0 { String::new() } else { format!("{}/{}", row.done, row.steps) };
    let mut lines = vec![Line::one(tone, word)];
    lines.extend((!row.about.is_empty()).then(|| Line::one(Tone::Plain, &row.about)));
    if !row.lines.is_empty() {
        lines.push(Line::empty());
        lines.extend(row.lines.iter().cloned());
    }
    Item {
        key: row.schema.clone(),
        cells: vec![
            Cell::new(&row.schema),
            Cell::new(word).tone(tone).rank(rank),
            Cell::new(steps),
            Cell::new(&row.about),
        ],
        lines,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_reckoned_from_what_is_done() {
        let seconds = Duration::from_secs;
        assert_eq!(left(seconds(10), 0, 5), None);
        assert_eq!(left(seconds(10), 1, 5), Some(seconds(40)));
        assert_eq!(left(seconds(10), 5, 5), Some(seconds(0)));
        assert_eq!(left(seconds(10), 7, 5), Some(seconds(0)));
    }
}
