//! A configuration value that cannot be used.

use std::fmt;

/// A configuration value that cannot be used, with the key it stands under in `multitenant.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    key: &'static str,
    message: String,
}

impl SettingsError {
    pub(crate) fn new(key: &'static str, message: impl Into<String>) -> Self {
        Self { key, message: message.into() }
    }

    /// The key in `multitenant.toml`, with its section: `isolation.schema_name`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// What is wrong and what to do about it, without the key.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

impl std::error::Error for SettingsError {}
