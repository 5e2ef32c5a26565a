//! The name of a schema.

use std::fmt;

use super::{IdentError, Identifier};

/// The name of a PostgreSQL schema, a tenant's or the shared one.
///
/// A tenant's schema name is made by [`SchemaTemplate::schema_of`](super::SchemaTemplate::schema_of) or by
/// [`SchemaName::for_tenant`], which refuse the reserved ones.
///
/// ```
/// use multitenant_runtime::SchemaName;
///
/// let public = SchemaName::new("public")?;
/// assert!(SchemaName::new("tenant_acme")?.for_tenant(&public).is_ok());
/// assert!(SchemaName::new("public")?.for_tenant(&public).is_err());
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchemaName(Identifier);

impl SchemaName {
    /// Accepts any schema name that PostgreSQL keeps as it is.
    ///
    /// # Errors
    ///
    /// [`IdentError::Empty`], [`IdentError::Nul`], [`IdentError::TooLong`], and [`IdentError::Reserved`] for `$user`,
    /// which cannot be put on a `search_path`.
    pub fn new(name: impl AsRef<str>) -> Result<Self, IdentError> {
        let name = Identifier::new(name)?;
        if name.as_str() == "$user" {
            let by = "search_path reads it as the role's name, in quotes too";
            return Err(IdentError::Reserved { name: name.as_str().to_owned(), by });
        }
        Ok(Self(name))
    }

    /// The same name, checked to be one that a tenant may have beside this shared schema.
    ///
    /// # Errors
    ///
    /// [`IdentError::Reserved`] for `public`, `information_schema`, everything that begins with `pg_`, and
    /// the shared schema itself.
    pub fn for_tenant(self, shared: &Self) -> Result<Self, IdentError> {
        let by = match self.as_str() {
            "public" => "every database's own schema",
            "information_schema" => "the SQL standard's catalogue",
            name if name.starts_with("pg_") => "PostgreSQL's own schemas begin with pg_",
            _ if self == *shared => "the shared schema",
            _ => return Ok(self),
        };
        Err(IdentError::Reserved { name: self.as_str().to_owned(), by })
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

    /// The quoted name as it stands in the text of a row, where a quote is doubled once more.
    #[cfg(feature = "migrations")]
    pub(crate) fn quoted_in_a_row(&self) -> String {
        self.quoted().replace('"', "\"\"")
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl serde::Serialize for SchemaName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_names_are_no_tenants() {
        let shared = SchemaName::new("app_shared").unwrap();
        for name in ["public", "information_schema", "pg_catalog", "pg_temp_3", "app_shared"] {
            let refused = SchemaName::new(name).unwrap().for_tenant(&shared);
            assert!(matches!(refused, Err(IdentError::Reserved { .. })), "{name}");
        }
        assert!(matches!(SchemaName::new("$user"), Err(IdentError::Reserved { .. })));
        for name in ["Public", "pgx", "tenant_acme"] {
            assert!(SchemaName::new(name).unwrap().for_tenant(&shared).is_ok(), "{name}");
        }
    }
}
