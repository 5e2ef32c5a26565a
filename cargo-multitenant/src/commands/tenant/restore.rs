//! `cargo multitenant tenant restore`

use clap::Args;
use multitenant_runtime::TenantId;

use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::report::RestoreDocument;

/// Take an archived tenant back
///
/// The reverse of `tenant archive`, in one transaction. Migrations that have come meanwhile are pending, and are told;
/// until they are applied the tenant is behind, and a pool treats it so.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant restore acme && cargo multitenant migrate --tenant acme

Exit codes: 0 restored, 3 the registry has no column that says who is archived, 4 no such tenant, 12 held by another run, \
13 it is not archived, or the schema's name is taken.")]
pub(super) struct Restore {
    /// The tenant's id
    #[arg(value_name = "ID")]
    id: TenantId,
}

impl Restore {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let migrator = project.migrator(|builder| builder)?;
        let restored = async { migrator.restore_tenant(&self.id).await.map_err(CliError::Runtime) };
        let restored = block_on(unless_interrupted(restored))?;
        context.console.result(&RestoreDocument::new(&restored), |document| document.text(&context.program))?;
        Ok(exit_code::DONE)
    }
}
