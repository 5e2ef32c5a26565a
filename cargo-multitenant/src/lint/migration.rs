//! A migration of the project, as it stands on disk.

use multitenant_runtime::{Tier, Version};

use super::sql::Script;
use crate::finding::{Edit, FileId};

/// A migration.
#[derive(Debug)]
pub(crate) struct Migration {
    pub(crate) tier: Tier,
    /// Its folder's name.
    pub(crate) name: String,
    /// `None` where Diesel could not use it.
    pub(crate) version: Option<Version>,
    /// The folder, as a file without text.
    pub(crate) folder: FileId,
    pub(crate) up: Option<ScriptFile>,
    pub(crate) down: Option<ScriptFile>,
    pub(crate) run_in_transaction: bool,
    /// What makes it run outside of a transaction; `None` where its `metadata.toml` cannot be used.
    pub(crate) out_of_transaction: Option<Edit>,
}

/// `up.sql` or `down.sql`.
#[derive(Debug)]
pub(crate) struct ScriptFile {
    pub(crate) file: FileId,
    pub(crate) script: Script,
}

/// Which of a migration's scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

impl Migration {
    /// Its scripts, with whether it is the way back.
    pub(crate) fn scripts(&self) -> impl Iterator<Item = (&ScriptFile, Direction)> {
        let up = self.up.iter().map(|up| (up, Direction::Up));
        up.chain(self.down.iter().map(|down| (down, Direction::Down)))
    }

    /// Whether a file is one of its own.
    pub(crate) fn has(&self, file: FileId) -> bool {
        let metadata = self.out_of_transaction.as_ref().map(|edit| edit.place.file);
        self.folder == file || metadata == Some(file) || self.scripts().any(|(script, _)| script.file == file)
    }
}
