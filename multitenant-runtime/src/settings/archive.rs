//! How tenants are archived, as configured.

use crate::ident::{ArchiveTemplate, Identifier};

use super::{RegistrySettings, SettingsError, SettingsText, at};

/// How tenants are archived: by a time in a column of the registry's table, and under another schema's name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ArchiveSettings {
    /// The column that says since when; `None` where tenants cannot be archived.
    pub column: Option<Identifier>,
    /// How the schema's name becomes that of the archived one.
    pub schema: ArchiveTemplate,
}

impl ArchiveSettings {
    pub(super) fn parse(text: &SettingsText<'_>) -> Result<Self, SettingsError> {
        let column = match text.archived_column {
            "" => None,
            column => Some(at("tenants.archived_column", Identifier::new(column))?),
        };
        Ok(Self { column, schema: at("tenants.archived_schema", ArchiveTemplate::new(text.archived_schema))? })
    }

    /// The registry without those who are archived: its filter says so too, for everybody who asks it.
    pub(super) fn leave_out(&self, registry: RegistrySettings) -> Result<RegistrySettings, SettingsError> {
        let Some(column) = &self.column else { return Ok(registry) };
        match registry {
            RegistrySettings::Table { table, id_column, schema_column, filter } => {
                let is_there = format!("{} IS NULL", column.quoted());
                // On lines of their own: a filter may end with a comment.
                let filter = Some(match filter {
                    Some(filter) => format!("{is_there} AND (\n{filter}\n)"),
                    None => is_there,
                });
                Ok(RegistrySettings::Table { table, id_column, schema_column, filter })
            }
            _ => Err(SettingsError::new(
                "tenants.archived_column",
                "only a registry that is a table has columns: remove the key, or write source = \"table\"",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{RegistrySettings, RegistryText, Settings, SettingsText};

    fn filter(filter: Option<&str>, archived_column: &str) -> Option<String> {
        let registry = RegistryText::Table { table: "t", id_column: "id", schema_column: None, filter };
        match Settings::try_from(SettingsText { registry, archived_column, ..SettingsText::DEFAULT }).unwrap().registry
        {
            RegistrySettings::Table { filter, .. } => filter,
            _ => None,
        }
    }

    #[test]
    fn the_filter_leaves_out_who_is_archived() {
        assert_eq!(filter(None, ""), None);
        assert_eq!(filter(Some("a OR b -- both"), "").as_deref(), Some("a OR b -- both"));
        assert_eq!(filter(None, "at\"x").as_deref(), Some("\"at\"\"x\" IS NULL"));
        assert_eq!(filter(Some("a OR b -- both"), "at").as_deref(), Some("\"at\" IS NULL AND (\na OR b -- both\n)"));
    }
}
