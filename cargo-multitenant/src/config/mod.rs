//! The configuration: what was written, in layers, with its places; and what it means.
//!
//! Deliberately absent: any default that `default.toml` does not show, and any key that is read elsewhere.

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

pub(crate) use layers::Environment;
#[cfg(feature = "project")]
pub(crate) use locate::shown;
pub(crate) use problem::{ConfigError, Origin, Problem};
pub(crate) use settings::{Config, Database, Overrides, slashes};
#[cfg(feature = "project")]
pub(crate) use suggest::nearest;
