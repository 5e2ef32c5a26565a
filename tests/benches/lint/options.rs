//! What can be asked for.

use super::measuring::arguments::{Arguments, number};

const HELP: &str = "\
cargo bench --package multitenant-tests --bench lint -- [OPTIONS]

  --migrations N          migrations of a project, each with up.sql and down.sql [2000]
  --repetitions R         interleaved repetitions [10]
  --only NAME             one shape: small, tables, history; may be given again
  --json                  JSON lines instead of tables
  --test, --quick         every shape once, with few migrations

squawk is measured where it is on PATH (`pip install squawk-cli`).
";

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) arguments: Arguments,
    pub(crate) migrations: usize,
}

impl Options {
    pub(crate) fn of_the_command_line() -> Self {
        let mut migrations = None;
        let arguments = Arguments::read(HELP, |argument, value| {
            let is_ours = argument == "--migrations";
            if is_ours {
                migrations = Some(number(HELP, &value()).max(1));
            }
            is_ours
        });
        let usual = if arguments.quick { 40 } else { 2_000 };
        Self { arguments, migrations: migrations.unwrap_or(usual) }
    }
}
