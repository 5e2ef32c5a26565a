//! Running the checks: each says what it has found, or why it cannot, and none stops the others.

use std::time::{Duration, Instant};

use super::check::{Blocked, Check, Verdict};
use super::checks::ALL;
use super::ground::Ground;
use super::health::Health;
use crate::finding::Complaint;

/// What the doctor has to say.
#[derive(Debug)]
pub(crate) struct Examined {
    /// In the order of the list; without those that are about nothing that there is here.
    pub(crate) checks: Vec<Checked>,
    /// Where the database could be reached.
    pub(crate) health: Option<Health>,
}

/// What became of one check.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) check: &'static Check,
    pub(crate) outcome: Outcome,
    pub(crate) duration: Duration,
}

/// What a check has come to.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// In order; what is so.
    Good(String),
    /// Not in order; what is so, and what there is to complain of.
    Bad(String, Vec<Complaint>),
    /// It could not look; why.
    NotRun(String),
}

/// Runs all checks.
pub(crate) async fn examine(ground: &Ground) -> Examined {
    let mut checks = Vec::with_capacity(ALL.len());
    for check in ALL {
        let started = Instant::now();
        let outcome = match (check.run)(ground).await {
            Ok(Verdict::Good(detail)) => Outcome::Good(detail),
            Ok(Verdict::Bad(detail, complaints)) => Outcome::Bad(detail, complaints),
            Ok(Verdict::Nothing) => continue,
            Err(Blocked(why)) => Outcome::NotRun(why),
        };
        checks.push(Checked { check, outcome, duration: started.elapsed() });
    }
    Examined { checks, health: Health::take(ground).await }
}

impl Examined {
    /// All complaints, in the order of the checks.
    pub(crate) fn complaints(&self) -> impl Iterator<Item = &Complaint> {
        self.checks.iter().flat_map(|checked| match &checked.outcome {
            Outcome::Bad(_, complaints) => complaints.as_slice(),
            _ => &[],
        })
    }
}
