//! What can be asked for.

use super::measuring::arguments::{Arguments, number};

const HELP: &str = "\
cargo bench --package multitenant-tests --bench requests -- [OPTIONS]

  --queries N             queries of a contender in a repetition [20000]
  --tasks N               tasks that ask at once [32]
  --repetitions R         interleaved repetitions [10]
  --only NAME             one workload: one, hundred, thousands, count; may be given again
  --without NAME          leaves a contender out: plain, verified, floor, pipelined, per-tenant; may
                          be given again
  --json                  JSON lines instead of tables
  --test, --quick         every workload once, with few queries and tenants
";

/// What was asked for.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) arguments: Arguments,
    pub(crate) queries: usize,
    pub(crate) tasks: usize,
    /// Of the workload with very many.
    pub(crate) many: usize,
    /// In a process of its own: among how many it asks.
    pub(crate) tenants: usize,
    /// Contenders that are left out.
    pub(crate) without: Vec<String>,
}

impl Options {
    pub(crate) fn leaves_out(&self, contender: &str) -> bool {
        self.without.iter().any(|name| name == contender)
    }

    pub(crate) fn of_the_command_line() -> Self {
        let (mut queries, mut tasks, mut tenants, mut without) = (None, 32, 0, Vec::new());
        let arguments = Arguments::read(HELP, |argument, value| {
            match argument {
                "--queries" => queries = Some(number(HELP, &value())),
                "--tasks" => tasks = number(HELP, &value()).max(1),
                "--tenants" => tenants = number(HELP, &value()),
                "--without" => without.push(value()),
                _ => return false,
            }
            true
        });
        let (usual, many) = if arguments.quick { (500, 200) } else { (20_000, 5_000) };
        Self { arguments, queries: queries.unwrap_or(usual), tasks, many, tenants, without }
    }
}
