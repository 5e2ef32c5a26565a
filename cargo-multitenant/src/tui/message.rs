//! What happens to the UI, and what it wants done: the two sides between what is pure and what is not.

use std::time::Duration;

use multitenant_runtime::{Extent, Operation, Outcome, SchemaName, SchemaTemplate, Scope, TenantId, Tier, Version};
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::interrupt::Signal;
use crate::report::Kind;

use super::state::{Content, Line, Screen, Trouble};

/// Something happened.
#[derive(Debug)]
pub(crate) enum Message {
    /// A key, and when it came: it may be older than what it seems to answer.
    Typed(Key, Duration),
    /// Text from somewhere else, which is no keys.
    Pasted(String),
    /// The last frame is on the terminal since then.
    Drawn(Duration),
    Resized(u16, u16),
    /// So much time is over.
    Tick(Duration),
    Signal(Signal),
    /// How all schemas stand; looks are numbered as they begin.
    Seen(u64, Box<Result<Seen, Trouble>>),
    /// What was read for one screen, numbered among the looks.
    Read(u64, Screen, Result<Content, Trouble>),
    /// What an operation would do.
    Foretold(Box<Result<Foretold, Trouble>>),
    /// What would go with a tenant.
    Overview(String, Result<Vec<Line>, Trouble>),
    /// Something happened in the run.
    Happened(Happening),
    RunEnded(RunEnd),
    /// How far a chore has come.
    Progress(String),
    /// What became of a chore.
    Done(Chore, Result<Vec<Line>, Trouble>),
}

/// A key, without what depends on the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) code: KeyCode,
    pub(crate) is_control: bool,
}

impl Key {
    pub(crate) const fn new(code: KeyCode) -> Self {
        Self { code, is_control: false }
    }

    pub(crate) const fn char(c: char) -> Self {
        Self::new(KeyCode::Char(c))
    }

    pub(crate) const fn control(c: char) -> Self {
        Self { code: KeyCode::Char(c), is_control: true }
    }

    /// The key of an event; a key that is let go is none.
    pub(crate) fn of(event: &KeyEvent) -> Option<Self> {
        let is_control = event.modifiers.contains(KeyModifiers::CONTROL);
        (event.kind != KeyEventKind::Release).then_some(Self { code: event.code, is_control })
    }
}

/// What is to be done that is not pure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Look at all schemas.
    Look,
    /// Read one screen's list.
    Read(Screen),
    /// See what would be done.
    Foretell(Request),
    Run(Job),
    /// See what would go with a tenant.
    Overview(String),
    Do(Chore),
    /// End what is at work, in order.
    Stop,
    /// End it at once.
    Abandon,
}

/// An operation over schemas that somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) kind: Kind,
    pub(crate) scope: Scope,
    /// Up to this version.
    pub(crate) to: Option<Version>,
    /// Of seeds: their environment, and whether they are recorded.
    pub(crate) environment: Option<String>,
    pub(crate) once: bool,
}

impl Request {
    pub(crate) fn new(kind: Kind, scope: Scope) -> Self {
        Self { kind, scope, to: None, environment: None, once: false }
    }

    /// The same of other schemas.
    pub(crate) fn again(&self, scope: Scope) -> Self {
        Self { scope, ..self.clone() }
    }

    /// The operation; seeds are none.
    pub(crate) fn operation(&self) -> Option<Operation> {
        let operation = match self.kind {
            Kind::Migrate => Operation::migrate(self.scope.clone()),
            Kind::Rollback => Operation::rollback(self.scope.clone(), Extent::default()),
            _ => return None,
        };
        Some(match &self.to {
            Some(version) => operation.to(version.clone()),
            None => operation,
        })
    }

    /// What it is called on the board.
    pub(crate) fn title(&self) -> &'static str {
        match self.kind {
            Kind::Rollback => "Rolling back",
            Kind::Seed => "Seeding",
            _ => "Migrating",
        }
    }
}

/// A run that somebody has agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Job {
    pub(crate) request: Request,
    /// As it was shown; of seeds none.
    pub(crate) operation: Option<Operation>,
    pub(crate) targets: Vec<Planned>,
}

/// A target of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planned {
    pub(crate) tenant: Option<String>,
    pub(crate) schema: String,
    pub(crate) steps: usize,
}

/// What an operation would do.
#[derive(Debug)]
pub(crate) struct Foretold {
    pub(crate) job: Job,
    pub(crate) lines: Vec<Line>,
    pub(crate) question: String,
    pub(crate) has_work: bool,
}

/// What is done to one tenant or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chore {
    Create { id: TenantId, columns: Vec<(String, String)>, environment: Option<String> },
    Clone { source: TenantId, new: TenantId, is_structure: bool },
    Rename { old: TenantId, new: TenantId },
    Drop(TenantId),
    Archive(TenantId),
    Restore(TenantId),
    Generate { tier: Tier, name: String },
}

impl Chore {
    /// What is being done.
    pub(crate) fn doing(&self) -> String {
        match self {
            Self::Create { id, .. } => format!("creating {:?}", id.as_str()),
            Self::Clone { source, new, .. } => format!("cloning {:?} as {:?}", source.as_str(), new.as_str()),
            Self::Rename { old, .. } => format!("renaming {:?}", old.as_str()),
            Self::Drop(id) => format!("dropping {:?}", id.as_str()),
            Self::Archive(id) => format!("archiving {:?}", id.as_str()),
            Self::Restore(id) => format!("restoring {:?}", id.as_str()),
            Self::Generate { name, .. } => format!("writing {name:?}"),
        }
    }
}

/// All that one look at the schemas shows.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) fleet: Fleet,
    /// One for each of the screens that are looked at, in their order.
    pub(crate) contents: [Content; 4],
}

/// The schemas, for what is done with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fleet {
    /// The project's folder and its database, without a password.
    pub(crate) place: String,
    /// The shared schema's name, where there are shared migrations.
    pub(crate) shared: Option<String>,
    /// The tenants' ids and schemas.
    pub(crate) tenants: Vec<(String, String)>,
    /// Which schema a new tenant gets, and which one it cannot get.
    pub(crate) naming: Option<(SchemaTemplate, SchemaName)>,
    /// What is odd about the configuration.
    pub(crate) warnings: Vec<String>,
}

/// Something happened in a run, without types that only the runtime can make.
#[derive(Debug, Clone)]
pub(crate) enum Happening {
    Began {
        schema: String,
        tenant: Option<String>,
        steps: usize,
    },
    Step {
        schema: String,
        what: String,
    },
    StepDone {
        schema: String,
    },
    Held {
        schema: String,
    },
    Retrying {
        schema: String,
        attempt: u32,
        delay: Duration,
        failure: FailureText,
    },
    Finished {
        schema: String,
        tenant: Option<String>,
        outcome: Outcome,
        failure: Option<FailureText>,
    },
    /// About the run as a whole.
    Said(String),
}

/// A failure as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FailureText {
    /// In one line.
    pub(crate) brief: String,
    pub(crate) lines: Vec<Line>,
}

/// How a run has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunEnd {
    /// Whether all is as it was to be.
    pub(crate) is_complete: bool,
    /// Whether what had begun was brought to its end.
    pub(crate) is_orderly: bool,
    /// The counts, or the error that ended it.
    pub(crate) text: String,
    /// What else is to be known: schema code that was written.
    pub(crate) lines: Vec<Line>,
}

/// The UI is to be left, and something is at work still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Leaving {
    pub(crate) code: u8,
    /// Since when it is ended in order.
    pub(crate) since: Duration,
}
