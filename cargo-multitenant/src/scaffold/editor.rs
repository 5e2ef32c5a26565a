//! The user's editor.

use std::path::PathBuf;
use std::process::Command;

use crate::config::{Environment, slashes};
use crate::error::CliError;

/// The user's editor, with its arguments as a shell reads them.
#[derive(Debug)]
pub(crate) struct Editor {
    command: String,
}

impl Editor {
    /// What `$VISUAL` or `$EDITOR` says.
    pub(crate) fn of(environment: &Environment) -> Result<Self, CliError> {
        let command = environment.editor().map(str::to_owned);
        command.map(|command| Self { command }).ok_or_else(|| {
            CliError::Usage(
                "--edit opens $VISUAL or $EDITOR, and neither is set: set one, as in EDITOR='code --wait', or leave --edit \
                 out"
                    .to_owned(),
            )
        })
    }

    /// Opens files, and waits until they are closed.
    pub(crate) fn open(&self, files: &[PathBuf]) -> Result<(), CliError> {
        let failed = |how: String, source| CliError::Files {
            what: format!(
                "the editor `{}` {how}; what was scaffolded stays: {}",
                self.command,
                files.iter().map(|file| slashes(file)).collect::<Vec<_>>().join(", ")
            ),
            help: Some("correct $VISUAL or $EDITOR, or open the files by hand"),
            source,
        };
        let status =
            self.process(files).status().map_err(|error| failed("cannot be started".to_owned(), Some(error)))?;
        if status.success() { Ok(()) } else { Err(failed(format!("ended with {status}"), None)) }
    }

    #[cfg(unix)]
    fn process(&self, files: &[PathBuf]) -> Command {
        // As git does it: the shell splits the arguments, and the files come as parameters, whatever their names hold.
        let mut process = Command::new("sh");
        process.arg("-c").arg(format!("{} \"$@\"", self.command)).arg(&self.command).args(files);
        process
    }

    #[cfg(not(unix))]
    fn process(&self, files: &[PathBuf]) -> Command {
        let quoted = self.command.strip_prefix('"').and_then(|rest| rest.split_once('"'));
        let (program, arguments) =
            quoted.or_else(|| self.command.split_once(' ')).unwrap_or((self.command.as_str(), ""));
        let mut process = Command::new(program);
        process.args(arguments.split_whitespace()).args(files);
        process
    }
}
