//! What a check is.

use std::future::Future;
use std::pin::Pin;

use multitenant_runtime::Failure;

use super::ground::Ground;
use crate::finding::{Complaint, Level};

/// A check of the doctor.
#[derive(Debug)]
pub(crate) struct Check {
    /// By which findings and `explain` call it.
    pub(crate) name: &'static str,
    /// What its line begins with.
    pub(crate) title: &'static str,
    /// Its documentation, in Markdown of a fixed form.
    pub(crate) docs: &'static str,
    /// How bad what it finds usually is.
    pub(crate) level: Level,
    pub(crate) area: Area,
    pub(crate) run: for<'a> fn(&'a Ground) -> Looking<'a>,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Area {
    /// Files: the configuration, the migrations, what the application embeds.
    Project,
    /// The server, the database, the role.
    Database,
    /// Registry, schemas, histories, roles.
    Tenants,
    /// What works with one tenant and not with two.
    Traps,
}

/// A check at its work.
pub(crate) type Looking<'a> = Pin<Box<dyn Future<Output = Result<Verdict, Blocked>> + 'a>>;

/// What a check has found.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// In order; in a few words what is so.
    Good(String),
    /// Something is wrong: in a few words, and as complaints, of which there is at least one.
    Bad(String, Vec<Complaint>),
    /// There is nothing here that it could be about: no roles are configured, there are no tenants.
    Nothing,
}

/// Why a check cannot say anything.
#[derive(Debug, Clone)]
pub(crate) struct Blocked(pub(crate) String);

impl Area {
    /// The heading in the manual.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Database => "Database",
            Self::Tenants => "Tenants",
            Self::Traps => "Traps",
        }
    }
}

impl Check {
    /// A complaint of this check.
    pub(crate) fn complaint(&self, message: impl Into<String>) -> Complaint {
        Complaint::new(self.name, self.level, message)
    }
}

impl Verdict {
    /// Good, unless there is something to complain of.
    pub(crate) fn of(good: impl Into<String>, bad: impl Into<String>, complaints: Vec<Complaint>) -> Self {
        if complaints.is_empty() { Self::Good(good.into()) } else { Self::Bad(bad.into(), complaints) }
    }
}

impl From<Failure> for Blocked {
    /// The server refuses a question, for instance for lack of rights.
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

/// Declares the check of a file: its documentation, name, title, level, area and function.
macro_rules! check {
    (
        $(#[doc = $doc:literal])+
        $name:literal: $level:ident, $area:ident, $title:literal, $run:path
    ) => {
        pub(super) const CHECK: $crate::doctor::check::Check = $crate::doctor::check::Check {
            name: $name,
            title: $title,
            docs: concat!($($doc, "\n"),+),
            level: $crate::finding::Level::$level,
            area: $crate::doctor::check::Area::$area,
            run: |ground| Box::pin($run(ground)),
        };
    };
}
pub(super) use check;
