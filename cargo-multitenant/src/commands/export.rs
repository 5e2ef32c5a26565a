//! `cargo multitenant export`

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use multitenant_runtime::Tier;

use crate::config::{shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::export::{BigInt, Mark, RustTypes, Wanted, json_schema, mermaid, put, rust, select, typescript};
use crate::model::ProjectModel;
use crate::output::Shown;
use crate::print_schema::formatted;

use super::common::FormatArg;

/// The tables of both tiers as data: JSON Schema, TypeScript, Rust, or a diagram
///
/// Read from the migrations and the schema code: no database is asked, and nothing is compiled. What the migrations make
/// counts; where schema code disagrees, or SQL that is put together at run time leaves something open, that is said on
/// stderr. Views, functions, triggers, policies and grants are not exported.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant export --format json-schema -o schema.json
  cargo multitenant export --format typescript --tier tenant > src/tenant.ts
  cargo multitenant export --format rust --table orders,order_items
  cargo multitenant export --format mermaid -o docs/schema.mmd

JSON Schema has a definition for each table, #/$defs/tenant/$defs/orders, of a row as to_json writes it, and all else that \
is known of it under keys with x-. TypeScript has a namespace for each tier; a bigint is a string, unless --bigint says \
otherwise, since a number is exact up to 2^53 only. Rust has `table!`, enums, and structs with their marks.

Exit codes: 0 done, 2 usage, 3 the project cannot be used, 4 no such table, 13 a file was not generated.")]
pub(crate) struct Export {
    /// What it is written as
    #[arg(long, value_parser = FormatArg::of_schemas(), value_name = "FORMAT")]
    format: Option<FormatArg>,
    /// One tier only
    #[arg(long, value_enum)]
    tier: Option<TierArg>,
    /// These tables only
    #[arg(long, value_name = "TABLE", value_delimiter = ',')]
    table: Vec<String>,
    /// A file, instead of stdout; one that was not generated is not written over
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that was not generated
    #[arg(long, requires = "output")]
    force: bool,
    /// What a bigint is in TypeScript
    #[arg(long, value_enum, value_name = "TYPE")]
    bigint: Option<BigIntArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum TierArg {
    Shared,
    Tenant,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BigIntArg {
    /// A text, as drivers have it
    String,
    /// A number, as JSON has it
    Number,
    /// JavaScript's own
    Bigint,
}

impl Export {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let format = self.format.unwrap_or(FormatArg::Text);
        if self.bigint.is_some() && format != FormatArg::Typescript {
            return Err(CliError::Usage("--bigint is for --format typescript".to_owned()));
        }
        let config = context.config()?;
        let ProjectModel { model, mut doubts } = ProjectModel::read_some(&config, context, "export")?;
        let wanted = Wanted { tier: self.tier.map(TierArg::tier), tables: self.table.clone() };
        let (part, left_out) = select(&model, &wanted)?;
        doubts.extend(left_out);
        let (text, mark) = match format {
            FormatArg::Typescript => {
                (typescript(&part, self.bigint.map_or_else(BigInt::default, BigIntArg::of)), SLASHES)
            }
            FormatArg::Mermaid => (mermaid(&part), Mark::Line("%%")),
            FormatArg::Rust => {
                let (text, more) = rust(&part, &RustTypes::of(&config.root))?;
                doubts.extend(more);
                (formatted(text, &config.root, &mut doubts), SLASHES)
            }
            _ => (json_schema(&part), Mark::Json),
        };
        doubts.dedup();
        doubts.iter().for_each(|word| context.console.warning(&Shown(word).to_string()));
        match &self.output {
            None => context.console.raw(&text)?,
            Some(file) => {
                let path = context.here.join(file);
                let folder = path.parent().filter(|folder| !folder.is_dir());
                let is_written = put(&path, &context.here, &text, mark, self.force)?;
                if let Some(folder) = folder {
                    let folder = slashes(&shown(folder, &context.here));
                    context.console.message(&format!("the folder {} is made", Shown(&folder)));
                }
                let (name, what) = (slashes(file), if is_written { "is written" } else { "is up to date" });
                context.console.message(&format!("{} {what}", Shown(&name)));
            }
        }
        Ok(exit_code::DONE)
    }
}

const SLASHES: Mark = Mark::Line("//");

impl TierArg {
    pub(super) fn tier(self) -> Tier {
        match self {
            Self::Shared => Tier::Shared,
            Self::Tenant => Tier::Tenant,
        }
    }
}

impl BigIntArg {
    fn of(self) -> BigInt {
        match self {
            Self::String => BigInt::String,
            Self::Number => BigInt::Number,
            Self::Bigint => BigInt::Own,
        }
    }
}
