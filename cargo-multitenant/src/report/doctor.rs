//! What the doctor has to say.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::doctor::{Examined, Health, Outcome};
use crate::finding::{Complaint, ComplaintItem, Level};
use crate::output::{BAD, DIM, GOOD, WARN, counted, paint, shown_lines};

use super::run::millis;
use super::{FORMAT, complaints};

/// The document of `doctor`.
#[derive(Debug, Serialize)]
pub(crate) struct DoctorDocument<'a> {
    format: u32,
    checks: Vec<CheckLine<'a>>,
    findings: Vec<ComplaintItem<'a>>,
    health: Option<HealthView<'a>>,
    summary: Summary,
    #[serde(skip)]
    complaints: Vec<&'a Complaint>,
}

/// One check.
#[derive(Debug, Serialize)]
struct CheckLine<'a> {
    code: &'static str,
    area: &'static str,
    state: State,
    /// What is so, or why it could not look.
    detail: &'a str,
    duration_ms: u64,
    #[serde(skip)]
    title: &'static str,
    #[serde(skip)]
    worst: Option<Level>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Good,
    Bad,
    NotRun,
}

#[derive(Debug, Serialize)]
struct HealthView<'a> {
    connect_us: u64,
    round_trip_us: u64,
    server_limit: u32,
    server_used: u32,
    applications: Vec<ApplicationView<'a>>,
}

#[derive(Debug, Serialize)]
struct ApplicationView<'a> {
    name: &'a str,
    active: u32,
    idle: u32,
    in_transaction: u32,
    waiting: u32,
}

#[derive(Debug, Serialize)]
struct Summary {
    checks: usize,
    good: usize,
    not_run: usize,
    errors: usize,
    warnings: usize,
    infos: usize,
}

impl<'a> DoctorDocument<'a> {
    pub(crate) fn new(examined: &'a Examined) -> Self {
        let checks: Vec<CheckLine<'_>> = examined
            .checks
            .iter()
            .map(|checked| {
                let (state, detail, worst) = match &checked.outcome {
                    Outcome::Good(detail) => (State::Good, detail, None),
                    Outcome::Bad(detail, complaints) => (State::Bad, detail, complaints.iter().map(|c| c.level).max()),
                    Outcome::NotRun(why) => (State::NotRun, why, None),
                };
                let (code, title, area) = (checked.check.name, checked.check.title, checked.check.area.title());
                CheckLine { code, area, state, detail, duration_ms: millis(checked.duration), title, worst }
            })
            .collect();
        let complaints: Vec<&Complaint> = examined.complaints().collect();
        let of_state = |state| checks.iter().filter(|check| check.state == state).count();
        let of_level = |level| complaints.iter().filter(|complaint| complaint.level == level).count();
        let summary = Summary {
            checks: checks.len(),
            good: of_state(State::Good),
            not_run: of_state(State::NotRun),
            errors: of_level(Level::Error),
            warnings: of_level(Level::Warning),
            infos: of_level(Level::Info),
        };
        Self {
            format: FORMAT,
            findings: complaints.iter().map(|complaint| complaint.item()).collect(),
            health: examined.health.as_ref().map(health),
            checks,
            summary,
            complaints,
        }
    }

    pub(crate) fn text(&self) -> String {
        let width = self.checks.iter().map(|check| check.title.len()).max().unwrap_or_default();
        let mut text: String = self.checks.iter().map(|check| check.text(width)).collect();
        if !self.complaints.is_empty() {
            text.push_str("Recommendations\n");
        }
        text.push_str(&complaints::numbered(&self.complaints));
        if let Some(health) = &self.health {
            text.push_str(&health.text());
        }
        text + &self.summary.text()
    }
}

impl CheckLine<'_> {
    fn text(&self, width: usize) -> String {
        let mark = match (self.state, self.worst) {
            (State::Good, _) => paint(GOOD, "✓"),
            (State::NotRun, _) => paint(DIM, "?"),
            (State::Bad, Some(Level::Error)) => paint(BAD, "✗"),
            (State::Bad, Some(Level::Warning)) => paint(WARN, "⚠"),
            (State::Bad, _) => paint(DIM, "i"),
        };
        let detail = shown_lines(self.detail);
        let detail = if self.state == State::NotRun { format!("not checked: {detail}") } else { detail };
        format!("{mark} {:width$}  {}\n", self.title, detail.replace('\n', "\n    "))
    }
}

fn health(health: &Health) -> HealthView<'_> {
    let micros = |duration: Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    HealthView {
        connect_us: micros(health.connect),
        round_trip_us: micros(health.round_trip),
        server_limit: health.server_limit,
        server_used: health.server_used,
        applications: health
            .applications
            .iter()
            .map(|application| ApplicationView {
                name: &application.name,
                active: application.active,
                idle: application.idle,
                in_transaction: application.in_transaction,
                waiting: application.waiting,
            })
            .collect(),
    }
}

impl HealthView<'_> {
    fn text(&self) -> String {
        let ms = |micros: u64| format!("{}.{:01} ms", micros / 1000, micros % 1000 / 100);
        let mut text = format!(
            "Health\n  connecting {}, a round trip {}; {} of {} connections of the server in use\n",
            ms(self.connect_us),
            ms(self.round_trip_us),
            self.server_used,
            self.server_limit
        );
        for application in &self.applications {
            let name = if application.name.is_empty() { "(no application_name)" } else { application.name };
            let _ = writeln!(
                text,
                "  {}: {} active, {} idle, {} idle in a transaction, {} waiting for a lock",
                shown_lines(name),
                application.active,
                application.idle,
                application.in_transaction,
                application.waiting
            );
        }
        text
    }
}

impl Summary {
    fn text(&self) -> String {
        let mut parts = Vec::new();
        if self.errors > 0 {
            parts.push(paint(BAD, counted(self.errors, "error", "errors")));
        }
        if self.warnings > 0 {
            parts.push(paint(WARN, counted(self.warnings, "warning", "warnings")));
        }
        if self.infos > 0 {
            parts.push(counted(self.infos, "note", "notes"));
        }
        if parts.is_empty() {
            parts.push(paint(GOOD, "nothing found"));
        }
        if self.not_run > 0 {
            parts.push(format!("{} not run", self.not_run));
        }
        format!("{}: {}\n", counted(self.checks, "check", "checks"), parts.join(", "))
    }
}
