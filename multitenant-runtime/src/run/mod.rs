//! Carrying out a plan: workers, the lock protocol, retries, events, the report.

mod abandon;
#[cfg(feature = "functions")]
mod blame;
mod blockers;
mod budget;
mod cancellation;
mod confined;
mod context;
mod dependents;
mod event;
mod execute;
mod failure;
mod frame;
#[cfg(feature = "functions")]
mod function;
mod hooks;
mod job;
mod known;
mod lock;
mod outside;
mod preparation;
mod queue;
mod registering;
mod report;
mod retry;
mod script;
mod seats;
mod seeding;
mod step;
mod transaction;
mod visit;
mod waits;
mod wall;
mod worker;

pub(crate) use abandon::abandon;
pub(crate) use budget::Budget;
pub(crate) use cancellation::cancellable;
pub(crate) use context::Context;
pub(crate) use dependents::IN_A_SCHEMA;
pub use event::{Event, Observer};
pub(crate) use execute::execute;
pub use failure::Failure;
pub(crate) use frame::{Frame, Standing};
#[cfg(feature = "functions")]
pub(crate) use function::{Failed, Inside};
pub(crate) use hooks::Hooked;
pub use hooks::{HookError, HookResult, Hooks};
pub(crate) use job::{Job, refusal};
pub(crate) use known::Known;
pub use lock::{Lock, locks_of};
pub(crate) use lock::{creation_lock, lock_key, snapshot_lock};
pub(crate) use preparation::Preparation;
pub(crate) use registering::{Registering, Unregistering};
pub use report::{Outcome, Report, Stop, Summary, TargetReport};
pub(crate) use retry::delays;
pub(crate) use script::{ScriptText, write_target};
pub(crate) use seeding::Seeding;
pub(crate) use step::{StepError, close, meaning_of, send, send_known};
pub(crate) use transaction::{Access, Relocation, Role, Transaction, gives, has};
#[cfg(feature = "functions")]
pub(crate) use visit::missing;
pub(crate) use visit::{Call, Errand, Visitor, visit};
pub(crate) use worker::{Verdict, Worker};
