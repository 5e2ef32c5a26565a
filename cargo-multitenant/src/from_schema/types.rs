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

/// The type that a column is of whose numbers come from a sequence of its own.
pub(super) fn serial(said: &str) -> Option<&'static str> {
    match said.to_lowercase().as_str() {
        "smallserial" | "serial2" => Some("int2"),
        "serial" | "serial4" => Some("int4"),
        "bigserial" | "serial8" => Some("int8"),
        _ => None,
    }
}

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
            if said.split_whitespace().next().is_some_and(|word| word.eq_ignore_ascii_case("setof")) {
                return (Err(format!("{said:?} is no type of a column")), true);
            }
            let said = serial(said).unwrap_or(said);
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
            // A type that a macro makes, or another crate, is called as Diesel CLI would have called it.
            (None, None, None) => match self.called(name) {
                Some(own) => (own, None),
                None => {
                    let message = format!(
                        "no type of PostgreSQL is known for {name}: say it by `sql_type = \"…\"`, derive TenantEnum or SharedEnum on the \
                         enum that stands for it, or make it in a migration"
                    );
                    return (Err(message), false);
                }
            },
        };
        let modifiers = column.max_length.map(|length| length.to_string()).into_iter().collect();
        (Ok(self.meant(tier, &ColumnType { schema, name, is_array, modifiers })), has_length)
    }

    /// The type that Diesel CLI would call so: without what capitals and `_` say.
    fn called(&self, rust: &str) -> Option<String> {
        let plain = |name: &str| name.replace('_', "").to_lowercase();
        let snake = rust.to_snake_case();
        let of_code = self.enums.iter().map(|(_, name)| *name);
        let spaces = [&self.catalog.tenant, &self.catalog.shared];
        let of_migrations = spaces.iter().flat_map(|space| space.types.iter()).map(|(name, _)| name.as_str());
        let all: Vec<&str> = of_code.chain(of_migrations).collect();
        let exact = all.iter().find(|name| **name == snake);
        exact.or_else(|| all.iter().find(|name| plain(name) == plain(rust))).map(|name| (*name).to_owned())
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
