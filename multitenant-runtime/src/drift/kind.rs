//! The kinds of objects that are compared, and what is compared of each.

use std::fmt;

/// A kind of object in a schema.
///
/// ```
/// use multitenant_runtime::ObjectKind;
///
/// assert_eq!(ObjectKind::ForeignKey.to_string(), "foreign key");
/// assert_eq!(ObjectKind::named("foreign-key"), Some(ObjectKind::ForeignKey));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// An enum.
    Enum,
    /// A domain.
    Domain,
    /// A check of a domain.
    DomainConstraint,
    /// A composite type.
    CompositeType,
    /// A range type.
    RangeType,
    /// A type made from functions in C.
    BaseType,
    /// A sequence of its own; an identity's is part of its column.
    Sequence,
    /// A function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
    /// A table, partitioned or foreign ones too.
    Table,
    /// A table's column.
    Column,
    /// A primary key.
    PrimaryKey,
    /// A unique constraint.
    Unique,
    /// A check of a table.
    Check,
    /// An exclusion constraint.
    Exclusion,
    /// An index that is no constraint's.
    Index,
    /// A foreign key.
    ForeignKey,
    /// A view.
    View,
    /// A materialised view.
    MaterializedView,
    /// A rule.
    Rule,
    /// A trigger.
    Trigger,
    /// A policy of row security.
    Policy,
    /// Extended statistics.
    Statistics,
    /// Anything else: of it only whether it is there.
    Other,
}

/// What is compared of an object, in the order in which the catalogue's query writes it; what has no label is not
/// compared.
pub(super) const LOCAL: &str = "";

impl ObjectKind {
    const ALL: [(Self, &'static str, &'static [&'static str]); 25] = [
        (Self::Enum, "enum", &["labels"]),
        (Self::Domain, "domain", &["type", "nullability", "default", "collation"]),
        (Self::DomainConstraint, "domain constraint", &["definition"]),
        (Self::CompositeType, "composite type", &["attributes"]),
        (Self::RangeType, "range type", &["definition"]),
        (Self::BaseType, "base type", &["definition"]),
        (Self::Sequence, "sequence", &["parameters", "owner", "persistence"]),
        (Self::Function, "function", &["definition", LOCAL, LOCAL]),
        (Self::Procedure, "procedure", &["definition", LOCAL, LOCAL]),
        (Self::Aggregate, "aggregate", &["definition", "result", LOCAL, LOCAL]),
        (
            Self::Table,
            "table",
            &[
                "kind",
                "partition key",
                "parent",
                "options",
                "row security",
                "replica identity",
                "type",
                "storage",
                LOCAL,
            ],
        ),
        (
            Self::Column,
            "column",
            &["type", "nullability", "default", "identity", "generated", "collation", "options", LOCAL, LOCAL],
        ),
        (Self::PrimaryKey, "primary key", &["definition", "validity", LOCAL, "options", "use", LOCAL]),
        (Self::Unique, "unique", &["definition", "validity", LOCAL, "options", "use", LOCAL]),
        (Self::Check, "check", &["definition", LOCAL, LOCAL, LOCAL, LOCAL, LOCAL]),
        (Self::Exclusion, "exclusion", &["definition", "validity", LOCAL, "options", "use", LOCAL]),
        (Self::Index, "index", &["definition", "validity", "use", "statistics", LOCAL]),
        (Self::ForeignKey, "foreign key", &["definition", LOCAL, "triggers", LOCAL, LOCAL, LOCAL]),
        (Self::View, "view", &["definition", "options", "defaults"]),
        (Self::MaterializedView, "materialized view", &["definition", "options", LOCAL]),
        (Self::Rule, "rule", &["definition", "state"]),
        (Self::Trigger, "trigger", &["definition", "state", LOCAL]),
        (Self::Policy, "policy", &["command", "roles", "using", "check"]),
        (Self::Statistics, "statistics", &["definition", "target"]),
        (Self::Other, "other", &[]),
    ];

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().map(|(kind, ..)| kind)
    }

    /// The kind of this name; a hyphen may stand for a blank.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.replace('-', " ");
        Self::ALL.into_iter().find(|(_, known, _)| *known == name).map(|(kind, ..)| kind)
    }

    /// Its name: `foreign key`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What is compared of it; the empty ones are not.
    pub(super) fn facets(self) -> &'static [&'static str] {
        self.row().2
    }

    /// Whether it hangs on a table, or a domain, and is missing where that is.
    pub(super) fn is_part(self) -> bool {
        matches!(
            self,
            Self::DomainConstraint
                | Self::Column
                | Self::PrimaryKey
                | Self::Unique
                | Self::Check
                | Self::Exclusion
                | Self::Index
                | Self::ForeignKey
                | Self::Rule
                | Self::Trigger
                | Self::Policy
        )
    }

    fn row(self) -> (Self, &'static str, &'static [&'static str]) {
        let [.., other] = Self::ALL;
        Self::ALL.into_iter().find(|(kind, ..)| *kind == self).unwrap_or(other)
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
