//! `cargo multitenant explain`

use clap::Args;
use serde::Serialize;

use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::lint::{Rule, find_rule, manual, unknown_rule};
use crate::report::FORMAT;

/// What a rule of the linter is about
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant explain tenant-schema-qualified
  cargo multitenant lint --list-rules               all there are")]
pub(crate) struct Explain {
    /// The rule, as findings name it
    #[arg(value_name = "RULE", value_parser = rule)]
    rule: &'static Rule,
}

#[derive(Serialize)]
struct Explained {
    format: u32,
    code: &'static str,
    level: &'static str,
    /// Markdown.
    text: String,
}

fn rule(name: &str) -> Result<&'static Rule, String> {
    find_rule(name).ok_or_else(|| format!("there is no such rule: {}", unknown_rule(name)))
}

impl Explain {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let text = manual::entry(self.rule);
        let explained = Explained { format: FORMAT, code: self.rule.name, level: self.rule.level.word(), text };
        context.console.result(&explained, |explained| format!("{}\n", explained.text.trim_end()))?;
        Ok(exit_code::DONE)
    }
}
