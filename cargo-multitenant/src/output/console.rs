//! The process's stdout and stderr.

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use crate::error::CliError;

use super::diagnostic;
use super::escape::shown_lines;
use super::style::{BAD, WARN, paint};

/// In which form a result is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// Workflow commands of GitHub; of findings only.
    Github,
    /// SARIF 2.1.0; of findings only.
    Sarif,
    /// Rows separated by commas; of rows only.
    Csv,
}

/// How much goes to stderr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verbosity {
    /// Errors only.
    Quiet,
    /// Progress and messages.
    Normal,
    /// Everything that happens, line by line.
    Verbose,
}

/// Where results and messages go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Console {
    pub(crate) color: ColorChoice,
    pub(crate) format: Format,
    pub(crate) verbosity: Verbosity,
}

impl Console {
    /// Writes a result to stdout: the document as JSON, or as the text that `text` makes of it.
    pub(crate) fn result<D: Serialize>(&self, document: &D, text: impl FnOnce(&D) -> String) -> Result<(), CliError> {
        let written = match self.format {
            Format::Json => {
                let mut json =
                    serde_json::to_string_pretty(document).map_err(|error| CliError::Output(error.into()))?;
                json.push('\n');
                // Not through the stream that takes colours out: a tenant's id may look like one.
                write_all(io::stdout().lock(), &json)
            }
            _ => write_all(AutoStream::new(io::stdout().lock(), self.color), &text(document)),
        };
        written.map_err(CliError::Output)
    }

    /// Writes a result to stdout that is for a program and no document: byte for byte.
    pub(crate) fn raw(&self, text: &str) -> Result<(), CliError> {
        write_all(io::stdout().lock(), text).map_err(CliError::Output)
    }

    /// Writes a text to stdout, with colours where they are wanted.
    pub(crate) fn text(&self, text: &str) -> Result<(), CliError> {
        write_all(AutoStream::new(io::stdout().lock(), self.color), text).map_err(CliError::Output)
    }

    /// Writes a message to stderr, unless quiet. It is not escaped: it may hold colours.
    pub(crate) fn message(&self, text: &str) {
        if self.verbosity != Verbosity::Quiet {
            self.to_stderr(text);
        }
    }

    /// Writes what failed to stderr, where stdout is not for people.
    pub(crate) fn failures(&self, text: &str) {
        self.to_stderr(text);
    }

    /// Writes a warning to stderr, unless quiet.
    pub(crate) fn warning(&self, text: &str) {
        self.message(&format!("{}: {}", paint(WARN, "warning"), shown_lines(text)));
    }

    /// Writes an error to stderr.
    pub(crate) fn error(&self, error: &CliError) {
        match error {
            CliError::Config(error) => self.to_stderr(&diagnostic::draw(error)),
            other => self.to_stderr(&format!("{}: {}", paint(BAD, "error"), shown_lines(&other.to_string()))),
        }
    }

    fn to_stderr(self, text: &str) {
        // Nobody is left to be told where stderr cannot be written.
        let _ =
            write_all(AutoStream::new(io::stderr().lock(), self.color), &format!("{}\n", text.trim_end_matches('\n')));
    }
}

/// Writes everything. A reader who has gone away (`… | head`) is no error.
fn write_all(mut stream: impl Write, text: &str) -> io::Result<()> {
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
