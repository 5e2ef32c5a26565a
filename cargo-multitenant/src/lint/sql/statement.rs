//! The statements of a script.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// Bytes of a file.
pub(crate) type Span = Range<usize>;

/// A file of SQL.
#[derive(Debug, Default)]
pub(crate) struct Script {
    pub(crate) statements: Vec<Statement>,
    /// What is no SQL, in the order of the text.
    pub(crate) errors: Vec<(Span, String)>,
    /// What a template's engine was to replace: `{name}`, `${name}`, `{{name}}`, `:name`.
    pub(crate) placeholders: Vec<Span>,
    /// The comments, with their marks.
    pub(crate) comments: Vec<(Span, String)>,
}

impl Script {
    /// Whether a comment says `irreversible: reason`.
    pub(crate) fn says_irreversible(&self) -> bool {
        self.comments.iter().any(|(_, text)| {
            let text = text.trim_start_matches(['-', '/', '*', ' ']);
            let reason = text.get(..13).filter(|word| word.eq_ignore_ascii_case("irreversible:")).map(|_| &text[13..]);
            reason.is_some_and(|reason| !reason.trim().is_empty())
        })
    }
}

/// A statement, or one of a body.
#[derive(Debug)]
pub(crate) struct Statement {
    pub(crate) span: Span,
    pub(crate) verb: Verb,
    /// What a CREATE, ALTER or DROP is about.
    pub(crate) class: Class,
    pub(crate) flags: Flags,
    /// Everything that is named, in the order of the text.
    pub(crate) objects: Vec<Object>,
    pub(crate) calls: Vec<Call>,
    pub(crate) literals: Vec<Literal>,
    pub(crate) queries: Vec<Query>,
    pub(crate) detail: Detail,
    /// The statements of a `DO` block or a function.
    pub(crate) nested: Arc<[Statement]>,
}

impl Statement {
    /// What is created, altered or dropped.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|object| object.role == Role::Subject)
    }

    /// The first of them.
    pub(crate) fn subject(&self) -> Option<&Object> {
        self.subjects().next()
    }

    /// Whether it defines something: CREATE, ALTER or DROP.
    pub(crate) fn is_ddl(&self) -> bool {
        matches!(self.verb, Verb::Create | Verb::Alter | Verb::Drop)
    }

    /// Whether what is nested in it runs with it, as in a `DO` block; a function's body runs later.
    pub(crate) fn runs_its_body(&self) -> bool {
        matches!(self.verb, Verb::Do | Verb::Execute | Verb::Control)
    }

    /// Whether it makes a table, view or sequence that is gone with the session.
    pub(crate) fn is_temporary(&self) -> bool {
        self.flags.temporary
    }
}

/// What a statement does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Create,
    Alter,
    Drop,
    Comment,
    Grant,
    Revoke,
    Select,
    Insert,
    Update,
    Delete,
    Merge,
    Copy,
    Truncate,
    Lock,
    Set,
    Reset,
    Discard,
    Begin,
    Commit,
    Rollback,
    Savepoint,
    Do,
    Call,
    Vacuum,
    Reindex,
    Refresh,
    Cluster,
    /// `EXECUTE` of PL/pgSQL.
    Execute,
    /// A statement of PL/pgSQL that is no SQL: IF, LOOP, RETURN, an assignment.
    Control,
    Other,
}

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Index,
    Sequence,
    Type,
    Domain,
    Routine,
    Trigger,
    Policy,
    Rule,
    Statistics,
    Collation,
    Operator,
    OperatorFamily,
    TextSearch,
    Schema,
    Extension,
    Role,
    Database,
    Tablespace,
    Publication,
    Subscription,
    EventTrigger,
    Server,
    UserMapping,
    ForeignDataWrapper,
    Language,
    AccessMethod,
    Cast,
    System,
    DefaultPrivileges,
    Other,
}

impl Class {
    /// Its name in a sentence.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::ForeignTable => "foreign table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Index => "index",
            Self::Sequence => "sequence",
            Self::Type => "type",
            Self::Domain => "domain",
            Self::Routine => "function",
            Self::Trigger => "trigger",
            Self::Policy => "policy",
            Self::Rule => "rule",
            Self::Statistics => "statistics object",
            Self::Collation => "collation",
            Self::Operator => "operator",
            Self::OperatorFamily => "operator class",
            Self::TextSearch => "text search object",
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Role => "role",
            Self::Database => "database",
            Self::Tablespace => "tablespace",
            Self::Publication => "publication",
            Self::Subscription => "subscription",
            Self::EventTrigger => "event trigger",
            Self::Server => "foreign server",
            Self::UserMapping => "user mapping",
            Self::ForeignDataWrapper => "foreign data wrapper",
            Self::Language => "language",
            Self::AccessMethod => "access method",
            Self::Cast => "cast",
            Self::System => "system setting",
            Self::DefaultPrivileges => "default privilege",
            Self::Other => "object",
        }
    }

    /// The same with `a` or `an`.
    pub(crate) fn with_article(self) -> String {
        let noun = self.noun();
        let sounds_open = noun.starts_with(['a', 'e', 'i', 'o']);
        format!("{} {noun}", if sounds_open { "an" } else { "a" })
    }

    /// Whether it has its name from `pg_class`: tables, views, indexes and sequences share one space of names.
    pub(crate) fn is_relation(self) -> bool {
        matches!(
            self,
            Self::Table | Self::ForeignTable | Self::View | Self::MaterializedView | Self::Index | Self::Sequence
        )
    }
}

/// In which part a statement names an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is what is created, altered, dropped, commented on or granted.
    Subject,
    /// What it is called from now on.
    NewName,
    /// Rows are written: INSERT, UPDATE, DELETE, MERGE, COPY, TRUNCATE.
    Write,
    /// Rows are read.
    Read,
    /// LOCK TABLE.
    Lock,
    /// A foreign key leads there.
    ForeignKey,
    /// The table of an index, a trigger, a rule or a policy.
    On,
    /// LIKE, INHERITS, PARTITION OF.
    Parent,
    /// A partition that is attached or detached.
    Partition,
    /// A type that is used.
    TypeUse,
    /// A function that is called.
    Call,
    /// A schema, as in `ON SCHEMA`, `SET SCHEMA` or `IN SCHEMA`.
    Mention,
}

/// An object that is named.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) class: Class,
    pub(crate) role: Role,
    pub(crate) name: Name,
}

/// An identifier, as PostgreSQL folds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ident {
    pub(crate) text: String,
    pub(crate) span: Span,
}

/// A name with or without a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) schema: Option<Ident>,
    pub(crate) name: Ident,
}

impl Name {
    pub(crate) fn span(&self) -> Span {
        self.schema.as_ref().map_or(self.name.span.start, |schema| schema.span.start)..self.name.span.end
    }

    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_ref().map(|schema| schema.text.as_str())
    }

    pub(crate) fn name(&self) -> &str {
        &self.name.text
    }

    /// The name as a message shows it.
    pub(crate) fn shown(&self) -> String {
        self.schema.as_ref().map_or_else(String::new, |schema| format!("{}.", schema.text)) + &self.name.text
    }
}

/// What stands in a statement beside its names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags {
    pub(crate) if_exists: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) or_replace: bool,
    pub(crate) cascade: bool,
    pub(crate) concurrently: bool,
    pub(crate) temporary: bool,
}

/// A call of a function.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) name: Name,
    pub(crate) span: Span,
    /// The arguments that are string literals; `None` for others.
    pub(crate) arguments: Vec<Option<String>>,
}

/// A string literal.
#[derive(Debug, Clone)]
pub(crate) struct Literal {
    /// With its quotes.
    pub(crate) span: Span,
    pub(crate) value: String,
    /// The type that it is cast to.
    pub(crate) cast: Option<String>,
    /// Whether it stands where a comment's text stands, or a label of an enum.
    pub(crate) is_prose: bool,
}

/// A SELECT, or an UPDATE or DELETE, wherever it stands.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    pub(crate) span: Span,
    /// What it and the queries within it read.
    pub(crate) all_relations: Vec<Name>,
    /// Every identifier in it.
    pub(crate) words: BTreeSet<String>,
}

/// What rules need to know beyond the names.
#[derive(Debug)]
pub(crate) enum Detail {
    None,
    Table(TableDef),
    /// CREATE TABLE AS and SELECT INTO, with the columns as far as they have names.
    TableAs(Vec<Ident>),
    /// ALTER of a table or of something else that has a name and a schema.
    Changes(Vec<Change>),
    Index(IndexDef),
    Type(TypeDef),
    Routine(Routine),
    /// SET, RESET, and ALTER ROLE, DATABASE or SYSTEM with them.
    Setting(Setting),
    Extension {
        schema: Option<Ident>,
        /// Where `WITH SCHEMA` could stand.
        end: usize,
    },
    /// `EXECUTE`: whether its text was constant and has been read into `nested`.
    Dynamic {
        is_constant: bool,
        /// Whether it makes, changes or drops no table, view, type or function, whatever is put into it.
        is_harmless: bool,
    },
}

/// A parameter that is set or reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) parameter: String,
    /// Empty for RESET.
    pub(crate) values: Vec<String>,
    pub(crate) from_current: bool,
}

/// CREATE TABLE.
#[derive(Debug, Default)]
pub(crate) struct TableDef {
    pub(crate) columns: Vec<Column>,
    pub(crate) constraints: Vec<Constraint>,
    pub(crate) likes: Vec<Like>,
    pub(crate) inherits: Vec<Name>,
    pub(crate) partition_of: Option<Name>,
    pub(crate) is_partitioned: bool,
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
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: Ident,
    pub(crate) span: Span,
    pub(crate) ty: Option<TypeUse>,
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
    },
    Unique {
        columns: Vec<Ident>,
        using_index: Option<Name>,
    },
    ForeignKey(ForeignKey),
    Check,
    Exclude,
    Default {
        sequence: Option<Name>,
    },
    Identity,
    Generated,
    Other,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct ForeignKey {
    pub(crate) columns: Vec<Ident>,
    pub(crate) table: Name,
    pub(crate) on_delete: Option<(Action, Span)>,
    pub(crate) on_update: Option<(Action, Span)>,
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
#[derive(Debug)]
pub(crate) enum ChangeKind {
    AddColumn(Column),
    DropColumn { column: Ident, cascade: bool },
    SetType { column: Ident, ty: Option<TypeUse> },
    SetDefault { column: Ident, sequence: Option<Name> },
    DropDefault { column: Ident },
    SetNotNull { column: Ident },
    DropNotNull { column: Ident },
    AddIdentity { column: Ident },
    DropIdentity { column: Ident },
    AddConstraint(Constraint),
    DropConstraint { name: Ident, cascade: bool },
    RenameColumn { from: Ident, to: Ident },
    RenameConstraint { from: Ident, to: Ident },
    RenameTo(Ident),
    SetSchema(Ident),
    AttachPartition(Name),
    DetachPartition { name: Name, concurrently: bool },
    AddValue(String),
    RenameValue { from: String, to: String },
    Other,
}

/// CREATE INDEX.
#[derive(Debug)]
pub(crate) struct IndexDef {
    /// One for each column; `None` for an expression.
    pub(crate) columns: Vec<Option<Ident>>,
    /// What PostgreSQL calls each of them, of which it makes a name for an index without one.
    pub(crate) labels: Vec<String>,
    pub(crate) is_unique: bool,
    pub(crate) is_partial: bool,
    /// Whether it can do other things than one on the columns alone: an operator class, a collation, an order of its own,
    /// further columns in its leaves.
    pub(crate) is_special: bool,
    pub(crate) method: Option<String>,
}

/// CREATE TYPE and CREATE DOMAIN.
#[derive(Debug)]
pub(crate) enum TypeDef {
    Enum(Vec<String>),
    Composite,
    Range,
    Domain(Option<TypeUse>),
    Other,
}

/// CREATE FUNCTION and CREATE PROCEDURE.
#[derive(Debug, Default)]
pub(crate) struct Routine {
    pub(crate) is_security_definer: bool,
    pub(crate) returns_trigger: bool,
    /// `BEGIN ATOMIC` or `RETURN`: names are resolved once, when it is created.
    pub(crate) is_atomic: bool,
    pub(crate) settings: Vec<Setting>,
    /// Where another option can be put in.
    pub(crate) options_at: usize,
}
