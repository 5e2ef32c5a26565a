//! What clone, dump and load have in common: the new tenant's options, progress, and an end in order.

use clap::Args;
use multitenant_runtime::{Error, IdentError, Migrator, NewTenant, SchemaName, TenantId};

use crate::commands::watched::Watched;
use crate::context::{Context, Project};
use crate::error::CliError;

use super::create::{assignment, schema};
use super::remedy::with_remedy;

/// What the new tenant's row holds.
#[derive(Debug, Args)]
pub(super) struct NewTenantArgs {
    /// The schema's name, where the registry has a column for it [default: by isolation.schema_name]
    #[arg(long, value_name = "NAME", value_parser = schema)]
    schema: Option<SchemaName>,
    /// A column of the registry's row: the text is read as the column's type, and never as SQL
    #[arg(long = "set", value_name = "COLUMN=VALUE", value_parser = assignment)]
    columns: Vec<(String, String)>,
    /// Leave the registry as it is: you see to the row
    #[arg(long, conflicts_with = "columns")]
    unregistered: bool,
}

impl NewTenantArgs {
    pub(super) fn tenant(&self, id: &TenantId) -> Result<NewTenant, CliError> {
        let tenant = || -> Result<NewTenant, IdentError> {
            let mut tenant = NewTenant::new(id.as_str())?;
            if let Some(schema) = &self.schema {
                tenant = tenant.in_schema(schema.as_str())?;
            }
            for (column, value) in &self.columns {
                tenant = tenant.column(column, value)?;
            }
            Ok(if self.unregistered { tenant.unregistered() } else { tenant })
        };
        tenant().map_err(|error| CliError::Usage(error.to_string()))
    }
}

/// Does it, with progress; the first signal cancels, and nothing of it is left.
pub(super) fn copying<T>(
    context: &Context,
    project: &Project,
    new: Option<&TenantId>,
    work: impl AsyncFnOnce(Migrator) -> Result<T, Error>,
) -> Result<T, CliError> {
    let (migrator, watched) = Watched::migrator(context, project, |builder| builder)?;
    match watched.run(work(migrator))? {
        // A signal that came when everything was done already interrupted nothing.
        (Ok(done), _) => Ok(done),
        (Err(_), Some(signal)) => Err(CliError::Interrupted(signal)),
        (Err(error), None) => Err(match new {
            Some(id) => with_remedy(project, std::slice::from_ref(id), error),
            None => CliError::Runtime(error),
        }),
    }
}
