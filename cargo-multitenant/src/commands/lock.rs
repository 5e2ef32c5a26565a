//! `cargo multitenant lock`

use clap::Args;
use serde::Serialize;

use super::lint::project;
use crate::config::{shown, slashes};
use crate::context::Context;
use crate::error::CliError;
use crate::exit_code;
use crate::lint::{Lock, Paths, lock};
use crate::output::Shown;
use crate::report::FORMAT;
use crate::write;

/// Writes multitenant.lock: from now on the migrations that there are count as final
///
/// A version in it must not change any more, and nothing may be put in before it: `lint` judges edited and out-of-order
/// migrations by it. Run it with each release, and commit the file.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  cargo multitenant lock            all migrations are final
  cargo multitenant lock --check    exit code 1 when the file would change: for a pipeline")]
pub(crate) struct LockCommand {
    /// Write nothing; exit with 1 when the file is not what would be written
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Serialize)]
struct Locked {
    format: u32,
    file: String,
    /// Whether the file is, or was, another one.
    changed: bool,
    migrations: usize,
    /// Those that were not final before.
    new: Vec<String>,
    /// Those that have changed although they were.
    edited: Vec<String>,
    /// Those that were final and are not there.
    gone: Vec<String>,
}

impl LockCommand {
    pub(crate) fn run(self, context: &Context) -> Result<u8, CliError> {
        let config = context.config()?;
        let project = project(&Paths::of(&config, &context.here)?, &config)?;
        if let Some(unreadable) = project.unreadable.iter().find(|unreadable| unreadable.is_migration) {
            let file = &project.sources.get(unreadable.place.file).path;
            return Err(CliError::Files {
                what: format!("{file}: {}, so the migration cannot be final", unreadable.message),
                help: Some("`cargo multitenant lint` tells all that is wrong"),
                source: None,
            });
        }
        let path = config.root.join(lock::FILE_NAME);
        let file = slashes(&shown(&path, &context.here));
        let lock = Lock::of(&project);
        let changed = project.lock.as_ref() != Some(&lock);
        let (new, edited, gone) = lock.since(project.lock.as_ref());
        if changed && !self.check {
            write::write(&path, &lock.text()).map_err(|error| CliError::Files {
                what: format!("{file} cannot be written"),
                help: Some("check the folder's permissions"),
                source: Some(error),
            })?;
        }
        let check = self.check;
        let result = Locked { format: FORMAT, file, changed, migrations: lock.len(), new, edited, gone };
        context.console.result(&result, |result| text(result, check))?;
        Ok(if self.check && changed { exit_code::FINDINGS } else { exit_code::DONE })
    }
}

fn text(result: &Locked, check: bool) -> String {
    let what = match (result.changed, check) {
        (false, _) => "is up to date",
        (true, true) => "is not up to date",
        (true, false) => "is written",
    };
    let plural = if result.migrations == 1 { "" } else { "s" };
    let mut text = format!("{} {what}: {} migration{plural}\n", result.file, result.migrations);
    let lists = [
        ("new", &result.new),
        ("edited since it was final", &result.edited),
        ("final, and not there any more", &result.gone),
    ];
    for (what, migrations) in lists {
        for migration in migrations {
            text.push_str(&format!("  {}: {what}\n", Shown(migration)));
        }
    }
    text
}
