//! How a schema's name becomes the name of its tenant's role.

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "migrations")]
use super::literal;
use super::{IdentError, RoleName, SchemaName};

const DATABASE: &str = "{database}";
const SCHEMA: &str = "{schema}";

/// How a schema's name becomes the name of its tenant's role: a text that holds `{schema}` once, and may hold
/// `{database}` once.
///
/// Roles are the whole server's: without `{database}`, tenants of the same name in two databases would have one role.
///
/// ```
/// use multitenant_runtime::{RoleTemplate, SchemaName};
///
/// let template = RoleTemplate::new("{database}_{schema}")?;
/// let (schema, shared) = (SchemaName::new("tenant_acme")?, SchemaName::new("public")?);
/// assert_eq!(template.role_of("app", &schema, &shared)?.as_str(), "app_tenant_acme");
/// assert_eq!(template.group_of("app", &shared)?.as_str(), "app_public_tenants");
/// # Ok::<(), multitenant_runtime::IdentError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleTemplate {
    pieces: Arc<[Piece]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Database,
    Schema,
}

impl RoleTemplate {
    /// Reads a template such as `{database}_{schema}`.
    ///
    /// # Errors
    ///
    /// [`IdentError::RoleTemplate`] when `{schema}` is missing or there twice, `{database}` is there twice, or the names
    /// would be PostgreSQL's own; [`IdentError::Nul`].
    pub fn new(template: impl AsRef<str>) -> Result<Self, IdentError> {
        let template = template.as_ref();
        if template.contains('\0') {
            return Err(IdentError::Nul { name: template.to_owned() });
        }
        let count = |placeholder| template.matches(placeholder).count();
        if count(SCHEMA) != 1 || count(DATABASE) > 1 || template.starts_with("pg_") {
            return Err(IdentError::RoleTemplate { template: template.to_owned() });
        }
        let text = |text: &str| Some(Piece::Text(text.to_owned())).filter(|_| !text.is_empty());
        let mut pieces = Vec::new();
        let around_schema = template.split_once(SCHEMA).map(|(before, after)| [before, after]).into_iter().flatten();
        for (i, part) in around_schema.enumerate() {
            pieces.extend((i > 0).then_some(Piece::Schema));
            match part.split_once(DATABASE) {
                Some((before, after)) => {
                    pieces.extend(text(before).into_iter().chain([Piece::Database]).chain(text(after)));
                }
                None => pieces.extend(text(part)),
            }
        }
        Ok(Self { pieces: pieces.into() })
    }

    /// The role of the tenant with this schema, in the database that the server calls so.
    ///
    /// # Errors
    ///
    /// [`IdentError::RoleTooLong`] when the name would have more than 63 bytes, [`IdentError::ReservedRole`] when it is
    /// PostgreSQL's, or that of the group of all tenants.
    pub fn role_of(&self, database: &str, schema: &SchemaName, shared: &SchemaName) -> Result<RoleName, IdentError> {
        let name = self.name(database, schema.as_str());
        if name == self.name(database, &group(shared)) {
            return Err(IdentError::ReservedRole { name, by: "the group of all tenants" });
        }
        RoleName::new(name)
    }

    /// The role that has what all tenants may do in the shared schema, and of which each tenant's is a member.
    ///
    /// # Errors
    ///
    /// [`IdentError::RoleTooLong`] and [`IdentError::ReservedRole`].
    pub fn group_of(&self, database: &str, shared: &SchemaName) -> Result<RoleName, IdentError> {
        RoleName::new(self.name(database, &group(shared)))
    }

    /// An SQL expression for the name by these expressions of the database's name and the schema's: a text, which may be
    /// longer than a name can be.
    #[cfg(feature = "migrations")]
    pub(crate) fn sql(&self, database: &str, schema: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => format!("{}::pg_catalog.text", literal(text)),
            Piece::Database => format!("{database}::pg_catalog.text"),
            Piece::Schema => format!("{schema}::pg_catalog.text"),
        };
        self.pieces.iter().map(piece).collect::<Vec<_>>().join(" OPERATOR(pg_catalog.||) ")
    }

    /// The same for the group.
    #[cfg(feature = "migrations")]
    pub(crate) fn group_sql(&self, database: &str, shared: &SchemaName) -> String {
        self.sql(database, &literal(&group(shared)))
    }

    fn name(&self, database: &str, schema: &str) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Database => database.to_owned(),
            Piece::Schema => schema.to_owned(),
        };
        self.pieces.iter().map(piece).collect()
    }
}

/// What stands in the place of a schema in the group's name.
fn group(shared: &SchemaName) -> String {
    format!("{}_tenants", shared.as_str())
}

impl fmt::Display for RoleTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name(DATABASE, SCHEMA))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(template: &str, database: &str, schema: &str) -> Result<String, IdentError> {
        let (schema, shared) = (SchemaName::new(schema).unwrap(), SchemaName::new("public").unwrap());
        Ok(RoleTemplate::new(template)?.role_of(database, &schema, &shared)?.as_str().to_owned())
    }

    #[test]
    fn names_stay_as_they_are() {
        for (template, name) in [
            ("{schema}", "t\"1"),
            ("{database}_{schema}", "{schema}_t\"1"),
            ("{schema}@{database}", "t\"1@{schema}"),
            ("x'{database}{schema}\\", "x'{schema}t\"1\\"),
        ] {
            // A database may be called as a placeholder is.
            assert_eq!(role(template, "{schema}", "t\"1").unwrap(), name);
            assert_eq!(RoleTemplate::new(template).unwrap().to_string(), template);
        }
    }

    #[test]
    fn bad_templates_and_names_are_refused() {
        for template in ["", "x", "{database}", "{schema}{schema}", "{database}{schema}{database}", "pg_{schema}"] {
            assert!(matches!(role(template, "d", "s"), Err(IdentError::RoleTemplate { .. })), "{template}");
        }
        assert!(matches!(role("a\0{schema}", "d", "s"), Err(IdentError::Nul { .. })));
        assert!(matches!(role("{database}{schema}", &"d".repeat(60), "four"), Err(IdentError::RoleTooLong { .. })));
        for schema in ["none", "public_tenants", "pg_x"] {
            assert!(matches!(role("{schema}", "d", schema), Err(IdentError::ReservedRole { .. })), "{schema}");
        }
        assert!(matches!(role("{database}{schema}", "pg_", "x"), Err(IdentError::ReservedRole { .. })));
    }

    #[cfg(feature = "migrations")]
    #[test]
    fn the_expression_quotes_what_it_is_made_of() {
        let template = RoleTemplate::new(r"it's\{database}{schema}").unwrap();
        let sql = template.sql("current_database()", "n.nspname");
        assert_eq!(
            sql,
            r" E'it''s\\'::pg_catalog.text OPERATOR(pg_catalog.||) current_database()::pg_catalog.text OPERATOR(pg_catalog.||) n.nspname::pg_catalog.text"
        );
    }
}
