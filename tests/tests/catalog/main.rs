//! The linter's catalogue, compared with PostgreSQL's: what the linter folds out of migrations without a server is what
//! a server has after them.
//!
//! `MULTITENANT_PROJECT=/path/to/migrations[:/another…]` compares other people's projects too;
//! `MULTITENANT_EXTENSIONS=pgcrypto,…` makes these in `public` first.
#![expect(clippy::unwrap_used, reason = "tests")]

mod applied;
mod compared;
mod constructs;
mod environment;
mod introspected;
mod real_projects;
