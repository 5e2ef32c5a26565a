//! The things of the catalogue.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::entries::cut;
use super::fold::Site;
use crate::finding::Place;
use crate::lint::sql::{Action, Column, Identity, KeyOptions, Timing, TypeUse};

/// Where something was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The name in the statement that made it.
    pub(crate) place: Place,
    /// The whole statement, or the column's definition.
    pub(crate) around: Place,
}

/// A table, view, index or sequence.
#[derive(Debug, Clone)]
pub(crate) struct Relation {
    pub(crate) kind: RelationKind,
    pub(crate) origin: Origin,
    /// Where it was given the name that it has, if that is not where it was made.
    pub(crate) named: Option<Origin>,
    pub(crate) columns: Vec<CatalogColumn>,
    pub(crate) primary_key: Option<CatalogKey>,
    pub(crate) uniques: Vec<CatalogKey>,
    pub(crate) foreign_keys: Vec<CatalogForeignKey>,
    pub(crate) checks: Vec<CatalogCheck>,
    /// The table that it is a partition or a child of, with its schema if that was written.
    pub(crate) parent: Option<String>,
    pub(crate) is_partition: bool,
    pub(crate) is_partitioned: bool,
    /// Whether it has, or had, partitions or children.
    pub(crate) has_children: bool,
    /// What a view was made of.
    pub(crate) view: Option<Arc<ViewOf>>,
    /// How it is partitioned, as it was written.
    pub(crate) partition_by: Option<Arc<str>>,
    /// What it holds as a partition, as it was written.
    pub(crate) bounds: Option<Arc<str>>,
    /// The options of a sequence, as they were written.
    pub(crate) options: Option<Arc<str>>,
    pub(crate) comment: Option<Arc<str>>,
    /// Whether its columns may be others than those that are known.
    pub(crate) is_opaque: bool,
}

/// CHECK or EXCLUDE.
#[derive(Debug, Clone)]
pub(crate) struct CatalogCheck {
    /// In the catalogue each has one: its own, or what PostgreSQL calls it.
    pub(crate) name: Option<String>,
    pub(crate) kind: CheckKind,
    /// Every identifier in it: with such a column it goes.
    pub(crate) words: BTreeSet<String>,
    pub(crate) not_valid: bool,
    pub(crate) timing: Timing,
}

/// What rows must hold, one by one or beside each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CheckKind {
    Check {
        expression: Arc<str>,
        no_inherit: bool,
    },
    /// As it was written, with what its items are called in its name.
    Exclude {
        text: Arc<str>,
        labels: Vec<String>,
    },
}

/// What a view was made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct ViewOf {
    /// The names of the relations that it reads.
    pub(crate) relations: BTreeSet<String>,
    /// Every identifier in its query.
    pub(crate) words: BTreeSet<String>,
}

/// What a relation is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RelationKind {
    Table,
    ForeignTable,
    View,
    MaterializedView,
    Sequence,
    Index(CatalogIndex),
}

impl RelationKind {
    pub(crate) fn is_table(&self) -> bool {
        matches!(self, Self::Table | Self::ForeignTable)
    }

    /// Its name in a sentence.
    pub(crate) fn noun(&self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::ForeignTable => "foreign table",
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Sequence => "sequence",
            Self::Index(_) => "index",
        }
    }
}

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogIndex {
    pub(crate) table: String,
    /// One for each column; `None` for an expression.
    pub(crate) columns: Vec<Option<String>>,
    /// What its columns were called in the name that PostgreSQL made for it.
    pub(crate) labels: Vec<String>,
    /// What else it names: with such a column it goes.
    pub(crate) words: BTreeSet<String>,
    pub(crate) is_unique: bool,
    pub(crate) is_partial: bool,
    /// Whether it can do other things than one on the columns alone.
    pub(crate) is_special: bool,
    /// `btree` where nothing else was written.
    pub(crate) method: String,
    /// Each item as it was written.
    pub(crate) items: Vec<Arc<str>>,
    /// Further columns in its leaves.
    pub(crate) include: Vec<String>,
    /// Which rows it holds, as it was written.
    pub(crate) predicate: Option<Arc<str>>,
    pub(crate) nulls_not_distinct: bool,
}

/// A column.
#[derive(Debug, Clone)]
pub(crate) struct CatalogColumn {
    pub(crate) name: String,
    /// Unknown for what comes from a query.
    pub(crate) ty: Option<ColumnType>,
    pub(crate) not_null: bool,
    pub(crate) has_default: bool,
    /// The default as it was written; that of a `serial` is not.
    pub(crate) default: Option<Arc<str>>,
    /// The sequence that its default draws from, as it was written; that of a `serial` has no name here.
    pub(crate) sequence: Option<String>,
    /// The sequence that comes with it, as a `serial` or an identity has one.
    pub(crate) own_sequence: Option<String>,
    /// Of a type such as `serial`.
    pub(crate) is_serial: bool,
    pub(crate) is_identity: bool,
    pub(crate) identity: Option<Identity>,
    pub(crate) is_generated: bool,
    /// What it is computed from, and whether that is stored.
    pub(crate) generated: Option<(Arc<str>, bool)>,
    pub(crate) collation: Option<Arc<str>>,
    pub(crate) comment: Option<Arc<str>>,
    /// Whether it is there because the parent has it.
    pub(crate) is_inherited: bool,
    pub(crate) origin: Origin,
}

/// A column's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ColumnType {
    pub(crate) schema: Option<String>,
    /// PostgreSQL's own name.
    pub(crate) name: String,
    pub(crate) is_array: bool,
    pub(crate) modifiers: Vec<String>,
}

impl ColumnType {
    /// As a message shows it.
    pub(crate) fn shown(&self) -> String {
        let schema = self.schema.as_ref().map(|schema| format!("{schema}.")).unwrap_or_default();
        format!("{schema}{}{}", self.name, if self.is_array { "[]" } else { "" })
    }
}

/// A primary key or a unique constraint.
#[derive(Debug, Clone)]
pub(crate) struct CatalogKey {
    /// In the catalogue each has one: its own, or what PostgreSQL calls it.
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
    pub(crate) options: KeyOptions,
    pub(crate) timing: Timing,
    pub(crate) origin: Origin,
}

/// A foreign key.
#[derive(Debug, Clone)]
pub(crate) struct CatalogForeignKey {
    /// In the catalogue each has one: its own, or what PostgreSQL calls it.
    pub(crate) name: Option<String>,
    pub(crate) columns: Vec<String>,
    /// The table that it leads to, as it was written.
    pub(crate) table: crate::lint::sql::Name,
    /// The columns there; empty where that table is not known.
    pub(crate) target: Vec<String>,
    pub(crate) on_delete: Option<(Action, Place)>,
    pub(crate) on_update: Option<(Action, Place)>,
    /// Those that SET NULL or SET DEFAULT concerns, where not all are meant.
    pub(crate) set_columns: Vec<String>,
    pub(crate) match_full: bool,
    pub(crate) not_valid: bool,
    pub(crate) timing: Timing,
    pub(crate) origin: Origin,
}

/// A type or domain.
#[derive(Debug, Clone)]
pub(crate) struct TypeEntry {
    pub(crate) kind: TypeKind,
    pub(crate) origin: Origin,
    pub(crate) comment: Option<Arc<str>>,
    /// Whether it may have other labels than those that are known.
    pub(crate) is_opaque: bool,
}

/// What a type is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TypeKind {
    Enum(Vec<String>),
    /// With its fields.
    Composite(Vec<(String, Option<ColumnType>)>),
    Range,
    Domain(Domain),
    Other,
}

/// A type with conditions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Domain {
    /// The type beneath it.
    pub(crate) ty: Option<ColumnType>,
    pub(crate) not_null: bool,
    pub(crate) default: Option<Arc<str>>,
    /// By their names.
    pub(crate) checks: Vec<(String, Arc<str>)>,
}

/// A function or procedure; overloads are one entry.
#[derive(Debug, Clone)]
pub(crate) struct RoutineEntry {
    pub(crate) origin: Origin,
    /// Its definition without blanks, to tell whether two are the same.
    pub(crate) text: String,
    /// What it does when it is called.
    pub(crate) body: Arc<[crate::lint::sql::Statement]>,
}

/// A type as the catalogue keeps it.
pub(crate) fn column_type(ty: &TypeUse) -> ColumnType {
    ColumnType {
        schema: ty.schema.clone(),
        name: ty.name.clone(),
        is_array: ty.is_array,
        modifiers: ty.modifiers.clone(),
    }
}

impl Relation {
    /// One without columns.
    pub(crate) fn new(kind: RelationKind, origin: Origin) -> Self {
        Self {
            kind,
            origin,
            named: None,
            columns: Vec::new(),
            primary_key: None,
            uniques: Vec::new(),
            foreign_keys: Vec::new(),
            checks: Vec::new(),
            parent: None,
            is_partition: false,
            is_partitioned: false,
            has_children: false,
            view: None,
            partition_by: None,
            bounds: None,
            options: None,
            comment: None,
            is_opaque: false,
        }
    }

    /// Where it was given its name.
    pub(crate) fn named_at(&self) -> &Origin {
        self.named.as_ref().unwrap_or(&self.origin)
    }

    /// How many relations belong to it that nobody names: the indexes of keys, the sequences of columns.
    pub(crate) fn unnamed(&self) -> usize {
        let sequences = self.columns.iter().filter(|column| column.is_serial || column.is_identity).count();
        // A partition's columns draw from its parent's sequences.
        let sequences = if self.is_partition { 0 } else { sequences };
        usize::from(self.primary_key.is_some()) + self.uniques.len() + sequences
    }

    /// The column of a name.
    pub(crate) fn column(&self, name: &str) -> Option<&CatalogColumn> {
        self.columns.iter().find(|column| column.name == cut(name))
    }
}

impl CatalogColumn {
    /// A column of which only the name is known.
    pub(super) fn unknown(name: &str, origin: &Origin) -> Self {
        Self {
            name: cut(name).to_owned(),
            ty: None,
            not_null: false,
            has_default: false,
            default: None,
            sequence: None,
            own_sequence: None,
            is_serial: false,
            is_identity: false,
            identity: None,
            is_generated: false,
            generated: None,
            collation: None,
            comment: None,
            is_inherited: false,
            origin: origin.clone(),
        }
    }

    /// A column as its definition has it, without what concerns the table.
    pub(super) fn of(column: &Column, site: &Site<'_>) -> Self {
        let origin = Origin {
            place: Place::new(site.file, column.name.span.clone()),
            around: Place::new(site.file, column.span.clone()),
        };
        let collation = column.collation.clone();
        Self { ty: column.ty.as_ref().map(column_type), collation, ..Self::unknown(&column.name.text, &origin) }
    }
}
