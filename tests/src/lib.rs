//! What several suites need.

pub mod pooler;
pub mod proxy;
