//! `cargo multitenant tenant archive`

use clap::Args;
use multitenant_runtime::TenantId;

use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::report::ArchiveDocument;

/// Set a tenant aside: nothing serves it or migrates it, and all its data stays
///
/// One transaction, under the tenant's lock: its registry row gets the time (tenants.archived_column), its schema and its
/// role get another name (tenants.archived_schema). `tenant restore` takes it back, `tenant list` shows it.
///
/// Applications are not told: fence the tenant in their pools before (TenantPool::fence).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant archive acme

Exit codes: 0 archived, 3 the registry has no column that says so, 4 no such tenant, 12 held by another run, 13 it is \
archived already, or the schema's name is taken.")]
pub(super) struct Archive {
    /// The tenant's id
    #[arg(value_name = "ID")]
    id: TenantId,
}

impl Archive {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let migrator = project.migrator(|builder| builder)?;
        let archived = async { migrator.archive_tenant(&self.id).await.map_err(CliError::Runtime) };
        let archived = block_on(unless_interrupted(archived))?;
        context.console.result(&ArchiveDocument::new(&archived), ArchiveDocument::text)?;
        context.console.message(super::NOT_TOLD);
        Ok(exit_code::DONE)
    }
}
