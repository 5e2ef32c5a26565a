//! What schema code holds.

use multitenant_runtime::Tier;

use super::{Printed, RustEnum, TableSays};
use crate::finding::{FileId, Place};

/// A file of Rust code that concerns tables.
#[derive(Debug, Default)]
pub(crate) struct RustFile {
    pub(crate) file: Option<FileId>,
    pub(crate) tables: Vec<RustTable>,
    pub(crate) structs: Vec<RustStruct>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) allows: Vec<Allow>,
    pub(crate) sql_types: Vec<SqlType>,
    pub(crate) joins: Vec<Join>,
    pub(crate) enums: Vec<RustEnum>,
    /// What `use` calls things from elsewhere: the name here, and the path.
    pub(crate) imports: Vec<(String, Vec<String>)>,
    /// Whether Diesel CLI wrote it.
    pub(crate) printed: Printed,
    /// Each `table!` that is none of Diesel's grammar, with what is wrong.
    pub(crate) malformed: Vec<(Place, String)>,
    /// Macros that hold a `table!`, which is not read: who calls them says what it makes.
    pub(crate) hidden: Vec<Place>,
}

/// `#[diesel(postgres_type(name = "…", schema = "…"))]`: a type of the database's own.
#[derive(Debug)]
pub(crate) struct SqlType {
    /// What it is called in Rust.
    pub(crate) rust_name: String,
    pub(crate) name: String,
    pub(crate) schema: Option<(String, Place)>,
    /// The name's literal.
    pub(crate) place: Place,
    pub(crate) around: Place,
}

/// A `table!`.
#[derive(Debug)]
pub(crate) struct RustTable {
    /// The module's name.
    pub(crate) name: String,
    /// The table's name in the database.
    pub(crate) sql_name: String,
    pub(crate) schema: Option<(String, Place)>,
    /// The modules around it, the file's own among them, outermost first.
    pub(crate) modules: Vec<String>,
    pub(crate) columns: Vec<RustColumn>,
    pub(crate) primary_key: Vec<String>,
    /// The name.
    pub(crate) place: Place,
    /// The whole macro.
    pub(crate) around: Place,
}

impl RustTable {
    /// Whether it is PostgreSQL's own, and so nobody's.
    pub(crate) fn is_systems(&self) -> bool {
        let schema = self.schema.as_ref().map(|(schema, _)| schema.as_str());
        matches!(schema, Some("pg_catalog" | "information_schema")) || self.sql_name.starts_with("pg_")
    }
}

/// A column of a `table!`.
#[derive(Debug)]
pub(crate) struct RustColumn {
    pub(crate) name: String,
    pub(crate) sql_name: String,
    /// The type without `Nullable<…>`, its last segment, with what `Array<…>` holds: `Int4`, `Array<Text>`.
    pub(crate) ty: String,
    pub(crate) is_nullable: bool,
    /// `#[max_length = 40]`.
    pub(crate) max_length: Option<u64>,
    pub(crate) place: Place,
}

/// `joinable!(orders -> plans (plan_id))`.
#[derive(Debug)]
pub(crate) struct Join {
    pub(crate) child: Vec<String>,
    pub(crate) parent: Vec<String>,
    pub(crate) column: String,
    pub(crate) place: Place,
}

/// A struct with a table or a mark.
#[derive(Debug)]
pub(crate) struct RustStruct {
    pub(crate) name: String,
    pub(crate) place: Place,
    /// The path of each table that it names, or the one that Diesel would take.
    pub(crate) tables: Vec<(Vec<String>, Place)>,
    /// Whether the table was written, and not derived from the struct's name.
    pub(crate) names_table: bool,
    pub(crate) marks: Vec<(Tier, Place)>,
    /// `#[multitenant(same_table)]`.
    pub(crate) same_table: bool,
    pub(crate) belongs_to: Vec<(String, Place)>,
    /// What its attributes say that `table!` cannot.
    pub(crate) says: TableSays,
}

/// A table that is marked.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) tier: Tier,
    pub(crate) path: Vec<String>,
    pub(crate) place: Place,
}

/// `#[multitenant(allow(rule))]`.
#[derive(Debug)]
pub(crate) struct Allow {
    pub(crate) rule: String,
    pub(crate) place: Place,
    /// What it holds for.
    pub(crate) around: Place,
}
