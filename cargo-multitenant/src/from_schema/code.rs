//! What schema code says.

use std::collections::BTreeSet;

use multitenant_runtime::Tier;

use crate::model::{Home, TypeRef};

/// What the code says of both tiers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Code {
    pub(crate) tables: Vec<CodeTable>,
    pub(crate) enums: Vec<CodeEnum>,
    /// What cannot be meant, each with its place.
    pub(crate) problems: Vec<(Tier, String)>,
    /// What is left out, or not certain.
    pub(crate) hints: Vec<String>,
    /// Tables that the migrations make and that the code need not name.
    pub(crate) left_alone: BTreeSet<(Tier, String)>,
    /// Where macros hold a `table!` that is not read: a table that the code has not may be of one.
    pub(crate) hidden: Vec<String>,
}

/// A `table!`, with what the structs of its rows say.
#[derive(Debug, Clone)]
pub(crate) struct CodeTable {
    pub(crate) tier: Tier,
    /// In the database.
    pub(crate) name: String,
    /// Where it stands, for messages.
    pub(crate) place: String,
    pub(crate) columns: Vec<CodeColumn>,
    /// By their names in the database, as all columns here.
    pub(crate) primary_key: Vec<String>,
    pub(crate) uniques: Vec<CodeKey>,
    pub(crate) indexes: Vec<CodeIndex>,
    pub(crate) checks: Vec<CodeCheck>,
    pub(crate) foreign_keys: Vec<CodeForeignKey>,
    /// Columns that the table may have beside these: a patch takes them out of the file.
    pub(crate) removed: BTreeSet<String>,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct CodeColumn {
    pub(crate) name: String,
    pub(crate) place: String,
    /// Diesel's type, without `Nullable<…>`.
    pub(crate) diesel: String,
    /// What it is in the database where nothing else is there yet; or why nobody knows.
    pub(crate) ty: Result<TypeRef, String>,
    /// Whether the type is said, so that another one that Diesel's fits will not do.
    pub(crate) is_exact: bool,
    pub(crate) is_nullable: bool,
    pub(crate) is_serial: bool,
    pub(crate) default: Option<String>,
    /// Whether it is ALWAYS.
    pub(crate) identity: Option<bool>,
    pub(crate) generated: Option<String>,
}

/// A unique constraint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeKey {
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeIndex {
    pub(crate) name: Option<String>,
    /// Each a column, or an expression with its operator class and order.
    pub(crate) items: Vec<CodeItem>,
    pub(crate) unique: bool,
    pub(crate) method: Option<String>,
    pub(crate) filter: Option<String>,
    pub(crate) include: Vec<String>,
}

/// What an index is sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CodeItem {
    Column(String),
    Text(String),
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeCheck {
    pub(crate) name: Option<String>,
    /// The one column that it stands at.
    pub(crate) column: Option<String>,
    pub(crate) text: String,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeForeignKey {
    pub(crate) name: Option<String>,
    pub(crate) place: String,
    pub(crate) columns: Vec<String>,
    pub(crate) home: Home,
    pub(crate) table: String,
    /// Empty for the primary key.
    pub(crate) target: Vec<String>,
    /// As SQL has it.
    pub(crate) on_delete: Option<String>,
    pub(crate) on_update: Option<String>,
    /// Whether it is said by `joinable!` only, which may stand for no key.
    pub(crate) is_join: bool,
    /// Whether other `joinable!`s stand at the same column: such a key stays where it is, and is not made.
    pub(crate) is_doubtful: bool,
}

/// An enum, as a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeEnum {
    pub(crate) tier: Tier,
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) labels: Vec<String>,
}

impl CodeTable {
    /// The column of a name.
    pub(crate) fn column(&self, name: &str) -> Option<&CodeColumn> {
        self.columns.iter().find(|column| column.name == name)
    }
}

impl Code {
    /// The table of a name.
    pub(crate) fn table(&self, home: Home, name: &str) -> Option<&CodeTable> {
        self.tables.iter().find(|table| Home::of(table.tier) == home && table.name == name)
    }
}
