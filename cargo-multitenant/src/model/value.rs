//! A schema as a value: all that a migration could make it from again.

use multitenant_runtime::Tier;
use serde::{Deserialize, Serialize};

/// What both tiers hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Model {
    /// The shared schema's name; a tenant's is not part of what its tables are.
    pub(crate) shared_schema: String,
    /// The shared ones first, each tier by name.
    pub(crate) tables: Vec<Table>,
    /// The same of enums, domains and composite types.
    pub(crate) types: Vec<Type>,
    /// Sequences that have a name of their own, and do not come with a column.
    pub(crate) sequences: Vec<Sequence>,
    /// What the database has beyond PostgreSQL itself, whichever tier's migrations made it.
    pub(crate) extensions: Vec<Extension>,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Extension {
    pub(crate) name: String,
    /// `None` for the shared schema, or for the one that it brings with it.
    pub(crate) schema: Option<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) tier: Tier,
    pub(crate) name: String,
    pub(crate) comment: Option<String>,
    /// In their order.
    pub(crate) columns: Vec<Column>,
    pub(crate) primary_key: Option<Key>,
    pub(crate) uniques: Vec<Key>,
    pub(crate) foreign_keys: Vec<ForeignKey>,
    pub(crate) indexes: Vec<Index>,
    pub(crate) checks: Vec<Check>,
    /// How it is partitioned, as it was written.
    pub(crate) partition_by: Option<String>,
    pub(crate) part: Option<Part>,
    /// Whether all of its columns are known.
    pub(crate) is_complete: bool,
}

impl Table {
    /// A table with a name, and nothing else yet.
    pub(crate) fn new(tier: Tier, name: &str) -> Self {
        Self {
            tier,
            name: name.to_owned(),
            comment: None,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            partition_by: None,
            part: None,
            is_complete: true,
        }
    }
}

/// What a partition or a child is part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) of: String,
    /// A partition, and not a child.
    pub(crate) partition: bool,
    /// What it holds as a partition, as it was written.
    pub(crate) bounds: Option<String>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// `None` where nobody can know it, as of a table that is made of a query.
    pub(crate) ty: Option<TypeRef>,
    /// What `table!` calls the type.
    pub(crate) diesel: Option<String>,
    pub(crate) is_nullable: bool,
    pub(crate) default: Option<Default>,
    pub(crate) identity: Option<Identity>,
    /// What the sequence is called that came with it, where migrations have made it.
    pub(crate) sequence: Option<String>,
    pub(crate) generated: Option<Generated>,
    pub(crate) collation: Option<String>,
    pub(crate) comment: Option<String>,
}

/// What a column holds where nothing is said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Default {
    /// The next number of a sequence that comes with the column: `serial`.
    Serial,
    /// SQL, as it was written.
    Expression(String),
}

/// Numbers that the database counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Whether nobody else can give one.
    pub(crate) always: bool,
    /// The options of the sequence, as they were written.
    pub(crate) options: Option<String>,
}

/// What is computed from other columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Generated {
    pub(crate) expression: String,
    pub(crate) stored: bool,
}

/// A type where it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TypeRef {
    pub(crate) home: Home,
    /// The schema that was written, where it is neither tier's.
    pub(crate) schema: Option<String>,
    /// PostgreSQL's own name: `int4`, `varchar`, `timestamptz`.
    pub(crate) name: String,
    pub(crate) array: bool,
    pub(crate) modifiers: Vec<String>,
}

/// Where something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Home {
    Shared,
    Tenant,
    /// PostgreSQL's own.
    System,
    /// An extension's, or of a schema that is neither tier's.
    Other,
}

/// A primary key or a unique constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) include: Vec<String>,
    pub(crate) nulls_not_distinct: bool,
    pub(crate) timing: Timing,
}

/// When a constraint is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Timing {
    Immediate,
    Deferrable,
    Deferred,
}

/// A foreign key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ForeignKey {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    /// Where the other table is.
    pub(crate) home: Home,
    /// Its schema, where that is neither tier's.
    pub(crate) schema: Option<String>,
    pub(crate) table: String,
    /// The columns there; none where that table is not known.
    pub(crate) target: Vec<String>,
    /// As SQL writes it: `CASCADE`.
    pub(crate) on_delete: String,
    pub(crate) on_update: String,
    /// Those that SET NULL or SET DEFAULT concerns, where not all are meant.
    pub(crate) set_columns: Vec<String>,
    pub(crate) match_full: bool,
    pub(crate) not_valid: bool,
    pub(crate) timing: Timing,
    pub(crate) crosses_tiers: bool,
}

/// An index that no key has brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Index {
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) unique: bool,
    pub(crate) items: Vec<IndexItem>,
    pub(crate) include: Vec<String>,
    /// Which rows it holds, as it was written.
    pub(crate) predicate: Option<String>,
    pub(crate) nulls_not_distinct: bool,
}

/// What an index is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct IndexItem {
    /// `None` for an expression.
    pub(crate) column: Option<String>,
    /// As it was written, with its operator class, collation and order.
    pub(crate) text: String,
}

/// CHECK or EXCLUDE.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Check {
    pub(crate) name: String,
    /// Whether it is `EXCLUDE`, whose text is all of it.
    pub(crate) exclude: bool,
    /// As it was written.
    pub(crate) text: String,
    pub(crate) no_inherit: bool,
    pub(crate) not_valid: bool,
    pub(crate) timing: Timing,
}

/// A type that the migrations make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Type {
    pub(crate) tier: Tier,
    pub(crate) name: String,
    pub(crate) comment: Option<String>,
    pub(crate) kind: TypeKind,
    /// Whether all of it is known.
    pub(crate) is_complete: bool,
}

/// What a type is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TypeKind {
    Enum {
        labels: Vec<String>,
    },
    Composite {
        fields: Vec<Field>,
    },
    Domain {
        base: Option<TypeRef>,
        not_null: bool,
        default: Option<String>,
        checks: Vec<NamedCheck>,
    },
    /// Of which no more than its name is kept.
    Opaque,
}

/// A field of a composite type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Field {
    pub(crate) name: String,
    #[serde(rename = "type")]
    pub(crate) ty: Option<TypeRef>,
}

/// A condition of a domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NamedCheck {
    pub(crate) name: String,
    pub(crate) expression: String,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sequence {
    pub(crate) tier: Tier,
    pub(crate) name: String,
    /// As they were written.
    pub(crate) options: Option<String>,
    pub(crate) comment: Option<String>,
}
