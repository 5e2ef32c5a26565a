//! What a statement names.

use super::Span;

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
