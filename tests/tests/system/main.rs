//! The whole, as production data and an attacker would try it: Diesel's own harness on the same histories, several
//! processes at once, `kill -9`, large fleets, poolers, servers that refuse, and other people's migrations.
//!
//! `MULTITENANT_LONG=1` takes the full sizes; without it each test takes some seconds.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod ambiguity;
mod blockers;
mod cancellations;
#[cfg(unix)]
mod changed;
mod command_line;
mod counted;
mod diesel;
mod drift;
mod environment;
mod faults;
mod fleet;
mod kills;
mod leftovers;
mod losses;
mod moments;
mod one_of_many;
mod pooler;
mod positions;
mod processes;
mod random_faults;
mod real_projects;
mod refusals;
mod scale;
mod statements;
mod timeouts;
mod worker;
