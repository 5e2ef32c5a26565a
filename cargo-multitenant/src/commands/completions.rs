//! `cargo multitenant completions`

use clap::{Args, Command};
use clap_complete::Shell;

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;

/// What a shell needs to complete commands and flags, for stdout
///
/// It is about the program `cargo-multitenant`. In zsh, cargo's own completion hands `cargo multitenant …` on to it; in
/// the other shells write `cargo-multitenant …`, which is the same program, or an alias for it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant completions bash > ~/.local/share/bash-completion/completions/cargo-multitenant
  cargo multitenant completions zsh > ~/.zfunc/_cargo-multitenant      with `fpath+=~/.zfunc` before compinit
  cargo multitenant completions fish > ~/.config/fish/completions/cargo-multitenant.fish
  cargo multitenant completions powershell >> $PROFILE")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, context: &Context, mut command: Command) -> Result<u8, CliError> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "cargo-multitenant", &mut script);
        context.console.raw(&String::from_utf8_lossy(&script))?;
        Ok(exit_code::DONE)
    }
}
