//! The id of a tenant, as the application knows it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::IdentError;

/// The id of a tenant, as the application and the registry know it.
///
/// It is text, whatever type the registry's column has. It is never folded, trimmed or cut: `Acme` and
/// `acme` are two tenants. Its schema's name comes from the template or from the registry.
///
/// ```
/// use multitenant_runtime::TenantId;
///
/// let id: TenantId = "acme".parse()?;
/// assert_eq!(id.as_str(), "acme");
/// assert!(TenantId::new("").is_err());
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TenantId(Arc<str>);

impl TenantId {
    /// Accepts any text that is not empty and holds no NUL.
    ///
    /// # Errors
    ///
    /// [`IdentError::Empty`] and [`IdentError::Nul`]. Its length is limited where it becomes a schema name.
    pub fn new(id: impl AsRef<str>) -> Result<Self, IdentError> {
        let id = id.as_ref();
        if id.is_empty() {
            return Err(IdentError::Empty);
        }
        if id.contains('\0') {
            return Err(IdentError::Nul { name: id.to_owned() });
        }
        Ok(Self(id.into()))
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for TenantId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl FromStr for TenantId {
    type Err = IdentError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        Self::new(id)
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl serde::Serialize for TenantId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> serde::Deserialize<'de> for TenantId {
    /// Accepts what [`TenantId::new`] accepts.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        Self::new(id).map_err(serde::de::Error::custom)
    }
}
