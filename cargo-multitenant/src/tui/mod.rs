//! The terminal UI: every screen of the project on one terminal, and what can be done with it.
//!
//! `state/` is the model, `update/` what follows from a key or an answer, `keymap.rs` the one table of keys, `view/` the
//! frame: all pure, and tested without a terminal. `effects/` does what is to be done with the functions that the commands
//! call too, `items/` makes rows of what they answer, `terminal.rs` takes the terminal and gives it back whatever
//! happens, and `run.rs` is the loop. Deliberately absent: any rule about tenants or migrations, and any second way to do
//! what a command does.

mod effects;
mod items;
mod keymap;
mod message;
mod run;
mod state;
mod terminal;
mod update;
mod view;

pub(crate) use run::open;
pub(crate) use terminal::is_terminal;
