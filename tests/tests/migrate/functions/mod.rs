//! Migrations that are Rust functions: their place, their transaction, and what they may not do.

mod failures;
mod set;
mod tenants;
mod transaction;
