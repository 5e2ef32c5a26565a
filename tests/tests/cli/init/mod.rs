//! `init`: what it writes where, what it leaves alone, and that what it writes is right.

mod adopted;
mod asked;
mod compiled;
mod folder;
mod refused;
mod written;

pub(crate) use folder::{built_as_we_are, cargo};
