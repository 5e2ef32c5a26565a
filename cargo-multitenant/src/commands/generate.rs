//! `cargo multitenant generate`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use multitenant_runtime::{Tier, Version};
use serde::Serialize;

use crate::config::{Config, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::new_migration;
use crate::report::FORMAT;

/// A new migration folder with a version of its own
///
/// The version is the time in UTC, and later than every version that the tier has.
///
/// With --from-schema, up.sql and down.sql are made of the difference between the schema code and the migrations: `table!`,
/// `joinable!`, and what the attributes of structs and enums say. What the code does not say stays as it is, unless --exact
/// is given. Where one transaction will not do, there are several folders: indexes on tables that are there are built
/// concurrently, and constraints are validated by a migration after the one that adds them. A rename is asked for, or said
/// by --rename, and never guessed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant generate tenant create_orders   migrations/tenant/2026-11-02-101500_create_orders/{up,down}.sql
  cargo multitenant generate shared create_plans
  cargo multitenant generate tenant add_total --from-schema
  cargo multitenant generate tenant rename_total --from-schema --rename orders.total=orders.amount
  cargo multitenant generate tenant ci --from-schema --check

Exit codes: 0 done, 1 there is a difference under --check, 2 usage, 3 the project cannot be used, 13 it would lose data, or \
cannot be made as the code says.")]
pub(crate) struct Generate {
    /// Whose tables it changes
    #[arg(value_enum)]
    tier: TierArg,
    /// What it does, as in create_orders
    #[arg(value_parser = new_migration::name)]
    name: String,
    #[cfg(feature = "scaffold")]
    #[command(flatten)]
    from_schema: super::from_schema::Arguments,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TierArg {
    /// Every tenant's own schema
    Tenant,
    /// The schema that all tenants share
    Shared,
}

/// What was written.
#[derive(Debug, Serialize)]
pub(crate) struct Generated {
    format: u32,
    tier: Tier,
    version: String,
    folder: String,
    pub(crate) files: Vec<String>,
}

impl Generate {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let tier = match self.tier {
            TierArg::Tenant => Tier::Tenant,
            TierArg::Shared => Tier::Shared,
        };
        let config = context.config()?;
        #[cfg(feature = "scaffold")]
        if self.from_schema.is_wanted() {
            return self.from_schema.run(context, &config, tier, folder(&config, tier), &self.name);
        }
        let result = generate(&config, tier, &self.name)?;
        context.console.result(&result, |result| result.files.iter().map(|file| format!("{file}\n")).collect())?;
        Ok(exit_code::DONE)
    }
}

/// Writes a new migration of a tier, whose name is one folder's.
pub(crate) fn generate(config: &Config, tier: Tier, name: &str) -> Result<Generated, CliError> {
    let folder = folder(config, tier);
    let (up, down) = texts(tier);
    let files = [("up.sql", up.as_str()), ("down.sql", down.as_str())];
    let made = new_migration::make(&folder, name, &files, new_migration::now())?;
    let files = ["up.sql", "down.sql"].map(|file| slashes(&made.join(file)));
    let name = made.file_name().unwrap_or_default().to_string_lossy();
    let version = Version::of_folder(&name).map(|version| version.as_str().to_owned()).unwrap_or_default();
    Ok(Generated { format: FORMAT, tier, version, folder: slashes(&made), files: files.into() })
}

/// Where a new migration of a tier goes.
fn folder(config: &Config, tier: Tier) -> PathBuf {
    match tier {
        Tier::Tenant => config.new_tenant_folder(),
        Tier::Shared => config.new_shared_folder(),
    }
}

/// What stands in `up.sql` and `down.sql` until somebody writes them.
fn texts(tier: Tier) -> (String, String) {
    let (whose, undo) = match tier {
        Tier::Shared => ("the shared schema", "the shared schema"),
        Tier::Tenant => {
            ("every tenant's schema: name no schema, the search_path has the tenant's first", "a tenant's schema")
        }
    };
    (format!("-- Applied to {whose}.\n"), format!("-- Undoes up.sql in {undo}.\n"))
}
