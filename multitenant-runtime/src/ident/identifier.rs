//! Any name of an SQL object, and the one place that quotes names.

use std::fmt;
use std::sync::Arc;

use super::{IdentError, MAX_IDENTIFIER_BYTES};

/// The name of a table, a column or another SQL object, never qualified and never folded.
///
/// ```
/// use multitenant_runtime::Identifier;
///
/// let name = Identifier::new(r#"we"ird"#)?;
/// assert_eq!(name.as_str(), r#"we"ird"#);
/// assert_eq!(name.quoted(), r#""we""ird""#);
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(Arc<str>);

impl Identifier {
    /// Accepts any name that PostgreSQL keeps as it is when it is quoted.
    ///
    /// # Errors
    ///
    /// [`IdentError::Empty`], [`IdentError::Nul`] and [`IdentError::TooLong`].
    pub fn new(name: impl AsRef<str>) -> Result<Self, IdentError> {
        let name = name.as_ref();
        if name.is_empty() {
            return Err(IdentError::Empty);
        }
        if name.contains('\0') {
            return Err(IdentError::Nul { name: name.to_owned() });
        }
        if name.len() > MAX_IDENTIFIER_BYTES {
            return Err(IdentError::TooLong { name: name.to_owned(), bytes: name.len() });
        }
        Ok(Self(name.into()))
    }

    /// The name as it stands in PostgreSQL's catalogue, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as it stands in SQL: always in double quotes, those inside it doubled.
    #[must_use]
    pub fn quoted(&self) -> String {
        let mut sql = String::with_capacity(self.0.len() + 2);
        sql.push('"');
        for c in self.0.chars() {
            if c == '"' {
                sql.push('"');
            }
            sql.push(c);
        }
        sql.push('"');
        sql
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_whatever_it_accepts() {
        for (name, quoted) in [
            ("acme", r#""acme""#),
            ("Acme", r#""Acme""#),
            (r#"a"b"#, r#""a""b""#),
            (r#"""#, r#""""""#),
            ("a,b", r#""a,b""#),
            ("é", r#""é""#),
            ("$user", r#""$user""#),
        ] {
            assert_eq!(Identifier::new(name).unwrap().quoted(), quoted);
        }
    }

    #[test]
    fn refuses_what_postgresql_would_change() {
        assert_eq!(Identifier::new(""), Err(IdentError::Empty));
        assert!(matches!(Identifier::new("a\0b"), Err(IdentError::Nul { .. })));
        assert!(Identifier::new("x".repeat(63)).is_ok());
        assert!(matches!(Identifier::new("x".repeat(64)), Err(IdentError::TooLong { bytes: 64, .. })));
        // 32 characters, but 64 bytes.
        assert!(matches!(Identifier::new("é".repeat(32)), Err(IdentError::TooLong { bytes: 64, .. })));
    }
}
