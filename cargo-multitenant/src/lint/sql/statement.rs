//! The statements of a script.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use super::{Change, Class, Comment, Ident, IndexDef, Name, Object, Role, TableDef, TypeDef};

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
    /// Where it is nested too deep to be read, and how: then there is nothing else.
    pub(crate) excess: Option<(Span, String)>,
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

/// What stands in a statement beside its names.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Flags {
    pub(crate) if_exists: bool,
    pub(crate) if_not_exists: bool,
    pub(crate) or_replace: bool,
    pub(crate) cascade: bool,
    pub(crate) concurrently: bool,
    pub(crate) temporary: bool,
    /// `ALTER TABLE ONLY`, `ON ONLY`: without partitions and children.
    pub(crate) only: bool,
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
    /// Those of them that choose rows; not what is selected, and in which order.
    pub(crate) conditions: BTreeSet<String>,
    /// The texts that a column is to be equal to, with the column's name.
    pub(crate) equals: Vec<(String, Literal)>,
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
    Comment(Comment),
    /// CREATE SEQUENCE, with its options as they were written.
    Sequence(Option<Arc<str>>),
    /// SET, RESET, and ALTER ROLE, DATABASE or SYSTEM with them.
    Setting(Setting),
    Extension {
        name: Option<Ident>,
        schema: Option<Ident>,
        /// Where `WITH SCHEMA` could stand.
        end: usize,
    },
    /// `EXECUTE`; a constant text has been read into `nested`, and concerns nothing beyond that.
    Dynamic(Concerns),
}

/// What a text that is put together at run time may make, change or drop.
#[derive(Debug)]
pub(crate) enum Concerns {
    /// Nothing that the catalogue holds.
    Nothing,
    /// These, in a way that is not known.
    These(Vec<Object>),
    Anything,
}

/// A parameter that is set or reset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) parameter: String,
    /// Empty for RESET.
    pub(crate) values: Vec<String>,
    pub(crate) from_current: bool,
}

impl Setting {
    /// Whether a schema is one of the values.
    pub(crate) fn names(&self, schema: &str) -> bool {
        self.values.iter().any(|value| value == schema)
    }
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
