//! `--fail-on`

use clap::ValueEnum;

use crate::finding::Level;

/// From which level on findings make the exit code 1.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LevelArg {
    /// Everything
    Info,
    /// Warnings and errors
    Warn,
    /// Errors
    Error,
}

impl LevelArg {
    pub(super) fn level(self) -> Level {
        match self {
            Self::Info => Level::Info,
            Self::Warn => Level::Warning,
            Self::Error => Level::Error,
        }
    }
}
