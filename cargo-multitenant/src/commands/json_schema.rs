//! `cargo multitenant json-schema`

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::json_schema::{names, schema};

/// The JSON schema of multitenant.toml, for editors, or of what a command answers with --format json
///
/// `config` is the configuration's. `run` is what `migrate`, `rollback`, `redo`, `seed`, `tenant create` and a `repair` that
/// mends answer with, `plan` the same with --dry-run, `repair` a `repair` that looks, `rules` `lint --list-rules`; the
/// others have their command's name.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant json-schema config > multitenant.schema.json
      with `#:schema ./multitenant.schema.json` as the first line of multitenant.toml, editors with Taplo (Even Better
      TOML) complete its keys
  cargo multitenant json-schema status              what a script can rely on")]
pub(crate) struct JsonSchema {
    /// Of what
    #[arg(value_name = "NAME", value_parser = PossibleValuesParser::new(names()))]
    name: String,
}

impl JsonSchema {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let schema = schema(&self.name)?;
        let text = serde_json::to_string_pretty(&schema).map_err(|error| CliError::Output(error.into()))?;
        context.console.raw(&(text + "\n"))?;
        Ok(exit_code::DONE)
    }
}
