//! The name of a role.

use std::fmt;

use super::{IdentError, Identifier};

/// The name of a PostgreSQL role: a tenant's, or the one that the application logs in as.
///
/// ```
/// use multitenant_runtime::RoleName;
///
/// assert_eq!(RoleName::new("app_tenant_acme")?.quoted(), r#""app_tenant_acme""#);
/// assert!(RoleName::new("pg_read_all_data").is_err());
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleName(Identifier);

impl RoleName {
    /// Accepts any name that PostgreSQL keeps as it is, and takes for a role's own.
    ///
    /// # Errors
    ///
    /// [`IdentError::Empty`], [`IdentError::Nul`], [`IdentError::RoleTooLong`], and [`IdentError::ReservedRole`] for
    /// `public` and `none`, which mean everybody and nobody in quotes too, and for all that begins with `pg_`.
    pub fn new(name: impl AsRef<str>) -> Result<Self, IdentError> {
        let name = Identifier::new(name).map_err(|error| match error {
            IdentError::TooLong { name, bytes } => IdentError::RoleTooLong { name, bytes },
            error => error,
        })?;
        let by = match name.as_str() {
            "public" => "PostgreSQL takes it for everybody",
            "none" => "PostgreSQL takes it for no role",
            name if name.starts_with("pg_") => "PostgreSQL's own roles begin with pg_",
            _ => return Ok(Self(name)),
        };
        Err(IdentError::ReservedRole { name: name.as_str().to_owned(), by })
    }

    /// The name as it stands in PostgreSQL's catalogue, without quotes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name as it stands in SQL, in double quotes.
    #[must_use]
    pub fn quoted(&self) -> String {
        self.0.quoted()
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_else_is_no_role() {
        for name in ["public", "none", "pg_x", "pg_"] {
            assert!(matches!(RoleName::new(name), Err(IdentError::ReservedRole { .. })), "{name}");
        }
        for name in ["Public", "NONE", "pgx", "current_user", r#"a"b"#, "a b", "é"] {
            assert!(RoleName::new(name).is_ok(), "{name}");
        }
        assert!(matches!(RoleName::new("é".repeat(32)), Err(IdentError::RoleTooLong { bytes: 64, .. })));
    }
}
