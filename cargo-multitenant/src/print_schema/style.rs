//! `[print_schema]` of `diesel.toml`: what is printed, and how.

use std::path::{Path, PathBuf};

use regex::Regex;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use crate::config::{shown, slashes};
use crate::error::CliError;

/// The derive that a type's definition cannot be without.
const SQL_TYPE: &str = "diesel::sql_types::SqlType";

/// The derive by which a statement with such a value can be remembered.
const QUERY_ID: &str = "diesel::query_builder::QueryId";

/// How schema code is written. Without a `diesel.toml`, as Diesel CLI does it by itself.
#[derive(Debug, Default)]
pub(crate) struct Style {
    /// Where Diesel CLI writes it.
    pub(crate) file: Option<PathBuf>,
    /// What is changed in it afterwards.
    pub(crate) patch_file: Option<PathBuf>,
    pub(super) docs: Docs,
    pub(super) together: Together,
    pub(super) sorting: Sorting,
    pub(super) filter: Filter,
    /// What each table imports; `None` for what Diesel itself has.
    pub(super) imports: Option<Vec<String>>,
    /// Whether types that Diesel does not have are defined.
    pub(super) defines_types: bool,
    /// Types that are not defined, by their names in Rust.
    pub(super) known_types: Vec<Regex>,
    pub(super) derives: Vec<String>,
    /// Domains that are types of their own.
    pub(super) domains: Vec<Regex>,
    /// The module of types that are defined; `None` for `sql_types`.
    pub(crate) types_module: Option<String>,
    /// What could not be followed.
    pub(crate) warnings: Vec<String>,
}

/// Which tables and columns get a comment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Docs {
    #[default]
    None,
    /// What has one in the database.
    FromDatabase,
    /// All; what has none in the database gets one that is made up.
    Always,
}

/// Which tables may be queried together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Together {
    #[default]
    #[serde(rename = "all_tables")]
    All,
    #[serde(rename = "fk_related_tables")]
    Related,
    #[serde(rename = "none")]
    None,
}

/// How columns are sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub(super) enum Sorting {
    #[default]
    #[serde(rename = "ordinal_position")]
    Place,
    #[serde(rename = "name")]
    Name,
}

/// Which tables are printed, by their names in the database.
#[derive(Debug, Default)]
pub(super) enum Filter {
    #[default]
    All,
    Only(Vec<Regex>),
    Except(Vec<Regex>),
}

impl Filter {
    pub(super) fn wants(&self, table: &str) -> bool {
        match self {
            Self::All => true,
            Self::Only(patterns) => patterns.iter().any(|pattern| pattern.is_match(table)),
            Self::Except(patterns) => !patterns.iter().any(|pattern| pattern.is_match(table)),
        }
    }
}

impl Style {
    /// The module of types that are defined.
    pub(crate) fn types_module(&self) -> &str {
        self.types_module.as_deref().unwrap_or("sql_types")
    }

    /// How code is written that stands by itself: without what a `diesel.toml` says about the project's own, and with types
    /// that rows can be inserted with.
    pub(crate) fn by_itself() -> Self {
        Self { defines_types: true, derives: vec![QUERY_ID.to_owned(), SQL_TYPE.to_owned()], ..Self::default() }
    }

    /// Reads the `diesel.toml` of a folder, if there is one.
    pub(crate) fn of(folder: &Path, here: &Path) -> Result<Self, CliError> {
        let path = folder.join("diesel.toml");
        let name = slashes(&shown(&path, here));
        match std::fs::read_to_string(&path) {
            Ok(text) => Self::parse(&text, folder, &name).map_err(|message| CliError::Files {
                what: format!("{name} cannot be used: {message}"),
                help: Some("correct it, as Diesel CLI reads it too"),
                source: None,
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(Self::parse("", folder, &name).unwrap_or_default())
            }
            Err(source) => {
                Err(CliError::Files { what: format!("{name} cannot be read"), help: None, source: Some(source) })
            }
        }
    }

    fn parse(text: &str, folder: &Path, name: &str) -> Result<Self, String> {
        let section = toml::from_str::<File>(text).map_err(|error| error.to_string())?.print_schema;
        let mut warnings = Vec::new();
        let mut ignored = |key: &str, why: &str| {
            warnings.push(format!("{name}: print_schema.{key} is not followed: {why}"));
        };
        if section.schema.is_some() {
            ignored("schema", "which schemas there are says multitenant.toml");
        }
        if section.sqlite_integer_primary_key_is_bigint.is_some() {
            ignored("sqlite_integer_primary_key_is_bigint", "this is PostgreSQL");
        }
        for (key, value) in &section.others {
            match value {
                toml::Value::Table(_) => ignored(key, "tenants and what they share have one description each"),
                _ => ignored(key, "it is not known"),
            }
        }
        let filter = match (section.filter.only_tables, section.filter.except_tables) {
            (Some(_), Some(_)) => return Err("print_schema.filter has both only_tables and except_tables".to_owned()),
            (Some(only), None) => Filter::Only(patterns(&only, "filter.only_tables")?),
            (None, Some(except)) => Filter::Except(patterns(&except, "filter.except_tables")?),
            (None, None) => Filter::All,
        };
        let mut derives = section.custom_type_derives.unwrap_or_default();
        if !derives.iter().any(|derive| derive == SQL_TYPE) {
            derives.push(SQL_TYPE.to_owned());
        }
        Ok(Self {
            file: section.file.map(|file| folder.join(file)),
            patch_file: section.patch_file.map(|file| folder.join(file)),
            docs: section.with_docs,
            together: section.allow_tables_to_appear_in_same_query_config,
            sorting: section.column_sorting,
            filter,
            imports: section.import_types,
            defines_types: section.generate_missing_sql_type_definitions.unwrap_or(true),
            types_module: None,
            known_types: patterns(&section.except_custom_type_definitions, "except_custom_type_definitions")?,
            derives,
            domains: patterns(&section.pg_domains_as_custom_types, "pg_domains_as_custom_types")?,
            warnings,
        })
    }
}

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    print_schema: Section,
}

/// The keys as Diesel CLI 2.3 has them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Section {
    file: Option<PathBuf>,
    with_docs: Docs,
    allow_tables_to_appear_in_same_query_config: Together,
    filter: FilterText,
    column_sorting: Sorting,
    schema: Option<String>,
    patch_file: Option<PathBuf>,
    import_types: Option<Vec<String>>,
    generate_missing_sql_type_definitions: Option<bool>,
    except_custom_type_definitions: Vec<String>,
    custom_type_derives: Option<Vec<String>>,
    sqlite_integer_primary_key_is_bigint: Option<bool>,
    pg_domains_as_custom_types: Vec<String>,
    #[serde(flatten)]
    others: toml::Table,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FilterText {
    only_tables: Option<Vec<String>>,
    except_tables: Option<Vec<String>>,
}

impl<'de> Deserialize<'de> for Docs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::Boolean(false) => Ok(Self::None),
            toml::Value::Boolean(true) => Ok(Self::Always),
            toml::Value::String(text) => match text.as_str() {
                "no-doc-comments" => Ok(Self::None),
                "only-database-comments" => Ok(Self::FromDatabase),
                "database-comments-fallback-to-auto-generated-doc-comment" => Ok(Self::Always),
                _ => Err(D::Error::custom(format!("with_docs cannot be {text:?}"))),
            },
            other => Err(D::Error::custom(format!("with_docs is true, false or a text, and not {other}"))),
        }
    }
}

fn patterns(texts: &[String], key: &str) -> Result<Vec<Regex>, String> {
    let read = |text: &String| Regex::new(text).map_err(|error| format!("print_schema.{key}: {error}"));
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(text: &str) -> Result<Style, String> {
        Style::parse(text, Path::new("/p"), "diesel.toml")
    }

    #[test]
    fn every_key_is_read() {
        let style = style(
            "[migrations_directory]\ndir = \"migrations\"\n[print_schema]\nfile = \"src/schema.rs\"\nwith_docs = true\n\
             column_sorting = \"name\"\nfilter = { only_tables = [\"^a|b$\"] }\npatch_file = \"x.patch\"\n\
             import_types = [\"crate::T\"]\ngenerate_missing_sql_type_definitions = false\n\
             except_custom_type_definitions = [\"^V\"]\ncustom_type_derives = [\"Debug\"]\n\
             pg_domains_as_custom_types = [\"email\"]\n\
             allow_tables_to_appear_in_same_query_config = \"fk_related_tables\"",
        )
        .unwrap();
        assert_eq!(style.file.as_deref(), Some(Path::new("/p/src/schema.rs")));
        assert_eq!(style.patch_file.as_deref(), Some(Path::new("/p/x.patch")));
        assert_eq!((style.docs, style.sorting, style.together), (Docs::Always, Sorting::Name, Together::Related));
        assert_eq!(style.derives, ["Debug", SQL_TYPE]);
        assert!(style.filter.wants("ab") && style.filter.wants("cb") && !style.filter.wants("ba"));
        assert!(!style.defines_types && style.known_types[0].is_match("Vector") && style.domains[0].is_match("email"));
        assert_eq!(style.imports, Some(vec!["crate::T".to_owned()]));
        assert_eq!(style.warnings, [] as [String; 0]);
    }

    #[test]
    fn what_is_not_followed_is_said() {
        let style = style(
            "[print_schema]\nschema = \"a\"\nviews = true\nsqlite_integer_primary_key_is_bigint = true\n\
                           [print_schema.other]\nfile = \"b.rs\"",
        )
        .unwrap();
        for key in ["schema", "views", "sqlite_integer_primary_key_is_bigint", "other"] {
            assert!(style.warnings.iter().any(|warning| warning.contains(&format!("print_schema.{key} "))), "{key}");
        }
        assert_eq!(style.warnings.len(), 4);
        assert_eq!(style.file, None);
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for (text, expected) in [
            ("[print_schema]\nfilter = { only_tables = [\"(\"] }", "filter.only_tables"),
            ("[print_schema]\nfilter = { only_tables = [], except_tables = [] }", "both"),
            ("[print_schema]\nfilter = { tables = [] }", "tables"),
            ("[print_schema]\nwith_docs = \"some\"", "with_docs"),
            ("[print_schema]\ncolumn_sorting = \"size\"", "column_sorting"),
            ("[print_schema", "TOML"),
        ] {
            let error = style(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
