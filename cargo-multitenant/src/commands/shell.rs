//! `cargo multitenant shell`

use std::ffi::OsString;
use std::process::Command;

use clap::Args;
use multitenant_runtime::{IdentError, TenantId};

use crate::context::{Context, block_on, unless_interrupted};
use crate::error::CliError;

/// psql in one tenant's schema
///
/// The search_path is that of the tenant's migrations: what has no schema is the tenant's, or else shared. It works as
/// the role of the database URL, and may write. The password is given by the environment, not as an argument.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant shell acme
  cargo multitenant shell acme -- -c '\\dt'
  cargo multitenant shell acme -- --csv -f report.sql

Exit codes: those of psql; 4 no such tenant.")]
pub(crate) struct Shell {
    /// The tenant
    #[arg(value_name = "TENANT", value_parser = tenant)]
    tenant: TenantId,
    /// Arguments for psql
    #[arg(last = true, value_name = "PSQL ARGUMENTS")]
    arguments: Vec<OsString>,
}

impl Shell {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let migrator = context.project()?.migrator(|builder| builder)?;
        let psql = async { migrator.psql(self.tenant).await.map_err(CliError::Runtime) };
        let mut psql = block_on(unless_interrupted(psql))?;
        psql.args(self.arguments);
        become_it(psql)
    }
}

/// The process becomes psql: the terminal and its signals are psql's.
#[cfg(unix)]
fn become_it(mut psql: Command) -> Result<u8, CliError> {
    use std::os::unix::process::CommandExt as _;
    Err(CliError::System(psql.exec()))
}

#[cfg(not(unix))]
fn become_it(mut psql: Command) -> Result<u8, CliError> {
    let status = psql.status().map_err(CliError::System)?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(crate::exit_code::BUG))
}

fn tenant(text: &str) -> Result<TenantId, IdentError> {
    TenantId::new(text)
}
