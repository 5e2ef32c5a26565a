//! The `search_path` under which a tenant's migrations run.

use crate::ident::SchemaName;

use super::SettingsError;

const KEY: &str = "isolation.search_path";

/// What a tenant's statements see: the tenant's own schema first, then these.
///
/// The tenant's schema always leads, since new objects are made in the first schema of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPath {
    after_tenant: Vec<SchemaName>,
}

impl SearchPath {
    pub(super) fn parse(entries: &[&str], shared: &SchemaName) -> Result<Self, SettingsError> {
        let Some((&"{tenant}", rest)) = entries.split_first() else {
            return Err(SettingsError::new(
                KEY,
                "must begin with \"{tenant}\", since new objects go to the first schema of the path",
            ));
        };
        let after_tenant = rest
            .iter()
            .map(|&entry| match entry {
                "{tenant}" => Err(SettingsError::new(KEY, "\"{tenant}\" may stand only once, at the beginning")),
                "{shared}" => Ok(shared.clone()),
                // Where it is not named it comes first, and nobody's objects are taken for PostgreSQL's own.
                "pg_catalog" | "pg_temp" => {
                    Err(SettingsError::new(KEY, format!("{entry:?} is always searched: leave it out")))
                }
                name => super::at(KEY, SchemaName::new(name)),
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { after_tenant })
    }

    /// The path for one tenant, as SQL: quoted names, comma-separated.
    #[must_use]
    pub fn for_tenant(&self, schema: &SchemaName) -> String {
        std::iter::once(schema).chain(&self.after_tenant).map(SchemaName::quoted).collect::<Vec<_>>().join(", ")
    }

    /// The schemas that every tenant's path ends in.
    #[must_use]
    pub fn after_tenant(&self) -> &[SchemaName] {
        &self.after_tenant
    }

    /// The path for the shared schema's own migrations, as SQL: the shared schema first, then the others.
    #[must_use]
    pub fn for_shared(&self, shared: &SchemaName) -> String {
        let others = self.after_tenant.iter().filter(|schema| *schema != shared);
        std::iter::once(shared).chain(others).map(SchemaName::quoted).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenant_leads_and_names_are_quoted() {
        let shared = SchemaName::new("public").unwrap();
        let path = SearchPath::parse(&["{tenant}", "{shared}", "ext,ra"], &shared).unwrap();
        let tenant = SchemaName::new("a\"b").unwrap();
        assert_eq!(path.for_tenant(&tenant), r#""a""b", "public", "ext,ra""#);
        assert_eq!(path.for_shared(&shared), r#""public", "ext,ra""#);
        for bad in [&[][..], &["{shared}"], &["{tenant}", "pg_catalog"], &["{tenant}", "{tenant}"], &["{tenant}", ""]] {
            assert!(SearchPath::parse(bad, &shared).is_err());
        }
    }
}
