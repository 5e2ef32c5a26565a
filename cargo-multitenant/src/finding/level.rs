//! How bad a finding is.

/// How bad a finding is; worse ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    /// Not looked for.
    #[cfg_attr(not(feature = "lint"), expect(dead_code, reason = "only the linter's rules can be turned off"))]
    Off,
    /// To be known.
    Info,
    /// To be looked at.
    Warning,
    /// Wrong.
    Error,
}

impl Level {
    /// The level as a configuration names it.
    #[cfg(feature = "lint")]
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "off" => Self::Off,
            "info" => Self::Info,
            "warn" => Self::Warning,
            "error" => Self::Error,
            _ => return None,
        })
    }

    /// The word of a configuration.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warning => "warn",
            Self::Error => "error",
        }
    }

    /// The word of a message.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
