//! What several of them take.

use clap::{Args, ValueEnum};
use multitenant_runtime::Tier;

use crate::scaffold::{Column, Subject, TableOptions, check};

#[derive(Debug, Clone, Args)]
pub(super) struct TierArgs {
    /// Whose it is
    #[arg(long = "type", value_enum, value_name = "TIER")]
    tier: TierArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum TierArg {
    /// Every tenant's own schema
    Tenant,
    /// The schema that all tenants share
    Shared,
}

impl TierArgs {
    pub(super) fn tier(&self) -> Tier {
        match self.tier {
            TierArg::Tenant => Tier::Tenant,
            TierArg::Shared => Tier::Shared,
        }
    }

    pub(super) fn word(&self) -> &'static str {
        match self.tier {
            TierArg::Tenant => "tenant",
            TierArg::Shared => "shared",
        }
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct OptionArgs {
    /// The new table's id is a random uuid, and no number
    #[arg(long)]
    uuid: bool,
    /// The new table has created_at and updated_at
    #[arg(long)]
    timestamps: bool,
    /// The new table has deleted_at
    #[arg(long)]
    soft_delete: bool,
}

impl From<OptionArgs> for TableOptions {
    fn from(args: OptionArgs) -> Self {
        Self { uuid: args.uuid, timestamps: args.timestamps, soft_delete: args.soft_delete }
    }
}

#[derive(Debug, Clone, Copy, Args)]
pub(super) struct HowArgs {
    /// Open what was written in $VISUAL or $EDITOR
    #[arg(long)]
    pub(super) edit: bool,
    /// What would be written, and nothing else
    #[arg(long, conflicts_with = "edit")]
    pub(super) dry_run: bool,
}

pub(super) fn column(text: &str) -> Result<Column, String> {
    text.parse()
}

pub(super) fn table(name: &str) -> Result<String, String> {
    check(Subject::Table, name)
}
