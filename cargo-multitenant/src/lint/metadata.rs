//! What a migration's `metadata.toml` says of transactions.

use toml::de::{DeTable, DeValue};

use super::sql::Span;

/// What to write into a file that is not there yet.
pub(super) const OUT_OF_TRANSACTION: &str = "run_in_transaction = false\n";

/// What the file says, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Metadata {
    pub(super) run_in_transaction: bool,
    /// Where it says so.
    pub(super) value: Span,
}

/// Reads the file; the error is its place and what is wrong.
pub(super) fn read(text: &str) -> Result<Metadata, (Span, String)> {
    let document = DeTable::parse(text)
        .map_err(|error| (error.span().unwrap_or(0..0), format!("this is no TOML: {}", error.message())))?;
    match document.get_ref().get("run_in_transaction").map(|value| (value.span(), value.get_ref())) {
        Some((value, DeValue::Boolean(run_in_transaction))) => {
            Ok(Metadata { run_in_transaction: *run_in_transaction, value })
        }
        Some((span, _)) => Err((span, "`run_in_transaction` is neither true nor false".to_owned())),
        None => Err((0..text.len(), "it does not say `run_in_transaction = true` or `false`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_it_is_said() {
        let text = "# why\nrun_in_transaction = true # not yet\n[multitenant]\nallow_shared_locks = true\n";
        let metadata = read(text).unwrap();
        assert!(metadata.run_in_transaction);
        assert_eq!(&text[metadata.value], "true");
        assert!(!read(OUT_OF_TRANSACTION).unwrap().run_in_transaction);
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        for (text, at, message) in [
            ("run_in_transaction = 1", "1", "neither true nor false"),
            ("description = \"x\"", "description = \"x\"", "does not say"),
            ("", "", "does not say"),
            ("a = \nb = 2", "", "no TOML"),
        ] {
            let (span, error) = read(text).unwrap_err();
            assert!(error.contains(message), "{text}: {error}");
            assert!(at.is_empty() || &text[span] == at, "{text}");
        }
    }
}
