//! Migration sets: what is to be applied, from embedded data or from folders, by the same code.

mod checksum;
mod directory;
mod down;
mod embedded;
#[cfg(feature = "functions")]
mod function;
pub(crate) mod ledger;
mod manifest;
mod metadata;
mod problem;
mod run_id;
mod script;
mod set;
mod source;
mod statements;
#[cfg(feature = "functions")]
mod synchronous;
mod version;

pub use checksum::Checksum;
pub(crate) use checksum::{sha256_hex, sha256_of_beginnings};
pub use embedded::{EmbeddedMigration, EmbeddedMigrations, EmbeddedSet};
#[cfg(feature = "functions")]
pub(crate) use function::Function;
#[cfg(feature = "functions")]
pub use function::{FunctionResult, MigrationFunction, RustMigration};
pub use manifest::Manifest;
pub use problem::{Problem, SetError};
pub(crate) use run_id::RunId;
pub(crate) use script::{Script, Wrapped};
pub use set::{Migration, MigrationSet};
use statements::concurrently;
pub(crate) use statements::{Effects, IndexWork, RelationName, may_reset, without_variables};
pub use statements::{Mode, SplitError, SplitErrorKind, Statement, StatementKind, line_column, split};
#[cfg(feature = "functions")]
pub use synchronous::{SyncConnection, Synchronous, synchronous};
pub use version::{MAX_VERSION_CHARS, Version};
