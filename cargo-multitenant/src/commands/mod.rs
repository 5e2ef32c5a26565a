//! One file for each command, with its arguments and what it does. Nothing else but `cli.rs` knows clap.

pub(crate) mod db;
pub(crate) mod generate;
pub(crate) mod migrate;
mod scope;
pub(crate) mod snapshot;
pub(crate) mod status;
