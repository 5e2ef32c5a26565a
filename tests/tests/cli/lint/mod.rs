//! `lint`: on whole projects, and against the failures that its rules are about.

mod called;
mod failures;
mod mending;
mod projects;
mod reading;
mod sarif;
