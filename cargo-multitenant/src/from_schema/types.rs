//! What a column's type in schema code is in the database.

use std::collections::BTreeMap;

use heck::ToSnakeCase as _;
use multitenant_runtime::Tier;

use crate::lint::{Catalog, ColumnType, Project, RustColumn, column_type, of_type, type_of_text};
use crate::model::{Home, TypeRef, type_ref};

/// Types that crates bring, and that extensions make in the database.
const OF_CRATES: &[(&str, &str)] = &[
    ("Ltree", "ltree"),
    ("Lquery", "lquery"),
    ("TsVector", "tsvector"),
    ("Tsvector", "tsvector"),
    ("TsQuery", "tsquery"),
    ("Tsquery", "tsquery"),
    ("RegConfig", "regconfig"),
    ("Hstore", "hstore"),
    ("Vector", "vector"),
    ("Geometry", "geometry"),
    ("Geography", "geography"),
    ("Point", "point"),
    ("Xml", "xml"),
    ("Name", "name"),
];

/// The types of a project.
pub(crate) struct Types<'a> {
    catalog: &'a Catalog,
    /// What code says of its own types: the name in the database, and the schema, by the name in Rust.
    own: BTreeMap<&'a str, (&'a str, Option<&'a str>)>,
    /// Enums of the code, by their types' names in the database.
    enums: Vec<(Tier, &'a str)>,
}

impl<'a> Types<'a> {
    pub(crate) fn of(project: &'a Project, catalog: &'a Catalog, enums: Vec<(Tier, &'a str)>) -> Self {
        let own = project.rust.iter().flat_map(|file| &file.sql_types).map(|ty| {
            (ty.rust_name.as_str(), (ty.name.as_str(), ty.schema.as_ref().map(|(schema, _)| schema.as_str())))
        });
        Self { catalog, own: own.collect(), enums }
    }

    /// The type of a column, and whether it was said which one.
    pub(crate) fn of_column(
        &self,
        tier: Tier,
        column: &RustColumn,
        said: Option<&str>,
    ) -> (Result<TypeRef, String>, bool) {
        if let Some(said) = said {
            let ty = type_of_text(said).map(|ty| self.meant(tier, &column_type(&ty)));
            return (ty, true);
        }
        let (name, is_array) = match column.ty.strip_prefix("Array<").and_then(|inner| inner.strip_suffix('>')) {
            Some(inner) => (inner, true),
            None => (column.ty.as_str(), false),
        };
        let has_length = column.max_length.is_some();
        let own = self.own.get(name);
        let (name, schema) = match (own, of_type(name), OF_CRATES.iter().find(|(rust, _)| *rust == name)) {
            (Some((own, schema)), ..) => ((*own).to_owned(), schema.map(str::to_owned)),
            (None, Some("text"), _) if has_length => ("varchar".to_owned(), None),
            (None, Some(known), _) => (known.to_owned(), None),
            (None, None, Some((_, known))) => ((*known).to_owned(), None),
            // A type that a macro makes is called as Diesel CLI would have called it.
            (None, None, None) => {
                let guess = name.to_snake_case();
                let is_there = self.enums.iter().any(|(_, of)| *of == guess)
                    || [&self.catalog.tenant, &self.catalog.shared]
                        .iter()
                        .any(|space| space.types.contains_key(&guess));
                if !is_there {
                    return (
                        Err(format!("no type of PostgreSQL is known for {name}: say it by `sql_type = \"…\"`")),
                        false,
                    );
                }
                (guess, None)
            }
        };
        let modifiers = column.max_length.map(|length| length.to_string()).into_iter().collect();
        (Ok(self.meant(tier, &ColumnType { schema, name, is_array, modifiers })), has_length)
    }

    /// As the migrations mean it, or as the code's own enums will have made it.
    fn meant(&self, tier: Tier, ty: &ColumnType) -> TypeRef {
        let meant = type_ref(self.catalog, tier, ty);
        if meant.home != Home::Other {
            return meant;
        }
        let is_shared_s = |schema: &str| schema == self.catalog.shared_schema();
        let has = |tier: Tier| self.enums.contains(&(tier, ty.name.as_str()));
        let home = match ty.schema.as_deref() {
            None if tier == Tier::Tenant && has(Tier::Tenant) => Home::Tenant,
            None if has(Tier::Shared) => Home::Shared,
            Some(schema) if is_shared_s(schema) && has(Tier::Shared) => Home::Shared,
            _ => return meant,
        };
        TypeRef { home, schema: None, ..meant }
    }
}
