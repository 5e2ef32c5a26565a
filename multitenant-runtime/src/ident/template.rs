//! How a tenant's id becomes its schema's name, and back.

use std::fmt;
use std::sync::Arc;

use super::{IdentError, SchemaName, TenantId};

const PLACEHOLDER: &str = "{id}";

/// How a tenant's id becomes its schema's name: a text that holds `{id}` once.
///
/// ```
/// use multitenant_runtime::{SchemaName, SchemaTemplate, TenantId};
///
/// let template = SchemaTemplate::new("tenant_{id}")?;
/// let public = SchemaName::new("public")?;
/// let schema = template.schema_of(&TenantId::new("acme")?, &public)?;
/// assert_eq!(schema.as_str(), "tenant_acme");
/// assert_eq!(template.tenant_of(&schema)?.as_str(), "acme");
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaTemplate {
    prefix: Arc<str>,
    suffix: Arc<str>,
}

impl SchemaTemplate {
    /// Reads a template such as `tenant_{id}`.
    ///
    /// # Errors
    ///
    /// [`IdentError::Template`] when `{id}` is missing or there twice, [`IdentError::Nul`].
    pub fn new(template: impl AsRef<str>) -> Result<Self, IdentError> {
        let template = template.as_ref();
        if template.contains('\0') {
            return Err(IdentError::Nul { name: template.to_owned() });
        }
        match template.split_once(PLACEHOLDER) {
            Some((prefix, suffix)) if !suffix.contains(PLACEHOLDER) => {
                Ok(Self { prefix: prefix.into(), suffix: suffix.into() })
            }
            _ => Err(IdentError::Template { template: template.to_owned() }),
        }
    }

    /// The schema's name for this tenant.
    ///
    /// # Errors
    ///
    /// [`IdentError::TooLong`] when the name would have more than 63 bytes, [`IdentError::Reserved`] when
    /// it is PostgreSQL's, `public` or the shared schema.
    pub fn schema_of(&self, id: &TenantId, shared: &SchemaName) -> Result<SchemaName, IdentError> {
        SchemaName::new(format!("{}{}{}", self.prefix, id, self.suffix))?.for_tenant(shared)
    }

    /// The tenant whose schema has this name.
    ///
    /// # Errors
    ///
    /// [`IdentError::NotOfTemplate`] when the name does not fit.
    pub fn tenant_of(&self, schema: &SchemaName) -> Result<TenantId, IdentError> {
        schema
            .as_str()
            .strip_prefix(&*self.prefix)
            .and_then(|rest| rest.strip_suffix(&*self.suffix))
            .and_then(|id| TenantId::new(id).ok())
            .ok_or_else(|| IdentError::NotOfTemplate { schema: schema.as_str().to_owned(), template: self.to_string() })
    }

    /// What stands before the id.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What stands after the id.
    #[must_use]
    pub fn suffix(&self) -> &str {
        &self.suffix
    }
}

impl fmt::Display for SchemaTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{PLACEHOLDER}{}", self.prefix, self.suffix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(template: &str, id: &str) -> Result<String, IdentError> {
        let public = SchemaName::new("public").unwrap();
        let schema = SchemaTemplate::new(template)?.schema_of(&TenantId::new(id)?, &public)?;
        Ok(schema.as_str().to_owned())
    }

    #[test]
    fn ids_stay_as_they_are() {
        for id in ["Acme", r#"a"b"#, "A-b", "é", "a b", "a,b", "nosuch,tenant_victim", "{id}"] {
            assert_eq!(schema("tenant_{id}", id).unwrap(), format!("tenant_{id}"));
        }
    }

    #[test]
    fn bad_templates_and_names_are_refused() {
        for template in ["", "tenant", "{id}_{id}", "{ID}"] {
            assert!(matches!(schema(template, "a"), Err(IdentError::Template { .. })), "{template}");
        }
        assert!(matches!(schema("tenant_{id}", &"x".repeat(57)), Err(IdentError::TooLong { .. })));
        assert!(matches!(schema("{id}", "public"), Err(IdentError::Reserved { .. })));
        assert!(matches!(schema("pg_{id}", "x"), Err(IdentError::Reserved { .. })));
    }

    #[test]
    fn overlapping_prefix_and_suffix_do_not_match_twice() {
        let template = SchemaTemplate::new("aa{id}aa").unwrap();
        assert!(template.tenant_of(&SchemaName::new("aaa").unwrap()).is_err());
        assert!(template.tenant_of(&SchemaName::new("aaaa").unwrap()).is_err());
        assert_eq!(template.tenant_of(&SchemaName::new("aaxaa").unwrap()).unwrap().as_str(), "x");
    }
}
