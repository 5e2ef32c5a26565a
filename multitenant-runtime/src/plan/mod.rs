//! What is to be done, and why not: pure, without a database.
//!
//! A [`Plan`] is a value that can be printed, compared and tested. Deliberately absent: tokio, any database
//! crate, any clock.

mod decide;
mod goal;
mod rollout;
mod state;
mod step;

pub use decide::{OnAhead, OnEdited, OnOutOfOrder};
pub(crate) use decide::{Policy, Wanted, decide};
pub use goal::{Extent, Goal, Repair};
pub use rollout::{Canary, MaxFailures, Rollout};
pub use state::{Plan, PlanSummary, State, TargetPlan};
pub use step::Step;
