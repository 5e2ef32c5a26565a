//! The wall around the shared schema: a tenant's migration must not change it.
//!
//! An unqualified `ALTER TABLE users` in a tenant's migration falls through the `search_path` to the shared
//! `users` where the tenant has none. What the shared schema holds is read when the run begins (`objects`); before
//! a tenant's transaction commits, in the same trip, a statement asks the catalogue whether this transaction has
//! changed any of it, and fails if so (`guard`). Most migrations do not come near it, and have a cheaper statement
//! (`quick`).
//!
//! Deliberately absent: a judgement on rows, privileges, comments and new objects, which all pass; and on the
//! replacement of a shared function, which has to name the schema, and so is meant.

mod guard;
mod objects;
mod quick;
mod quiet;

pub(crate) use guard::is_ours;
pub(crate) use objects::Wall;
pub(crate) use quiet::{RUNS_CODE, is_quiet};
