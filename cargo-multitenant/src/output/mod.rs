//! Where results and messages go, and how texts are made fit for a terminal.
//!
//! Results go to stdout, everything else to stderr. Deliberately absent: what results say; that is `report/`.

mod ask;
mod bug;
#[cfg(feature = "scaffold")]
mod choose;
mod console;
mod diagnostic;
mod escape;
mod mask;
mod style;
mod table;
mod words;

pub(crate) use ask::{Decision, Typed, ask, ask_to_type};
pub(crate) use bug::BugReport;
#[cfg(feature = "scaffold")]
pub(crate) use choose::{agree, can_ask, choose, choose_any, choose_text, restore_terminal};
pub(crate) use console::{Console, Format, Verbosity};
#[cfg(any(test, feature = "tui"))]
pub(crate) use diagnostic::draw;
pub(crate) use escape::{Shown, shown_lines};
pub(crate) use style::{BAD, DIM, GOOD, WARN, paint};
pub(crate) use table::{Align, Cell, Table};
pub(crate) use words::counted;

/// A text without its colours.
#[cfg(test)]
pub(crate) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
