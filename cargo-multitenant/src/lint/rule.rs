//! What a rule is.

use super::context::{At, Context, MigrationAt, TableAt};
use super::sink::Sink;
use crate::finding::{Code, Level};

/// A rule of the linter.
#[derive(Debug)]
pub(crate) struct Rule {
    /// By which configurations, suppressions and people call it.
    pub(crate) name: &'static str,
    /// Its documentation, in Markdown of a fixed form; `explain` and the manual are made of it.
    pub(crate) docs: &'static str,
    /// The level where nobody sets one.
    pub(crate) level: Level,
    pub(crate) kind: Kind,
    pub(crate) checks: &'static [Check],
    /// The rules of squawk whose `-- squawk-ignore` counts for this one too.
    pub(crate) squawk: &'static [&'static str],
    pub(crate) options: &'static [OptionSpec],
}

impl Rule {
    pub(crate) fn code(&self) -> Code {
        Code { name: self.name, docs: self.docs, level: self.level }
    }
}

/// What a rule is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// What leaks from one tenant to another, or breaks from the second tenant on.
    Isolation,
    /// What a table should have.
    Convention,
    /// What things are called.
    Naming,
    /// How migrations are written.
    Hygiene,
    /// What locks, rewrites or breaks what is running.
    Safety,
}

impl Kind {
    /// The heading in the manual.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Isolation => "Isolation",
            Self::Convention => "Conventions",
            Self::Naming => "Naming",
            Self::Hygiene => "Migrations",
            Self::Safety => "Safety and performance",
        }
    }

    /// Whether `lint.start_after` leaves older migrations out.
    pub(crate) fn has_start(self) -> bool {
        matches!(self, Self::Hygiene | Self::Safety)
    }
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    /// Every statement, those of `DO` blocks and functions too.
    Statement(fn(&At<'_>, &mut Sink<'_>)),
    /// Every migration.
    Migration(fn(&MigrationAt<'_>, &mut Sink<'_>)),
    /// Every table as it is in the end.
    Table(fn(&TableAt<'_>, &mut Sink<'_>)),
    /// The project, once.
    Project(fn(&Context<'_>, &mut Sink<'_>)),
    /// What all rules have found; see `suppress.rs`.
    Last,
}

/// An option of a rule.
#[derive(Debug)]
pub(crate) struct OptionSpec {
    pub(crate) name: &'static str,
    pub(crate) default: OptionDefault,
    /// What it does, in one sentence.
    pub(crate) docs: &'static str,
}

/// What an option is if nobody sets it, and so of which kind it is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum OptionDefault {
    /// One of these, the first if nobody says which.
    Choice(&'static [&'static str]),
    Texts(&'static [&'static str]),
    Number(u32),
}

/// Declares the rule of a file: its documentation, name, level, kind and check.
macro_rules! rule {
    (
        $(#[doc = $doc:literal])+
        $name:literal: $level:ident, $kind:ident, $check:expr
        $(, also: $also:expr)?
        $(, squawk: [$($squawk:literal),* $(,)?])?
        $(, options: [$($option:literal = $default:expr => $what:literal),* $(,)?])?
        $(,)?
    ) => {
        pub(super) const RULE: $crate::lint::rule::Rule = $crate::lint::rule::Rule {
            name: $name,
            docs: concat!($($doc, "\n"),+),
            level: $crate::finding::Level::$level,
            kind: $crate::lint::rule::Kind::$kind,
            checks: &[$check, $($also)?],
            squawk: &[$($($squawk),*)?],
            options: &[$($($crate::lint::rule::OptionSpec { name: $option, default: $default, docs: $what }),*)?],
        };
    };
}
pub(super) use rule;
