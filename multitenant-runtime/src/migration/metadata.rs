//! `metadata.toml`: Diesel's key, and ours.

use serde::Deserialize;

/// What a `metadata.toml` may say.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) run_in_transaction: bool,
    pub(super) multitenant: Multitenant,
}

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMetadata {
    /// Diesel's key. It must be there: Diesel reads a file without it as `false`, silently.
    run_in_transaction: Option<bool>,
    #[serde(default)]
    multitenant: Multitenant,
}

/// Our own table, which Diesel ignores.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Multitenant {
    /// The migration may take locks on tables of the shared schema that change them.
    #[serde(default)]
    pub(super) allow_shared_locks: bool,
}

impl Default for Metadata {
    /// What a migration without `metadata.toml` means.
    fn default() -> Self {
        Self { run_in_transaction: true, multitenant: Multitenant::default() }
    }
}

impl Metadata {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let raw: RawMetadata = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", error.message())
        })?;
        let run_in_transaction = raw.run_in_transaction.ok_or(
            "does not say `run_in_transaction = true` or `false`: write it, since Diesel reads its absence as \
             false, silently",
        )?;
        Ok(Self { run_in_transaction, multitenant: raw.multitenant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong() {
        assert!(!Metadata::parse("run_in_transaction = false").unwrap().run_in_transaction);
        let ours = Metadata::parse("run_in_transaction = true\n[multitenant]\nallow_shared_locks = true").unwrap();
        assert!(ours.multitenant.allow_shared_locks);
        for (text, says) in [
            ("", "Diesel reads its absence as false"),
            ("run_in_transation = true", "unknown field"),
            ("run_in_transaction = 1", "line 1"),
            ("run_in_transaction = true\n[multitenant]\nx = 1", "line 3"),
            ("run_in_transaction", "line 1"),
        ] {
            let error = Metadata::parse(text).unwrap_err();
            assert!(error.contains(says), "{text:?}: {error}");
        }
    }
}
