//! `cargo multitenant tenant create`

use std::ops::ControlFlow;

use clap::Args;
#[cfg(feature = "project")]
use multitenant_runtime::Tier;
use multitenant_runtime::{Error, IdentError, NewTenant, SchemaName, SeedSet, TenantId};

use crate::commands::run::finish;
use crate::commands::watched::Watched;
use crate::context::{Context, Project};
use crate::error::CliError;
use crate::report::Kind;
#[cfg(feature = "project")]
use crate::seeds::{InFolders, RustSeed, hand_over};
use crate::source::Source;

use super::remedy::with_remedy;

/// Create tenants: schema, migrations, role, registry row and seeds, each tenant all or nothing
///
/// The tenants' seeds are a part of it, and recorded, so that `seed --once` leaves them out; a seed that fails leaves nothing
/// of its tenant. Before anything is done, columns that the registry's row must have and that are not set are named, and so are columns
/// that it does not have. One tenant that fails leaves nothing behind, and keeps no other from being created.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant tenant create acme globex             two tenants
  cargo multitenant tenant create acme --set name='Acme Inc.' --set plan_id=3
  cargo multitenant tenant create acme --schema customer_7   where tenants.schema_column says which schema it is
  cargo multitenant tenant create acme --unregistered     where the registry is a query: you insert what it reads
  cargo multitenant tenant create acme --env dev          with the seeds in seeds/tenant/dev too
  cargo multitenant tenant create acme --no-seed          without rows to begin with
  cargo multitenant tenant create acme --no-migrate       an empty schema; `migrate --tenant acme` does the rest

Exit codes: 0 created, 3 a registry that cannot be written to, 4 no seed is of that environment, 10 some failed, 11 all did, 12 held by another run, \
13 a column is missing or unknown.")]
pub(super) struct Create {
    /// The tenants' ids
    #[arg(required = true, value_name = "ID")]
    ids: Vec<TenantId>,
    /// The schema's name, where the registry has a column for it [default: by isolation.schema_name]
    #[arg(long, value_name = "NAME", value_parser = schema)]
    schema: Option<SchemaName>,
    /// A column of the registry's row: the text is read as the column's type, and never as SQL
    #[arg(long = "set", value_name = "COLUMN=VALUE", value_parser = assignment)]
    columns: Vec<(String, String)>,
    /// The seeds of this environment too, after the common ones
    #[arg(long, value_name = "NAME", conflicts_with_all = ["no_seed", "no_migrate"])]
    env: Option<String>,
    /// Leave the seeds out
    #[arg(long)]
    no_seed: bool,
    /// Make schema, role and row, and leave all migrations pending, and the seeds out
    #[arg(long)]
    no_migrate: bool,
    /// Leave the registry as it is: you see to the row
    #[arg(long, conflicts_with = "columns")]
    unregistered: bool,
}

impl Create {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        if self.schema.is_some() && self.ids.len() > 1 {
            return Err(CliError::Usage(
                "--schema names one schema, and there are several tenants: see --help".to_owned(),
            ));
        }
        // What cannot be a tenant is told before anything is read, or compiled.
        let tenants = self.tenants().map_err(|error| CliError::Usage(error.to_string()))?;
        let project = context.project()?;
        let seeds = match self.seeds(context, &project)? {
            ControlFlow::Continue(seeds) => seeds,
            ControlFlow::Break(code) => return Ok(code),
        };
        let tenants = tenants.into_iter().map(|tenant| seeded(tenant, &seeds, self.env.as_deref())).collect();
        let (migrator, watched) = Watched::migrator(context, &project, |builder| builder)?;
        let (result, signal) = watched.run(migrator.create_tenants(tenants))?;
        match result {
            Err(error @ Error::Registry(_)) => Err(with_remedy(&project, &self.ids, error)),
            result => finish(context.console, Kind::Create, result, signal),
        }
    }

    /// The seeds that there are, or what became of the tenants where another program has the seeds.
    fn seeds(&self, context: &Context, project: &Project) -> Result<ControlFlow<u8, SeedSet>, CliError> {
        if self.no_seed || self.no_migrate {
            return Ok(ControlFlow::Continue(SeedSet::default()));
        }
        match Seeds::find(context, project, self.env.as_deref())? {
            Seeds::Here(seeds) => Ok(ControlFlow::Continue(seeds)),
            #[cfg(feature = "project")]
            Seeds::InRust(seeds) => {
                let (cargo, root) = (context.environment.cargo(), &project.config().root);
                hand_over(cargo, root, &seeds).map(ControlFlow::Break)
            }
        }
    }

    fn tenants(&self) -> Result<Vec<NewTenant>, IdentError> {
        let tenant = |id: &TenantId| {
            let mut tenant = NewTenant::new(id.as_str())?;
            if let Some(schema) = &self.schema {
                tenant = tenant.in_schema(schema.as_str())?;
            }
            for (column, value) in &self.columns {
                tenant = tenant.column(column, value)?;
            }
            if self.no_migrate {
                tenant = tenant.without_migrations();
            }
            Ok(if self.unregistered { tenant.unregistered() } else { tenant })
        };
        self.ids.iter().map(tenant).collect()
    }
}

/// The seeds of new tenants.
pub(crate) enum Seeds {
    /// All of them.
    Here(SeedSet),
    /// Some are Rust, for which another program is to be built.
    #[cfg(feature = "project")]
    InRust(Vec<RustSeed>),
}

impl Seeds {
    /// Those that the project has for its tenants, of this environment too.
    pub(crate) fn find(context: &Context, project: &Project, environment: Option<&str>) -> Result<Self, CliError> {
        let seeds = match &context.source {
            #[cfg(feature = "project")]
            Source::Folders(register) => {
                let Some(mut there) = InFolders::find_any(project.config(), environment)? else {
                    return Ok(Self::Here(SeedSet::default()));
                };
                there.rust.retain(|seed| seed.tier == Tier::Tenant);
                if register.is_none() && !there.rust.is_empty() {
                    return Ok(Self::InRust(there.rust));
                }
                there.sql.map(|seeds| register.iter().fold(seeds, |seeds, register| register(seeds)))
            }
            Source::Embedded(_) => {
                let _ = environment;
                project.seeds()
            }
        };
        seeds.map(Self::Here).map_err(|error| CliError::Runtime(Error::Seeds(error)))
    }
}

/// A new tenant with its seeds.
pub(crate) fn seeded(tenant: NewTenant, seeds: &SeedSet, environment: Option<&str>) -> NewTenant {
    let tenant = tenant.seeded(seeds);
    environment.into_iter().fold(tenant, NewTenant::environment)
}

pub(super) fn schema(text: &str) -> Result<SchemaName, IdentError> {
    SchemaName::new(text)
}

/// `column=value`; the value may hold further equals signs, and be empty.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((column, value)) if !column.is_empty() => Ok((column.to_owned(), value.to_owned())),
        _ => Err("write COLUMN=VALUE, as in name='Acme Inc.'".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_be_anything() {
        for (text, expected) in
            [("a=b", ("a", "b")), ("a=b=c", ("a", "b=c")), ("a=", ("a", "")), ("é x=1", ("é x", "1"))]
        {
            let (column, value) = assignment(text).unwrap();
            assert_eq!((&*column, &*value), expected);
        }
        assert!(assignment("a").is_err() && assignment("=a").is_err());
    }
}
