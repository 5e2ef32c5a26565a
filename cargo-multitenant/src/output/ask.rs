//! A question to whoever sits at the terminal.

use std::io::{self, IsTerminal as _};

use crate::error::CliError;
use crate::interrupt::Signal;

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    Yes,
    No,
    /// There is no terminal, so that nobody was asked.
    NobodyToAsk,
}

/// Asks on stderr, and reads one key; without a word of agreement it is a no.
pub(crate) fn ask(question: &str) -> Result<Decision, CliError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(Decision::NobodyToAsk);
    }
    match dialoguer::Confirm::new().with_prompt(question).default(false).interact_opt() {
        Ok(Some(true)) => Ok(Decision::Yes),
        Ok(_) => Ok(Decision::No),
        Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
            Err(CliError::Interrupted(Signal::Interrupt))
        }
        Err(dialoguer::Error::IO(error)) => Err(CliError::System(error)),
    }
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Typed {
    Text(String),
    /// There is no terminal, so that nobody was asked.
    NobodyToAsk,
}

/// Asks on stderr for a line, for what one key is too little.
pub(crate) fn ask_to_type(prompt: &str) -> Result<Typed, CliError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(Typed::NobodyToAsk);
    }
    match dialoguer::Input::<String>::new().with_prompt(prompt).allow_empty(true).interact_text() {
        Ok(text) => Ok(Typed::Text(text)),
        Err(dialoguer::Error::IO(error)) if error.kind() == io::ErrorKind::Interrupted => {
            Err(CliError::Interrupted(Signal::Interrupt))
        }
        Err(dialoguer::Error::IO(error)) => Err(CliError::System(error)),
    }
}
