//! Migration sets: what is to be applied, from embedded data or from folders, by the same code.

mod embedded;

pub use embedded::{EmbeddedMigration, EmbeddedMigrations, EmbeddedSet};
