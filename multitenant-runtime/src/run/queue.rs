//! The jobs of a run, and which of them may be tried now.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The jobs of a run, shared by its workers.
pub(crate) struct Queue<J> {
    jobs: Mutex<VecDeque<(Instant, J)>>,
}

/// What the queue has for a worker.
pub(crate) enum Next<J> {
    Job(Box<J>),
    /// All that is left is held by other runs: look again after this time.
    Later(Duration),
    Empty,
}

impl<J> Queue<J> {
    pub(crate) fn new(jobs: impl IntoIterator<Item = J>) -> Self {
        let now = Instant::now();
        Self { jobs: Mutex::new(jobs.into_iter().map(|job| (now, job)).collect()) }
    }

    /// The first job that may be tried now.
    pub(crate) fn next(&self) -> Next<J> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if let Some(i) = jobs.iter().position(|(not_before, _)| *not_before <= now) {
            return jobs.remove(i).map_or(Next::Empty, |(_, job)| Next::Job(Box::new(job)));
        }
        match jobs.iter().map(|(not_before, _)| *not_before).min() {
            Some(earliest) => Next::Later(earliest - now),
            None => Next::Empty,
        }
    }

    /// Puts a job back, behind the others, to be tried after this time.
    pub(crate) fn put_back(&self, job: J, delay: Duration) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.push_back((Instant::now() + delay, job));
    }

    /// Takes what nobody came to.
    pub(crate) fn drain(&self) -> Vec<J> {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.drain(..).map(|(_, job)| job).collect()
    }
}
