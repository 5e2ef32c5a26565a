//! What several suites need.

pub mod proxy;
