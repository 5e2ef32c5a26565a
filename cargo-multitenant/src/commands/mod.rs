//! One file for each command, with its arguments and what it does. Nothing else but `cli.rs` knows clap.
//!
//! What several commands take is in `scope`, `options` and `rollout`; what they do with it in `run`.

pub(crate) mod common;
#[cfg(feature = "project")]
pub(crate) mod completions;
#[cfg(feature = "project")]
pub(crate) mod db;
pub(crate) mod deployed;
#[cfg(feature = "project")]
pub(crate) mod doctor;
pub(crate) mod drift;
#[cfg(feature = "project")]
pub(crate) mod explain;
#[cfg(feature = "scaffold")]
pub(crate) mod export;
#[cfg(feature = "scaffold")]
mod from_schema;
#[cfg(feature = "project")]
pub(crate) mod generate;
#[cfg(feature = "scaffold")]
pub(crate) mod import;
#[cfg(feature = "scaffold")]
pub(crate) mod init;
#[cfg(feature = "project")]
pub(crate) mod json_schema;
#[cfg(feature = "project")]
mod level;
#[cfg(feature = "lint")]
pub(crate) mod lint;
#[cfg(feature = "lint")]
pub(crate) mod lock;
#[cfg(all(test, feature = "lint", feature = "scaffold"))]
mod manual;
pub(crate) mod migrate;
mod options;
#[cfg(feature = "scaffold")]
pub(crate) mod print_schema;
pub(crate) mod repair;
pub(crate) mod rollback;
mod rollout;
pub(crate) mod run;
#[cfg(feature = "scaffold")]
pub(crate) mod scaffold;
mod scope;
pub(crate) mod seed;
pub(crate) mod shell;
pub(crate) mod snapshot;
pub(crate) mod sql;
pub(crate) mod status;
pub(crate) mod tenant;
#[cfg(feature = "tui")]
pub(crate) mod ui;
#[cfg(feature = "project")]
pub(crate) mod verify;
mod watched;
