//! The state table: what the start-up check trusts, so that ten thousand tenants are one query.
//!
//! One row per schema, in a schema of its own, written in the migration's own transaction. The histories stay the
//! truth: a row whose digest, or whose OIDs, differ from what is expected only means that this schema is read
//! authoritatively, and a state table that is missing means it for all. Deliberately absent: anything that
//! decides by the state alone to apply something.

mod check;
mod digest;
mod fleet;
#[cfg(feature = "pool")]
pub(crate) mod standing;
mod table;

pub(crate) use check::{Check, Wanted, schema_of};
#[cfg(feature = "pool")]
pub(crate) use check::{is_good, listed, roster};
pub(crate) use digest::{beginnings, complete, digest};
pub use fleet::{FleetStatus, Standing};
pub(crate) use table::{Recorded, Seen, StateTable, TABLE};
