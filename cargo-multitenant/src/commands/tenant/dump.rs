//! `cargo multitenant tenant dump`

use std::path::PathBuf;

use clap::Args;
use multitenant_runtime::TenantId;

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::report::DumpDocument;

use super::copying::copying;

/// Write a tenant into a file
///
/// Its schema, its history and its rows, as of one snapshot. The file is whole or not there, and only its owner may read
/// it: nothing in it is anonymised. It is a text, with a checksum, that `tenant load` makes a tenant of, under any id, on
/// this server or another one of the same or a later version.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant dump acme -o acme.dump
  cargo multitenant tenant dump acme -o acme.dump --force    replaces the file when the new one is whole

Exit codes: 0 dumped, 3 the file cannot be written, 4 no such tenant, 11 the server refuses, 12 held by another run, \
13 the file is there, or the tenant has what no dump can hold.")]
pub(super) struct Dump {
    /// The tenant's id
    #[arg(value_name = "ID")]
    id: TenantId,
    /// The file
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Replace the file where it is there
    #[arg(long)]
    force: bool,
}

impl Dump {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let dumped = copying(context, &project, None, async move |migrator| {
            migrator.dump_tenant(&self.id, &self.output, self.force).await
        })?;
        let document = DumpDocument::new(&dumped);
        context.console.result(&document, DumpDocument::text)?;
        Ok(exit_code::DONE)
    }
}
