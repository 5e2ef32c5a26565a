//! What was found.

use std::fmt;
use std::time::Duration;

use crate::migration::without_variables;
use crate::registry::UnusableTenant;
use crate::run::Failure;
use crate::target::Target;

use super::ObjectKind;

/// How the targets stand against the reference; from [`Migrator::drift`](crate::Migrator::drift).
#[derive(Debug, Clone)]
#[non_exhaustive]
#[must_use]
pub struct DriftReport {
    /// Every target in the scope, the shared schema first.
    pub targets: Vec<TargetDrift>,
    /// Tenants that the registry has and nobody can look at.
    pub unusable: Vec<UnusableTenant>,
    /// What the targets were compared with, as in `the migrations, replayed in a transaction that was rolled back`.
    pub reference: String,
    /// How many statements were sent to read the catalogue, whatever the number of tenants.
    pub statements: usize,
    /// How long it took.
    pub duration: Duration,
}

/// How one target stands.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TargetDrift {
    /// The target.
    pub target: Target,
    /// Whether it is equal.
    pub outcome: DriftOutcome,
    /// In what it differs, in the order in which it would be mended.
    pub differences: Vec<Difference>,
    /// How many differences were left out because somebody wanted them ignored.
    pub ignored: usize,
}

/// How one target stands against the reference.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DriftOutcome {
    /// Nothing differs.
    Equal,
    /// Something differs.
    Different,
    /// This many migrations are pending: what they would make is no drift yet.
    Behind(usize),
    /// It cannot be compared, for this reason.
    NotComparable(Box<Failure>),
}

/// One thing in which a schema differs from the reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Difference {
    /// What kind of object it is about.
    pub kind: ObjectKind,
    /// The object's name, behind its table's where it is a part of one: `orders.total`.
    pub object: String,
    /// What of it differs, as in `default`; `None` where it is missing, or should not be there.
    pub facet: Option<&'static str>,
    /// What the reference has; `None` where it has no such object, or nothing there.
    pub expected: Option<String>,
    /// What the target has; `None` where it has no such object, or nothing there.
    pub found: Option<String>,
    /// What would mend it, where that can be said.
    pub fix: Option<Fix>,
}

/// Statements that mend a difference, each for itself: some cannot run in a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Fix {
    /// The statements, without a semicolon at the end.
    pub statements: Vec<String>,
    /// Those that can only follow when other missing objects are there: foreign keys of a missing table.
    pub afterwards: Vec<String>,
    /// Whether they would take rows away, or what others may use: a person decides.
    pub is_destructive: bool,
    /// Why a person decides, where the statements do not say it themselves.
    pub reason: Option<&'static str>,
}

impl DriftReport {
    /// Whether anything differs.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        self.targets.iter().any(|target| target.outcome == DriftOutcome::Different)
    }
}

impl fmt::Display for Difference {
    /// One line: ``column `orders.total`: type text, expected integer``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, object, facet, expected, found, .. } = self;
        write!(f, "{kind} `{object}`")?;
        let said = |text: &Option<String>| text.clone().unwrap_or_else(|| "nothing".to_owned());
        match facet {
            Some(facet) => write!(f, ": {facet} {}, expected {}", said(found), said(expected)),
            None if self.is_missing() => f.write_str(" is missing"),
            None => f.write_str(" should not be there"),
        }
    }
}

impl Difference {
    /// Whether the target lacks the object.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.facet.is_none() && self.found.is_none()
    }

    /// Whether the target has the object, and the reference does not.
    #[must_use]
    pub fn is_extra(&self) -> bool {
        self.facet.is_none() && self.expected.is_none()
    }
}

impl Fix {
    pub(super) fn new(statements: impl IntoIterator<Item = String>) -> Self {
        Self {
            statements: statements.into_iter().collect(),
            afterwards: Vec::new(),
            is_destructive: false,
            reason: None,
        }
    }

    /// The same in comments, for this reason.
    pub(super) fn commented(self, reason: &'static str) -> Self {
        Self { is_destructive: true, reason: Some(reason), ..self }
    }

    pub(super) fn destructive(statement: String) -> Self {
        Self { is_destructive: true, ..Self::new([statement]) }
    }

    /// As one text: each statement with a semicolon, and in a comment where it is destructive.
    #[must_use]
    pub fn sql(&self) -> String {
        let all: Vec<String> = self.statements.iter().chain(&self.afterwards).map(|sql| self.written(sql)).collect();
        all.join("\n")
    }

    /// One of its statements, as psql reads it: with a semicolon, and in a comment where it is destructive.
    #[must_use]
    pub fn written(&self, statement: &str) -> String {
        let sql = format!("{};", without_variables(statement));
        if self.is_destructive { format!("-- destructive: {}", sql.replace('\n', "\n-- ")) } else { sql }
    }
}
