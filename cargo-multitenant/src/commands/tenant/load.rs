//! `cargo multitenant tenant load`

use std::path::PathBuf;

use clap::Args;
use multitenant_runtime::{Error, TenantDump, TenantId};

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::report::CopyDocument;

use super::copying::{NewTenantArgs, copying};

/// Make a new tenant from a dump
///
/// One transaction, or nothing. A dump that was cut off or altered, that has migrations which this project does not know,
/// or that refers to what the shared schema does not have, is refused before anything is made. One that lacks migrations
/// is loaded as it is, and `migrate` does the rest.
///
/// A dump is code, as a migration is: its functions may run with the rights of whoever loads it. What it writes outside of
/// the new schema is noticed and rolled back; load what is not yours as a role that is no superuser all the same.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant load acme.dump                    under the id that it had
  cargo multitenant tenant load acme.dump --as acme-of-monday --set name='As it was'

Exit codes: 0 loaded, 3 the file is no dump, or is damaged; or a registry that cannot be written to, 11 the server \
refuses, 12 held by another run, 13 the tenant is there, or the dump does not fit this project or this database.")]
pub(super) struct Load {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The new tenant's id [default: the one that it had]
    #[arg(long = "as", value_name = "ID")]
    id: Option<TenantId>,
    #[command(flatten)]
    row: NewTenantArgs,
}

impl Load {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let dump = TenantDump::open(&self.file).map_err(|error| CliError::Runtime(Error::Dump(error)))?;
        let id = match self.id {
            Some(id) => id,
            None => {
                dump.tenant().map_err(|error| CliError::Refused(format!("the dump's id can be none here: {error}")))?
            }
        };
        let tenant = self.row.tenant(&id)?;
        let loaded =
            copying(context, &project, Some(&id), async move |migrator| migrator.load_tenant(&dump, tenant).await)?;
        let document = CopyDocument::new(&loaded, "loaded");
        context.console.result(&document, CopyDocument::text)?;
        document.warnings(&context.program).iter().for_each(|warning| context.console.warning(warning));
        Ok(exit_code::DONE)
    }
}
