//! `cargo multitenant scaffold templates`

use std::path::Path;

use clap::Args;

use crate::config::{Config, shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::report::{ScaffoldDocument, TemplatesDocument};
use crate::scaffold::{Batch, Change, NAMES, Templates, text_of};

use super::turn;

/// The templates, with what each is given, and which of them are the project's own
///
/// A project has its own in the folder that [scaffold] templates names; one of the same name is taken in the place of ours.
/// They are minijinja's (Jinja2), and what they do not know is an error.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant scaffold templates
  cargo multitenant scaffold templates --write                             all of ours that are not there yet
  cargo multitenant scaffold templates --write migration/create-table/up.sql")]
pub(super) struct TemplatesCommand {
    /// Put ours into the project's folder, to begin with: these, or all that are not there yet
    #[arg(long, value_name = "NAME", num_args = 0.., value_parser = template)]
    write: Option<Vec<&'static str>>,
    /// What would be written, and nothing else
    #[arg(long, requires = "write")]
    dry_run: bool,
}

impl TemplatesCommand {
    pub(super) fn run(self, context: &Context) -> Result<u8, CliError> {
        let config = context.config()?;
        let Some(names) = self.write else { return list(context, &config) };
        let folder = config.new_templates().ok_or_else(|| {
            CliError::Usage(
                "no folder is configured: write `templates = \"templates/multitenant\"` under [scaffold] in \
                 multitenant.toml first"
                    .to_owned(),
            )
        })?;
        let turn = turn(context, &config, self.dry_run)?;
        let wanted = if names.is_empty() {
            NAMES.iter().copied().filter(|name| !folder.join(name).exists()).collect()
        } else {
            names
        };
        let changes = wanted.iter().map(|name| Change::create(&context.here.join(folder.join(name)), text_of(name)));
        let batch = Batch { changes: changes.collect(), migrations: Vec::new() };
        let seen = |path: &Path| shown(path, &context.here);
        let written = match &turn {
            None => batch.foretold(seen)?,
            Some(turn) => batch.write(turn, seen)?,
        };
        let document = ScaffoldDocument::new("templates", None, None, self.dry_run, &written);
        context.console.result(&document, ScaffoldDocument::text)?;
        Ok(exit_code::DONE)
    }
}

fn list(context: &Context, config: &Config) -> Result<u8, CliError> {
    let folder = config.templates()?;
    let templates = Templates::read(folder.as_deref(), &context.here)?;
    for stranger in &templates.strangers {
        context.console.warning(stranger);
    }
    let entries = NAMES.iter().map(|name| (*name, templates.own(name).map(str::to_owned), text_of(name)));
    let document = TemplatesDocument::new(folder.as_deref().map(slashes), entries);
    context.console.result(&document, TemplatesDocument::text)?;
    Ok(exit_code::DONE)
}

fn template(name: &str) -> Result<&'static str, String> {
    let known = NAMES.iter().find(|known| **known == name);
    known.copied().ok_or_else(|| format!("there is no template {name:?}: `scaffold templates` lists them"))
}
