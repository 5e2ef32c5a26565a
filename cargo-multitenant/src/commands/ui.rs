//! `cargo multitenant ui`

use std::ffi::OsString;

use clap::Args;

use crate::config::is_project;
use crate::context::Context;
use crate::error::CliError;
use crate::output::Format;
use crate::tui;

/// All of it on one screen: status, migrations, tenants, seeds, health, lint, doctor, drift, and runs as they go
///
/// In a project, `cargo multitenant` without arguments on a terminal opens it too. What changes anything asks first, and
/// what destroys asks for the id, typed again. `?` shows all keys of a screen. Ctrl-C ends a run in order, then leaves;
/// once more it leaves at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant ui                  in a project
  cargo multitenant ui --color never    without colours; NO_COLOR is respected

Exit codes: 0 left, 2 no terminal, 130 and 143 interrupted while something was at work.")]
pub(crate) struct Ui {}

impl Ui {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let Self {} = self;
        if context.console.format != Format::Text {
            return Err(CliError::Usage("`ui` is for people: use `status --format json` for a program".to_owned()));
        }
        if !tui::is_terminal() {
            return Err(CliError::Usage(
                "`ui` needs a terminal, and stdin or stdout is none: use `cargo multitenant status`, `migrate` and the \
                 other commands there (see --help)"
                    .to_owned(),
            ));
        }
        tui::open(context)
    }
}

/// The arguments; where there are none, in a project and on a terminal, those that open the UI.
pub(crate) fn opened_by(mut args: Vec<OsString>) -> Vec<OsString> {
    let opens = args.len() == 1 && tui::is_terminal();
    if opens && std::env::current_dir().is_ok_and(|here| is_project(&here)) {
        args.push("ui".into());
    }
    args
}
