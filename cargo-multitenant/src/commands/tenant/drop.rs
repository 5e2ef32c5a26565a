//! `cargo multitenant tenant drop`

use clap::Args;
use multitenant_runtime::{Migrator, OldTenant, TenantId, TenantOverview};

use crate::context::{Context, Project, block_on, unless_interrupted};
use crate::error::CliError;
use crate::exit_code;
use crate::output::{Typed, ask_to_type};
use crate::report::{DropDocument, overview_text};

use super::remedy::with_remedy;

/// Drop a tenant: schema with everything in it, registry row, state and role
///
/// It shows what will go, and asks for the id to be typed again. One transaction, under the tenant's lock; a schema with
/// more objects than the server can lock at once is set aside first, in one transaction in which the tenant disappears, and
/// then goes in pieces. Where that is interrupted, the same command goes on with it. Where something outside of the schema
/// hangs on what is in it (a view, a foreign key), that is named, and nothing is dropped. Rows of shared tables that go with
/// the registry's row (ON DELETE CASCADE), or lose their reference to it (SET NULL, SET DEFAULT), are counted and shown: those
/// that refer to it directly, where the registry is a table.
///
/// Applications are not told: fence the tenant in their pools before (TenantPool::fence).
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant drop acme             shows what will go, and asks
  cargo multitenant tenant drop acme --yes       in a script
  cargo multitenant tenant drop acme --keep-registered   the schema and the role; you see to the registry

Exit codes: 0 dropped, 3 a registry that cannot be written to, 4 no such tenant, 11 the server refuses, or something hangs \
on it, 12 held by another run, 13 not agreed to.")]
pub(super) struct Drop {
    /// The tenant's id
    #[arg(value_name = "ID")]
    id: TenantId,
    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
    /// Leave the registry as it is: you see to the row
    #[arg(long)]
    keep_registered: bool,
}

impl Drop {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let project = context.project()?;
        let migrator = project.migrator(|builder| builder)?;
        let overview = async { migrator.tenant_overview(&self.id).await.map_err(CliError::Runtime) };
        let mut overview = block_on(unless_interrupted(overview))?;
        if self.keep_registered {
            overview.referring.clear();
        }
        if !self.yes {
            self.agree(context, &overview)?;
        }
        self.drop_it(context, &project, &migrator, &overview)
    }

    /// Shows what will go, and has the id typed again.
    fn agree(&self, context: &Context, overview: &TenantOverview) -> Result<(), CliError> {
        context.console.message(&overview_text(overview, self.keep_registered));
        match ask_to_type("Type the tenant's id to drop it")? {
            Typed::Text(text) if text == self.id.as_str() => Ok(()),
            Typed::Text(_) => Err(CliError::Refused("that is not the tenant's id: nothing was done".to_owned())),
            Typed::NobodyToAsk => Err(CliError::Refused(
                "`tenant drop` asks for the id before it does anything, and this is no terminal: nothing was done; say \
                 --yes to agree"
                    .to_owned(),
            )),
        }
    }

    fn drop_it(
        &self,
        context: &Context,
        project: &Project,
        migrator: &Migrator,
        overview: &TenantOverview,
    ) -> Result<u8, CliError> {
        let old = OldTenant::new(&self.id);
        let old = if self.keep_registered { old.left_registered() } else { old };
        let dropped = async {
            migrator.drop_tenant(old).await.map_err(|error| with_remedy(project, std::slice::from_ref(&self.id), error))
        };
        let dropped = block_on(unless_interrupted(dropped))?;
        context.console.result(&DropDocument::new(&dropped, overview), DropDocument::text)?;
        Ok(exit_code::DONE)
    }
}
