//! Copies of a tenant: in another schema of the same database, or in a file.
//!
//! What a schema is made of is read from the catalogue as statements (`structure`); a clone runs them in a new schema and
//! copies the rows within the server, a dump writes both to a file (`file`), from which a load makes them anew. All of it
//! is one snapshot, and one transaction. What personal columns hold instead is said by rules (`rules`, `check`).
//!
//! What does it is [`Migrator`](crate::Migrator); here is what it does it with.
//!
//! Deliberately absent: `pg_dump`. It writes a schema under the name that it has, for servers of its own version and later,
//! and `pg_restore` cannot give it another one.

mod check;
mod file;
mod heirs;
mod own_name;
mod rules;
mod structure;
mod tenant;

pub(crate) use check::{selected, wrong_rules};
pub use file::{DumpError, TenantDump};
pub(crate) use file::{Header, Part, Recorded, Section, Writer};
pub(crate) use heirs::{inherited, without_rules};
pub(crate) use own_name::{Names, names_in_a_text, shown};
pub use rules::{Anonymise, AnonymiseRules, RuleError};
pub(crate) use structure::{Statement, Structure, Table, Unreadable, read, rights_by_default};
pub use tenant::{CloneOptions, CopiedTenant, DumpedTenant};
