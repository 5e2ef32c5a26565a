//! What CREATE and ALTER say about tables, indexes and types.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Ident, Name, Span};

/// CREATE TABLE.
#[derive(Debug, Default)]
pub(crate) struct TableDef {
    pub(crate) columns: Vec<Column>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) likes: Vec<Like>,
    pub(crate) inherits: Vec<Name>,
    pub(crate) partition_of: Option<Name>,
    pub(crate) is_partitioned: bool,
    /// `RANGE (a)`, as it was written.
    pub(crate) partition_by: Option<Arc<str>>,
    /// `FOR VALUES …` or `DEFAULT` of a partition, as it was written.
    pub(crate) bounds: Option<Arc<str>>,
    /// `OF type`: the columns are the type's.
    pub(crate) of_type: bool,
}

/// `LIKE t INCLUDING …`.
#[derive(Debug)]
pub(crate) struct Like {
    pub(crate) table: Name,
    pub(crate) span: Span,
    pub(crate) defaults: bool,
    pub(crate) identity: bool,
    pub(crate) indexes: bool,
    pub(crate) generated: bool,
    pub(crate) constraints: bool,
    pub(crate) comments: bool,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: Ident,
    pub(crate) span: Span,
    pub(crate) ty: Option<TypeUse>,
    /// As it was written.
    pub(crate) collation: Option<Arc<str>>,
    pub(crate) constraints: Vec<Constraint>,
}

/// A type where it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeUse {
    pub(crate) schema: Option<String>,
    /// PostgreSQL's own name for it: `int4`, `varchar`, `timestamptz`.
    pub(crate) name: String,
    pub(crate) is_array: bool,
    /// What stands in parentheses.
    pub(crate) modifiers: Vec<String>,
    pub(crate) span: Span,
}

/// A constraint of a table or a column.
#[derive(Debug, Clone)]
pub(crate) struct Constraint {
    pub(crate) name: Option<Ident>,
    pub(crate) span: Span,
    pub(crate) kind: ConstraintKind,
    pub(crate) not_valid: bool,
    pub(crate) timing: Timing,
}

/// When a constraint is looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Timing {
    #[default]
    Immediate,
    /// When a transaction says so.
    Deferrable,
    /// At COMMIT, unless a transaction says otherwise.
    Deferred,
}

/// What a key can say beyond its columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyOptions {
    /// `INCLUDE (…)`.
    pub(crate) include: Vec<String>,
    pub(crate) nulls_not_distinct: bool,
}

/// What a constraint says. Columns are empty where it stands at its column.
#[derive(Debug, Clone)]
pub(crate) enum ConstraintKind {
    NotNull,
    /// `NOT NULL column`, as a constraint of the table.
    NotNullOf(Ident),
    Null,
    PrimaryKey {
        columns: Vec<Ident>,
        using_index: Option<Name>,
        options: KeyOptions,
    },
    Unique {
        columns: Vec<Ident>,
        using_index: Option<Name>,
        options: KeyOptions,
    },
    ForeignKey(ForeignKey),
    /// With what must hold, and every identifier in it.
    Check {
        expression: Arc<str>,
        words: BTreeSet<String>,
        no_inherit: bool,
    },
    /// As it was written, without its name.
    Exclude {
        text: Arc<str>,
        words: BTreeSet<String>,
        /// What each item is called in a name that PostgreSQL makes.
        labels: Vec<String>,
    },
    /// `DEFAULT NULL` is none, unless the type has a length.
    Default {
        sequence: Option<Name>,
        is_null: bool,
        expression: Arc<str>,
    },
    Identity(Identity),
    Generated {
        expression: Arc<str>,
        is_stored: bool,
    },
    Other,
}

/// `GENERATED … AS IDENTITY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    /// `ALWAYS`, and not `BY DEFAULT`.
    pub(crate) is_always: bool,
    /// What stands in parentheses, for its sequence.
    pub(crate) options: Option<Arc<str>>,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<Ident>,
    pub(crate) table: Name,
    /// The other table's; empty where its primary key is meant.
    pub(crate) target: Vec<Ident>,
    pub(crate) on_delete: Option<(Action, Span)>,
    pub(crate) on_update: Option<(Action, Span)>,
    /// Those that SET NULL or SET DEFAULT concerns, where not all are meant.
    pub(crate) set_columns: Vec<Ident>,
    pub(crate) match_full: bool,
}

/// What happens to the rows that refer to one that goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Nothing,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl Action {
    /// As SQL writes it.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Nothing => "NO ACTION",
            Self::Restrict => "RESTRICT",
            Self::Cascade => "CASCADE",
            Self::SetNull => "SET NULL",
            Self::SetDefault => "SET DEFAULT",
        }
    }
}

/// One action of an ALTER.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) span: Span,
    pub(crate) kind: ChangeKind,
}

/// What an action does.
#[derive(Debug, Clone)]
pub(crate) enum ChangeKind {
    AddColumn(Column),
    DropColumn { column: Ident, cascade: bool },
    SetType { column: Ident, ty: Option<TypeUse> },
    SetDefault { column: Ident, sequence: Option<Name>, is_null: bool, expression: Arc<str> },
    DropDefault { column: Ident },
    SetNotNull { column: Ident },
    DropNotNull { column: Ident },
    AddIdentity { column: Ident, identity: Identity },
    SetIdentity { column: Ident, is_always: bool },
    DropIdentity { column: Ident },
    DropExpression { column: Ident },
    AddConstraint(Constraint),
    DropConstraint { name: Ident, cascade: bool },
    RenameColumn { from: Ident, to: Ident },
    RenameConstraint { from: Ident, to: Ident },
    RenameTo(Ident),
    SetSchema(Ident),
    AttachPartition { name: Name, bounds: Option<Arc<str>> },
    ValidateConstraint { name: Ident },
    DetachPartition { name: Name, concurrently: bool },
    AddValue { label: String, place: LabelPlace },
    RenameValue { from: String, to: String },
    Other,
}

/// Where a new label of an enum stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LabelPlace {
    Last,
    Before(String),
    After(String),
}

/// CREATE INDEX.
#[derive(Debug)]
pub(crate) struct IndexDef {
    /// One for each column; `None` for an expression.
    pub(crate) columns: Vec<Option<Ident>>,
    /// What each is called in a name that PostgreSQL makes, those of INCLUDE too.
    pub(crate) labels: Vec<String>,
    /// What is named in expressions, INCLUDE and WHERE: with such a column the index goes.
    pub(crate) words: BTreeSet<String>,
    pub(crate) is_unique: bool,
    pub(crate) is_partial: bool,
    /// Whether it can do other things than one on the columns alone: an operator class, a collation, an order of its own,
    /// further columns in its leaves.
    pub(crate) is_special: bool,
    pub(crate) method: Option<String>,
    /// Each item as it was written, with its operator class, collation and order.
    pub(crate) items: Vec<Arc<str>>,
    /// `INCLUDE (…)`.
    pub(crate) include: Vec<String>,
    /// `WHERE …`, as it was written.
    pub(crate) predicate: Option<Arc<str>>,
    pub(crate) nulls_not_distinct: bool,
}

/// CREATE TYPE and CREATE DOMAIN.
#[derive(Debug)]
pub(crate) enum TypeDef {
    Enum(Vec<String>),
    Composite(Vec<Column>),
    Range,
    Domain { ty: Option<TypeUse>, constraints: Vec<Constraint> },
    Other,
}

/// COMMENT ON.
#[derive(Debug)]
pub(crate) struct Comment {
    pub(crate) on: Commented,
    /// NULL and an empty text take the comment away.
    pub(crate) text: Option<Arc<str>>,
}

/// What a comment is about, as far as the catalogue holds it.
#[derive(Debug)]
pub(crate) enum Commented {
    /// A table, view, index or sequence.
    Relation(Name),
    Column(Name, Ident),
    /// A type or domain.
    Type(Name),
}
