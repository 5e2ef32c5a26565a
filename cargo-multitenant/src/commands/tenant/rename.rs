//! `cargo multitenant tenant rename`

use clap::Args;
use multitenant_runtime::TenantId;

use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::report::RenameDocument;

/// Give a tenant another id
///
/// One transaction, under the tenant's lock: the registry's id, and, where the schema's name follows from it, the schema,
/// the tenant's role and the state table's row. Where tenants.schema_column says which schema it is, only the id changes.
/// The history and all that is in the schema stay as they are.
///
/// Applications are not told. Fence the old id in their pools before (TenantPool::fence), or stop what serves the tenant:
/// requests that come with the old id are answered as for an unknown tenant from then on.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant rename acme globex
  cargo multitenant tenant rename acme globex --format json

Exit codes: 0 renamed, 3 a registry without rows to change, 4 no such tenant, 12 held by another run, 13 the new id or \
schema is taken, or a foreign key refers to the id without ON UPDATE CASCADE.")]
pub(super) struct Rename {
    /// The tenant's id
    #[arg(value_name = "OLD")]
    old: TenantId,
    /// The id that it gets
    #[arg(value_name = "NEW")]
    new: TenantId,
}

impl Rename {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let migrator = project.migrator(|builder| builder)?;
        let renamed = async { migrator.rename_tenant(&self.old, &self.new).await.map_err(CliError::Runtime) };
        let renamed = block_on(unless_interrupted(renamed))?;
        let document = RenameDocument::new(&renamed);
        context.console.result(&document, RenameDocument::text)?;
        for warning in document.warnings() {
            context.console.warning(&warning);
        }
        context.console.message(super::NOT_TOLD);
        Ok(exit_code::DONE)
    }
}
