//! Code of applications: compiled here, and given to the linter as it stands.

pub(super) mod mood;
pub(super) mod mood_of_public;
pub(super) mod orders;
pub(super) mod orders_of_public;
pub(super) mod plans;
pub(super) mod plans_of_public;
