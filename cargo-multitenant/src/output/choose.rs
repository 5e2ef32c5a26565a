//! Questions with several answers, to whoever sits at the terminal.

use std::io::{self, IsTerminal as _};

use dialoguer::{Confirm, Input, MultiSelect, Select};

use crate::error::CliError;
use crate::interrupt::Signal;

/// Whether there is anybody to ask.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks for one of these.
pub(crate) fn choose(prompt: &str, items: &[String], default: usize) -> Result<usize, CliError> {
    answered(Select::new().with_prompt(prompt).items(items).default(default).interact())
}

/// Asks for any of these.
pub(crate) fn choose_any(prompt: &str, items: &[String], defaults: &[bool]) -> Result<Vec<usize>, CliError> {
    answered(MultiSelect::new().with_prompt(prompt).items(items).defaults(defaults).interact())
}

/// Asks for a line that `check` finds nothing wrong with.
pub(crate) fn choose_text(
    prompt: &str,
    default: Option<String>,
    check: impl Fn(&str) -> Result<(), String>,
) -> Result<String, CliError> {
    let input = Input::<String>::new().with_prompt(prompt).validate_with(|text: &String| check(text));
    answered(match default {
        Some(default) => input.default(default).interact_text(),
        None => input.interact_text(),
    })
}

/// Asks for agreement, which Enter is.
pub(crate) fn agree(prompt: &str) -> Result<bool, CliError> {
    answered(Confirm::new().with_prompt(prompt).default(true).interact())
}

/// A question that is not answered leaves the cursor hidden.
pub(crate) fn restore_terminal() {
    let _ = dialoguer::console::Term::stderr().show_cursor();
}

fn answered<T>(answer: dialoguer::Result<T>) -> Result<T, CliError> {
    answer.map_err(|dialoguer::Error::IO(error)| {
        restore_terminal();
        match error.kind() {
            io::ErrorKind::Interrupted => CliError::Interrupted(Signal::Interrupt),
            _ => CliError::System(error),
        }
    })
}
