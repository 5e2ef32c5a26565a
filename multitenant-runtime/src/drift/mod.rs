//! Drift: in what schemas differ from what the migrations make.
//!
//! The migrations are replayed where nobody sees it (`replay`: a transaction that is rolled back; `elsewhere`: a database
//! of its own), and what that makes is read from the catalogue (`catalogue`) into objects with facets (`object`, `kind`).
//! Of the fleet it is asked first which schemas are equal, by one number for each (`fleet`); one of each is then described
//! and compared (`compare`). Differences say what would mend them (`fix`).
//!
//! Nothing is written, and no tenant's table is locked; by default no shared one either. Where the tenants' migrations
//! mention something shared, they are replayed on a shared schema that is made in the same transaction, with the real one
//! renamed out of the way. Only where that fails, and no database can be made, or where somebody asks for it, are they
//! replayed on the real one: what they lock of it, as any creation of a tenant does for its foreign keys, they let go of
//! when they are rolled back, and what a `nextval` takes from a shared sequence stays taken.
//!
//! Of operators and their classes and families, of collations, conversions, and of text search's configurations,
//! dictionaries, parsers and templates it is compared only whether they are there: not what an operator calls, nor to what
//! dictionaries a configuration maps its words. Not compared at all are casts, owners and privileges, comments, the order
//! of columns, what a sequence has come to, and whether a materialised view has rows.

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
pub(crate) use portrait::{portray, portray_within};
pub use report::{Difference, DriftOutcome, DriftReport, Fix, TargetDrift};
