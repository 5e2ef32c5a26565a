//! How a schema's name becomes that of the archived one.

use std::fmt;
use std::sync::Arc;

use super::{IdentError, SchemaName};

const PLACEHOLDER: &str = "{schema}";

/// How a schema's name becomes that of the archived one: a text that holds `{schema}` once, and more than that.
///
/// ```
/// use multitenant_runtime::{ArchiveTemplate, SchemaName};
///
/// let template = ArchiveTemplate::new("archived_{schema}")?;
/// let (schema, shared) = (SchemaName::new("tenant_acme")?, SchemaName::new("public")?);
/// assert_eq!(template.archived(&schema, &shared)?.as_str(), "archived_tenant_acme");
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveTemplate {
    prefix: Arc<str>,
    suffix: Arc<str>,
}

impl ArchiveTemplate {
    /// Reads a template such as `archived_{schema}`.
    ///
    /// # Errors
    ///
    /// [`IdentError::ArchiveTemplate`] when `{schema}` is missing, there twice, or all there is; [`IdentError::Nul`].
    pub fn new(template: impl AsRef<str>) -> Result<Self, IdentError> {
        let template = template.as_ref();
        if template.contains('\0') {
            return Err(IdentError::Nul { name: template.to_owned() });
        }
        match template.split_once(PLACEHOLDER) {
            Some((prefix, suffix)) if !suffix.contains(PLACEHOLDER) && template != PLACEHOLDER => {
                Ok(Self { prefix: prefix.into(), suffix: suffix.into() })
            }
            _ => Err(IdentError::ArchiveTemplate { template: template.to_owned() }),
        }
    }

    /// The name under which this schema is archived.
    ///
    /// # Errors
    ///
    /// [`IdentError::ArchiveTooLong`] when it would have more than 63 bytes, [`IdentError::Reserved`] when it is
    /// PostgreSQL's, `public` or the shared schema.
    pub fn archived(&self, schema: &SchemaName, shared: &SchemaName) -> Result<SchemaName, IdentError> {
        let name = format!("{}{}{}", self.prefix, schema.as_str(), self.suffix);
        let name = SchemaName::new(name).map_err(|error| match error {
            IdentError::TooLong { name, bytes } => IdentError::ArchiveTooLong { name, bytes },
            error => error,
        })?;
        name.for_tenant(shared)
    }
}

impl fmt::Display for ArchiveTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PLACEHOLDER}{}", self.prefix, self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archived(template: &str, schema: &str) -> Result<String, IdentError> {
        let (schema, shared) = (SchemaName::new(schema).unwrap(), SchemaName::new("public").unwrap());
        Ok(ArchiveTemplate::new(template)?.archived(&schema, &shared)?.as_str().to_owned())
    }

    #[test]
    fn names_stay_as_they_are() {
        for schema in ["tenant_a", r#"t "é"#, "{schema}", "t,a"] {
            assert_eq!(archived("old_{schema}!", schema).unwrap(), format!("old_{schema}!"));
        }
    }

    #[test]
    fn bad_templates_and_names_are_refused() {
        for template in ["", "x", "{schema}", "{schema}_{schema}", "{SCHEMA}_"] {
            assert!(matches!(archived(template, "a"), Err(IdentError::ArchiveTemplate { .. })), "{template}");
        }
        assert!(matches!(archived("a\0{schema}", "a"), Err(IdentError::Nul { .. })));
        let long = "x".repeat(60);
        assert!(matches!(archived("old_{schema}", &long), Err(IdentError::ArchiveTooLong { bytes: 64, .. })));
        assert!(matches!(archived("pg_{schema}", "x"), Err(IdentError::Reserved { .. })));
    }
}
