//! The doctor: is the project, its database and its fleet in order, and what mends it where it is not.
//!
//! A check is one file of `checks/`, with its documentation, from which `explain` and the manual are made, and a line in
//! the list there. `ground.rs` is what they look at, made once; `run.rs` runs them one after the other and lets none stop
//! the others; `health.rs` is the summary at the end.
//!
//! Deliberately absent: anything that mends. A complaint names the command or the line that does.

mod binary;
mod cells;
mod check;
mod checks;
mod command;
mod fleet;
mod folder;
mod ground;
mod health;
mod histories;
mod manual;
mod names;
mod needle;
mod origin;
mod package;
mod quoted;
mod rows;
mod run;
mod schema_names;

pub(crate) use check::Check;
pub(crate) use checks::ALL as CHECKS;
pub(crate) use ground::Ground;
#[cfg(feature = "tui")]
pub(crate) use health::Application;
pub(crate) use health::Health;
pub(crate) use manual::entry;
#[cfg(feature = "tui")]
pub(crate) use run::Checked;
pub(crate) use run::{Examined, Outcome, examine};

/// The check of this name.
pub(crate) fn find_check(name: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == name).copied()
}
