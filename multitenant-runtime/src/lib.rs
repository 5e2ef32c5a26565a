//! Runtime.

#[cfg(feature = "migrations")]
pub mod migration;
