//! `cargo multitenant snapshot`

use std::path::PathBuf;

use clap::Args;
use multitenant_runtime::{Migrator, SnapshotOutcome, SnapshotReport};

use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::report::SnapshotDocument;

/// Make the snapshot from which tenants are created without replaying all migrations
///
/// Fills two scratch schemas by the migrations, dumps one with pg_dump, proves that the dump makes the same in every
/// object, row and sequence, and keeps it beside the state table. Worth it from some hundred migrations on. It is used
/// as long as migrations and shared schema are the same; whatever is not proven equal is replayed. Run it after `migrate`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant migrate shared && cargo multitenant snapshot
  cargo multitenant snapshot --check                whether there is one; writes nothing; exit code 1 where not

Exit codes: 0 it is there, 1 it is not there under --check, 11 it could not be made now, 12 another process is making \
it, 13 there can be none for these migrations, which are replayed.")]
pub(crate) struct Snapshot {
    /// Tell whether there is one, and write nothing
    #[arg(long)]
    check: bool,
    /// The pg_dump to use [default: in PG_BIN_DIR, on the PATH, where pg_config says, in the usual folders]
    #[arg(long, value_name = "PATH", conflicts_with = "check")]
    pg_dump: Option<PathBuf>,
}

impl Snapshot {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let migrator = project.migrator(|builder| match &self.pg_dump {
            Some(program) => builder.pg_dump(program),
            None => builder,
        })?;
        let report = block_on(unless_interrupted(self.ask(&migrator)))?;
        let document = SnapshotDocument::new(&report);
        context.console.result(&document, SnapshotDocument::text)?;
        Ok(match report.outcome {
            SnapshotOutcome::Made | SnapshotOutcome::Present => exit_code::DONE,
            SnapshotOutcome::Absent => exit_code::FINDINGS,
            SnapshotOutcome::Impossible => exit_code::REFUSED,
            SnapshotOutcome::Held => exit_code::HELD,
            _ => exit_code::FAILED,
        })
    }

    async fn ask(&self, migrator: &Migrator) -> Result<SnapshotReport, CliError> {
        let asked = if self.check { migrator.snapshot().await } else { Box::pin(migrator.make_snapshot()).await };
        asked.map_err(CliError::Runtime)
    }
}
