//! Carrying out a plan: workers, the lock protocol, retries, events, the report.

mod abandon;
mod blockers;
mod budget;
mod confined;
mod context;
mod event;
mod execute;
mod failure;
mod frame;
#[cfg(feature = "functions")]
mod function;
mod hooks;
mod job;
mod lock;
mod outside;
mod preparation;
mod queue;
mod registering;
mod report;
mod retry;
mod script;
mod seats;
mod step;
mod transaction;
mod waits;
mod wall;
mod worker;

pub(crate) use abandon::abandon;
pub(crate) use budget::Budget;
pub(crate) use context::Context;
pub use event::{Event, Observer};
pub(crate) use execute::execute;
pub use failure::Failure;
pub(crate) use frame::{Frame, Standing};
pub(crate) use hooks::Hooked;
pub use hooks::{HookError, HookResult, Hooks};
pub(crate) use job::{Job, refusal};
pub(crate) use lock::{creation_lock, lock_key, snapshot_lock};
pub(crate) use preparation::Preparation;
pub(crate) use registering::Registering;
pub use report::{Outcome, Report, Stop, Summary, TargetReport};
pub(crate) use retry::delays;
pub(crate) use script::{ScriptText, write_target};
pub(crate) use step::{Known, StepError, send, send_known};
pub(crate) use transaction::Transaction;
pub(crate) use worker::{Verdict, Worker};
