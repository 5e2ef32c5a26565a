//! What is wrong with a configuration, and where.

use std::fmt;
use std::ops::Range;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The built-in configuration.
    Default,
    /// What `embed_migrations!` has put into the program.
    Embedded,
    /// Bytes of `multitenant.toml`.
    File(Range<usize>),
    /// An environment variable of the process.
    Variable(String),
    /// A variable of the `.env` file.
    DotEnv(String),
    /// A flag.
    Flag(&'static str),
    /// The whole file, or its absence.
    Nowhere,
}

/// One thing that is wrong, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) origin: Origin,
    /// What is wrong, with the key.
    pub(crate) message: String,
    /// A word at the place itself; may be empty.
    pub(crate) label: String,
    /// What to do.
    pub(crate) help: Option<String>,
}

impl Problem {
    pub(crate) fn new(origin: Origin, message: impl Into<String>) -> Self {
        Self { origin, message: message.into(), label: String::new(), help: None }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A configuration that cannot be used, with everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError {
    /// The file as it is shown.
    pub(crate) file: String,
    /// What stands in it; empty where there is none.
    pub(crate) text: String,
    pub(crate) problems: Vec<Problem>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, problem) in self.problems.iter().enumerate() {
            write!(f, "{}{}: {}", if i > 0 { "\n" } else { "" }, self.file, problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
