//! What is in the way of a snapshot.

use crate::connection::ConnectError;
use crate::run::{Failure, StepError};
use crate::sqlstate::FailureClass;

/// What is in the way of a snapshot.
#[derive(Debug)]
pub(super) enum Obstacle {
    /// It will be so as long as nothing else changes: it is remembered.
    Lasting(String),
    /// It may pass by itself, or it has nothing to do with the migrations.
    Passing(Box<Failure>),
}

impl Obstacle {
    pub(super) fn of(failure: Failure) -> Self {
        let passes = failure.class.is_retryable()
            || matches!(failure.class, FailureClass::Cancelled | FailureClass::Held | FailureClass::Pending);
        if passes { Self::Passing(Box::new(failure)) } else { Self::Lasting(failure.to_string()) }
    }

    /// Something on this machine, and not in the database.
    pub(super) fn here(message: impl Into<String>) -> Self {
        Self::Passing(Box::new(Failure::new(FailureClass::Permanent, message)))
    }
}

impl From<tokio_postgres::Error> for Obstacle {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::of(Failure::from_postgres(&error))
    }
}

impl From<ConnectError> for Obstacle {
    fn from(error: ConnectError) -> Self {
        Self::Passing(Box::new(Failure::from_connect(&error)))
    }
}

impl From<StepError> for Obstacle {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Failed { failure, .. } => Self::of(*failure),
            StepError::Held => Self::here("another run holds the scratch schema"),
            StepError::Stale | StepError::Suspicious => Self::here("the scratch schema is not as it was left"),
        }
    }
}
