//! The same names where there are no Unix sockets: every start says so.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use super::EmbeddedError;

/// A server of one's own; this platform has none.
#[derive(Debug)]
pub struct EmbeddedServer(Infallible);

impl EmbeddedServer {
    /// # Errors
    ///
    /// Always [`EmbeddedError::Unsupported`].
    pub fn start() -> Result<Self, EmbeddedError> {
        Err(EmbeddedError::Unsupported)
    }

    /// For a server with settings; this platform has none.
    pub fn builder() -> EmbeddedServerBuilder {
        EmbeddedServerBuilder
    }

    /// Never called.
    #[must_use]
    pub fn url(&self, _: &str) -> String {
        match self.0 {}
    }

    /// Never called.
    #[must_use]
    pub fn tcp_url(&self, _: &str) -> Option<String> {
        match self.0 {}
    }

    /// Never called.
    #[must_use]
    pub fn folder(&self) -> &Path {
        match self.0 {}
    }

    /// Never called.
    #[must_use]
    pub fn version(&self) -> &str {
        match self.0 {}
    }

    /// Never called.
    #[must_use]
    pub fn log(&self) -> String {
        match self.0 {}
    }
}

/// What a throw-away server shall be like; this platform has none.
#[derive(Debug, Clone)]
#[must_use = "a builder starts nothing until `start` is called"]
pub struct EmbeddedServerBuilder;

impl EmbeddedServerBuilder {
    /// Has no effect here.
    pub fn setting(self, _: impl Into<String>, _: impl Into<String>) -> Self {
        self
    }

    /// Has no effect here.
    pub fn tcp(self, _: bool) -> Self {
        self
    }

    /// Has no effect here.
    pub fn bin_dir(self, _: impl Into<PathBuf>) -> Self {
        self
    }

    /// Has no effect here.
    pub fn fetched(self, _: bool) -> Self {
        self
    }

    /// # Errors
    ///
    /// Always [`EmbeddedError::Unsupported`].
    pub fn start(self) -> Result<EmbeddedServer, EmbeddedError> {
        Err(EmbeddedError::Unsupported)
    }
}

/// A development server of a project; this platform has none.
#[derive(Debug, Clone)]
pub struct ProjectServer(PathBuf);

impl ProjectServer {
    /// The server of this folder.
    #[must_use]
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self(folder.as_ref().to_owned())
    }

    /// Has no effect here.
    #[must_use]
    pub fn bin_dir(self, _: impl Into<PathBuf>) -> Self {
        self
    }

    /// # Errors
    ///
    /// Always [`EmbeddedError::Unsupported`].
    pub fn start(&self) -> Result<String, EmbeddedError> {
        Err(EmbeddedError::Unsupported)
    }

    /// # Errors
    ///
    /// Always [`EmbeddedError::Unsupported`].
    pub fn stop(&self) -> Result<bool, EmbeddedError> {
        Err(EmbeddedError::Unsupported)
    }

    /// Always false.
    #[must_use]
    pub fn is_running(&self) -> bool {
        false
    }

    /// A URL that leads nowhere.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgresql://localhost/{}", super::url::encode(database))
    }

    /// A file that does not exist.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.0.join("log")
    }
}
