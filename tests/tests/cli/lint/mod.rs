//! `lint`: on whole projects, and against the failures that its rules are about.

mod failures;
mod projects;
mod sarif;
