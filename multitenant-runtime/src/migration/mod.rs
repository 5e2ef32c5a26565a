//! Migration sets: what is to be applied, from embedded data or from folders, by the same code.

mod checksum;
mod directory;
mod down;
mod embedded;
pub(crate) mod ledger;
mod metadata;
mod problem;
mod run_id;
mod script;
mod set;
mod source;
mod statements;
mod version;

pub use checksum::Checksum;
pub(crate) use checksum::sha256_hex;
pub use embedded::{EmbeddedMigration, EmbeddedMigrations, EmbeddedSet};
pub use problem::{Problem, SetError};
pub(crate) use run_id::RunId;
use script::Script;
pub use set::{Migration, MigrationSet};
pub(crate) use statements::{IndexWork, RelationName, without_variables};
pub use statements::{Mode, SplitError, SplitErrorKind, Statement, StatementKind, line_column, split};
pub use version::{MAX_VERSION_CHARS, Version};
