//! `cargo multitenant tenant list`

use clap::Args;

use crate::commands::scope::TenantArgs;
use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::report::TenantListDocument;

/// The tenants, how they stand, and what they hold
///
/// Reads, and writes nothing; as many statements for a thousand tenants as for one. The states are those of `status`, and
/// `archived`. Tables are counted without the history and without partitions.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant list --size              how large they are, with indexes and TOAST
  cargo multitenant tenant list --match 'eu-*'      some of them
  cargo multitenant tenant list --format json")]
pub(super) struct List {
    #[command(flatten)]
    tenants: TenantArgs,
    /// Measure the schemas on the disk
    #[arg(long)]
    size: bool,
}

impl List {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let migrator = project.migrator(|builder| builder)?;
        let list =
            async { migrator.list_tenants(self.tenants.selection(), self.size).await.map_err(CliError::Runtime) };
        let list = block_on(unless_interrupted(list))?;
        let document = TenantListDocument::new(&list, self.size);
        context.console.result(&document, TenantListDocument::text)?;
        Ok(exit_code::DONE)
    }
}
