//! Drift on a real server: every kind of it, equal schemas, where migrations are replayed, and a large fleet.

mod careful;
mod equal;
mod kinds;
mod large;
mod project;
mod replayed;
mod reviewed;
