//! What is to be done, and why not: pure, without a database.
//!
//! A [`Plan`] is a value that can be printed, compared and tested. Deliberately absent: tokio, any database
//! crate, any clock.

mod decide;
mod state;

pub use decide::{OnAhead, OnEdited};
pub(crate) use decide::{Policy, decide};
pub use state::{Plan, PlanSummary, State, TargetPlan};
