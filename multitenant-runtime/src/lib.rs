//! Runtime.

#[cfg(feature = "embedded")]
pub mod embedded;
