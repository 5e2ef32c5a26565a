//! How tenants are kept apart in the database beyond their schemas: a role for each, where that is asked for.
//!
//! A tenant's role may use the tenant's schema and nothing of another's; what all tenants may do in the shared schema is
//! granted to one group, of which each tenant's role is a member. The application's connections take the role on while
//! they serve the tenant (`pool/`). `settings/` says what the roles are called, `problem.rs` which of them nobody may take
//! on, and `expressions.rs` how the server is asked about one. `look.rs` asks how they stand, in two statements for any
//! number of tenants, and `grants.rs` has what brings them in order; `others.rs` sees to what a migration has made as
//! another role, and `withheld.rs` to what no tenant may write to, whoever made it; `report.rs`
//! tells how they stand.
//!
//! Deliberately absent: a role that owns anything, or logs in; rights on further schemas of `isolation.search_path`,
//! which a shared migration grants to the group.

mod expressions;
mod grants;
mod look;
mod others;
mod problem;
mod report;
mod withheld;

#[cfg(feature = "pool")]
pub(crate) use expressions::Expressions;
pub(crate) use grants::{dropped, group, renamed, tenant};
pub(crate) use look::{Look, look};
#[cfg(feature = "pool")]
pub(crate) use problem::RoleProblem;
pub(crate) use report::report;
pub use report::{RoleLack, RoleReport, RolesReport};
pub(crate) use withheld::withhold;
