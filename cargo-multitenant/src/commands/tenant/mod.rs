//! `cargo multitenant tenant`: one file for each of its subcommands.
//!
//! Deliberately absent: any rule about tenants; what may be done, and how, is the runtime's.

mod archive;
mod clone;
mod copying;
pub(crate) mod create;
mod drop;
mod dump;
mod list;
mod load;
pub(crate) mod remedy;
mod rename;
mod restore;

use clap::{Args, Subcommand};

use crate::context::Context;
use crate::error::CliError;

/// What a change of a name leaves to do.
pub(crate) const NOT_TOLD: &str = "applications are not told: their pools refuse the tenant when they next turn to it; fence the old id \
                        (TenantPool::fence) where requests still come with it";

/// Create, list, rename, archive, restore, clone, dump, load and drop tenants
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant create acme --set name='Acme Inc.'
  cargo multitenant tenant list --size
  cargo multitenant tenant rename acme globex
  cargo multitenant tenant archive acme && cargo multitenant tenant restore acme
  cargo multitenant tenant clone acme acme-staging
  cargo multitenant tenant dump acme -o acme.dump
  cargo multitenant tenant load acme.dump --as acme-of-monday
  cargo multitenant tenant drop acme")]
pub(crate) struct Tenant {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Create(create::Create),
    List(list::List),
    Rename(rename::Rename),
    Archive(archive::Archive),
    Restore(restore::Restore),
    Clone(clone::Clone),
    Dump(dump::Dump),
    Load(load::Load),
    Drop(drop::Drop),
}

impl Tenant {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        match self.command {
            Command::Create(command) => command.run(context),
            Command::List(command) => command.run(context),
            Command::Rename(command) => command.run(context),
            Command::Archive(command) => command.run(context),
            Command::Restore(command) => command.run(context),
            Command::Clone(command) => command.run(context),
            Command::Dump(command) => command.run(context),
            Command::Load(command) => command.run(context),
            Command::Drop(command) => command.run(context),
        }
    }
}
