//! What can be asked for.

use super::measuring::arguments::{Arguments, number};

const HELP: &str = "\
cargo bench --package multitenant-tests --bench fleet -- [OPTIONS]

  --tenants N             tenants of the workloads that write [300]
  --repetitions R         interleaved repetitions [10]
  --loop-repetitions R    of them, those in which the loop over diesel_migrations runs too [as many]
  --only NAME             one workload: start, nothing, small, five, create, provision, count; may
                          be given again
  --statements            with `--only count`: what each kind of statement costs the server
  --json                  JSON lines instead of tables
  --test, --quick         every workload once, with few tenants
";

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) arguments: Arguments,
    pub(crate) tenants: usize,
    /// Of the authoritative reading.
    pub(crate) histories: usize,
    /// Of the start-up check, and of the run over very many.
    pub(crate) many: usize,
    /// Over how many tenants the loop goes where nothing is pending; the rest is extrapolated.
    pub(crate) looped: usize,
    pub(crate) loop_repetitions: usize,
    /// Whether the server's time is told by statement.
    pub(crate) statements: bool,
}

impl Options {
    pub(crate) fn of_the_command_line() -> Self {
        let (mut tenants, mut loop_repetitions, mut statements) = (None, usize::MAX, false);
        let arguments = Arguments::read(HELP, |argument, value| {
            match argument {
                "--tenants" => tenants = Some(number(HELP, &value())),
                "--loop-repetitions" => loop_repetitions = number(HELP, &value()),
                "--statements" => statements = true,
                _ => return false,
            }
            true
        });
        let (few, histories, many, looped) =
            if arguments.quick { (20, 60, 100, 20) } else { (300, 3_000, 10_000, 300) };
        let tenants = tenants.unwrap_or(few);
        Self { arguments, tenants, histories, many, looped, loop_repetitions, statements }
    }
}
