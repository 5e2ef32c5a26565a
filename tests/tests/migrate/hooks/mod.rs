//! The application's own code around a run: in which order, how often, and what its failures mean.

mod calls;
mod failures;
mod notes;
