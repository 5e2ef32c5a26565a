//! The configuration: what was written, in layers, with its places; and what it means.
//!
//! Deliberately absent: any default that `default.toml` does not show, and any key that is read elsewhere.

mod clone;
mod embedded;
#[cfg(feature = "project")]
mod folders;
mod key;
mod layers;
mod locate;
mod problem;
mod raw;
mod settings;
mod suggest;
mod validate;

#[cfg(test)]
mod tests;

#[cfg(feature = "project")]
pub(crate) use key::{ALL as KEYS, Key, Kind, OPEN_SECTIONS};
#[cfg(feature = "project")]
pub(crate) use layers::DEFAULT as DEFAULT_TEXT;
pub(crate) use layers::Environment;
#[cfg(feature = "tui")]
pub(crate) use locate::is_project;
#[cfg(feature = "project")]
pub(crate) use locate::shown;
pub(crate) use problem::{ConfigError, Origin, Problem};
pub(crate) use settings::{Config, Database, Overrides, slashes};
#[cfg(feature = "project")]
pub(crate) use suggest::nearest;
