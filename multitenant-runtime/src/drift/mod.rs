//! Drift: in what schemas differ from what the migrations make.
//!
//! The migrations are replayed where nobody sees it (`replay`: a transaction that is rolled back; `elsewhere`: a database
//! of its own), and what that makes is read from the catalogue (`catalogue`) into objects with facets (`object`, `kind`).
//! Of the fleet it is asked first which schemas are equal, by one number for each (`fleet`); one of each is then described
//! and compared (`compare`). Differences say what would mend them (`fix`).
//!
//! Nothing is written, and no tenant's table is locked. What a replay locks of the shared schema, as any creation of a
//! tenant does for its foreign keys, it lets go of when it is rolled back.

mod catalogue;
mod compare;
mod elsewhere;
mod fix;
mod fleet;
mod ignore;
mod judge;
mod kind;
mod names;
mod object;
mod options;
mod portrait;
mod replay;
mod report;

pub use ignore::{Ignore, IgnoreError};
pub(crate) use judge::judge;
pub use kind::ObjectKind;
pub use options::{DriftOptions, DriftReference, Scratch};
pub use portrait::Portrait;
pub(crate) use portrait::portray;
pub use report::{Difference, DriftOutcome, DriftReport, Fix, TargetDrift};
