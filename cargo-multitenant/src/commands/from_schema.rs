//! `cargo multitenant generate … --from-schema`

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use multitenant_runtime::{RegistrySettings, Tier};
use serde::Serialize;

use crate::config::{Config, shown};
use crate::context::Context;
use crate::diff::{Change, Rename, Step, candidates, compare, folders, renamed, steps};
use crate::error::CliError;
use crate::exit_code;
use crate::from_schema::{FromSchema, Wanted, Wish, wanted};
use crate::model::{Model, word};
use crate::output::{Shown, agree, can_ask};
use crate::report::FORMAT;
use crate::scaffold::{Batch, Written};

use super::scaffold::turn;

/// How the schema code is taken.
#[derive(Debug, Args)]
#[command(next_help_heading = "From schema code")]
pub(crate) struct Arguments {
    /// Of the difference between the schema code and the migrations, without a database
    #[arg(long)]
    from_schema: bool,
    /// What the code does not say goes too: defaults, indexes, checks, keys
    #[arg(long, requires = "from_schema")]
    exact: bool,
    /// Drop tables and columns, and narrow types, where the code says so
    #[arg(long, requires = "from_schema")]
    allow_data_loss: bool,
    /// What was renamed, as in orders.total=orders.amount or orders=purchases
    #[arg(long, requires = "from_schema", value_name = "OLD=NEW", value_delimiter = ',')]
    rename: Vec<Rename>,
    /// A table, or a column as in orders.note, that stays though the code does not have it
    #[arg(long, requires = "from_schema", value_name = "NAME", value_delimiter = ',')]
    keep: Vec<String>,
    /// Write nothing: show what would be written
    #[arg(long, requires = "from_schema")]
    dry_run: bool,
    /// Write nothing: exit with 1 where there is a difference
    #[arg(long, requires = "from_schema", conflicts_with = "dry_run")]
    check: bool,
}

#[derive(Debug, Serialize)]
struct Document {
    format: u32,
    tier: Tier,
    dry_run: bool,
    /// In words.
    changes: Vec<String>,
    /// What is gone for good with it.
    loses: Vec<String>,
    files: Vec<Written>,
}

impl Arguments {
    /// Whether it is asked for.
    pub(super) fn is_wanted(&self) -> bool {
        self.from_schema
    }

    /// Makes the migrations of a tier, in this folder.
    pub(super) fn run(
        self,
        context: &Context,
        config: &Config,
        tier: Tier,
        folder: PathBuf,
        name: &str,
    ) -> Result<u8, CliError> {
        // What is made follows from what is there: of several at once the others find that it is done.
        let turn = (!self.dry_run && !self.check).then(|| turn(context, config));
        let mut project = FromSchema::read(config, context)?;
        leave_own_alone(config, &mut project);
        if project.code.tables.is_empty() {
            return Err(CliError::Files {
                what: "there is no `table!` in the project's Rust code".to_owned(),
                help: Some("write one, or say in multitenant.toml where the project is"),
                source: None,
            });
        }
        let keep: BTreeSet<String> = self.keep.iter().cloned().collect();
        let renames = self.renames(&project, tier, &keep)?;
        let FromSchema { before, code } = &project;
        let (start, mut changes) = renamed(before, code, tier, &renames).map_err(CliError::Usage)?;
        let wish = Wish { tier, exact: self.exact, keep: &keep };
        let Wanted { model: after, refused, hints } = wanted(&start, code, &wish);
        code.hints.iter().chain(&hints).for_each(|hint| context.console.warning(&Shown(hint).to_string()));
        if !refused.is_empty() {
            return Err(CliError::Refused(refusal(tier, &refused)));
        }
        changes.extend(compare(&start, &after, tier));
        let steps = steps(&start, &after, &changes);
        let loses: Vec<String> = steps.iter().filter_map(|step| step.loses.clone()).collect();
        other_tier(context, &project, tier, &after);
        let mut document = Document {
            format: FORMAT,
            tier,
            dry_run: self.dry_run || self.check,
            changes: changes.iter().map(Change::shown).collect(),
            loses,
            files: Vec::new(),
        };
        if changes.is_empty() {
            context.console.result(&document, |document| {
                format!("the {} migrations make what the schema code says\n", word(document.tier))
            })?;
            return Ok(exit_code::DONE);
        }
        if self.check {
            context.console.result(&document, |document| {
                document.changes.iter().map(|change| format!("{}\n", Shown(change))).collect()
            })?;
            return Ok(exit_code::FINDINGS);
        }
        if !document.loses.is_empty() && !self.allow_data_loss {
            return Err(CliError::Refused(self.loss(&project, tier, &keep, &steps)));
        }
        let batch = Batch { changes: Vec::new(), migrations: vec![(folder, folders(name, &steps))] };
        let seen = |path: &Path| shown(path, &context.here);
        document.files = match &turn {
            None => batch.foretold(seen)?,
            Some(turn) => batch.write(turn, seen)?,
        };
        context.console.result(&document, Document::text)?;
        Ok(exit_code::DONE)
    }

    /// The renames that are said, and those that whoever sits at the terminal agrees to.
    fn renames(&self, project: &FromSchema, tier: Tier, keep: &BTreeSet<String>) -> Result<Vec<Rename>, CliError> {
        let mut renames = self.rename.clone();
        if self.check || self.dry_run || self.allow_data_loss || !can_ask() {
            return Ok(renames);
        }
        let mut refused: BTreeSet<String> = BTreeSet::new();
        loop {
            // A table's new name shows which of its columns have others.
            let (before, _) = renamed(&project.before, &project.code, tier, &renames).map_err(CliError::Usage)?;
            let mut asked = false;
            for candidate in candidates(&before, &project.code, tier) {
                let (old, new) = candidate.flag.split_once('=').unwrap_or_default();
                if keep.contains(old) || refused.contains(&candidate.flag) {
                    continue;
                }
                if agree(&format!("Is {} the new name of {}?", Shown(new), Shown(old)))? {
                    renames.push(candidate.rename);
                    asked = true;
                    break;
                }
                refused.insert(candidate.flag.clone());
            }
            if !asked {
                return Ok(renames);
            }
        }
    }

    fn loss(&self, project: &FromSchema, tier: Tier, keep: &BTreeSet<String>, steps: &[Step]) -> String {
        let loses: Vec<String> =
            steps.iter().filter_map(|step| step.loses.as_ref()).map(|what| format!("\n  {what}")).collect();
        let before = renamed(&project.before, &project.code, tier, &self.rename).map(|(model, _)| model).ok();
        let could_be: Vec<String> = before
            .iter()
            .flat_map(|before| candidates(before, &project.code, tier))
            .filter(|candidate| candidate.flag.split_once('=').is_none_or(|(old, _)| !keep.contains(old)))
            .map(|candidate| format!("\n  --rename {}", candidate.flag))
            .collect();
        let could_be = if could_be.is_empty() {
            String::new()
        } else {
            format!("\nor, where something has only another name:{}", could_be.concat())
        };
        format!(
            "nothing was written, since this would lose data:{}\ngive --allow-data-loss if it is meant, or --keep NAME for what \
             stays though the code does not have it{could_be}",
            loses.concat()
        )
    }
}

impl Document {
    fn text(&self) -> String {
        let line = |file: &Written| {
            if self.dry_run { format!("-- {}\n{}\n", file.path, file.text) } else { format!("{}\n", file.path) }
        };
        self.files.iter().map(line).collect()
    }
}

fn refusal(tier: Tier, refused: &[String]) -> String {
    let lines: Vec<String> = refused.iter().map(|problem| format!("\n  {problem}")).collect();
    format!("nothing was written, for the {} tier cannot be made as the code says:{}", word(tier), lines.concat())
}

/// Histories and the like, and the registry, need no `table!`.
fn leave_own_alone(config: &Config, project: &mut FromSchema) {
    for tier in [Tier::Shared, Tier::Tenant] {
        let own = config.settings.own_tables(tier, &config.settings.shared_schema);
        let diesel_s = std::iter::once("__diesel_schema_migrations");
        let names = own.into_iter().chain(diesel_s).map(|name| (tier, name.to_owned()));
        project.code.left_alone.extend(names);
    }
    if let RegistrySettings::Table { table, .. } = &config.settings.registry {
        project.code.left_alone.insert((Tier::Shared, table.as_str().to_owned()));
    }
}

/// Says that the other tier is not what the code says either; it is never written.
fn other_tier(context: &Context, project: &FromSchema, tier: Tier, after: &Model) {
    let other = if tier == Tier::Shared { Tier::Tenant } else { Tier::Shared };
    let keep = BTreeSet::new();
    let Wanted { model, refused, .. } = wanted(after, &project.code, &Wish { tier: other, exact: false, keep: &keep });
    let count = compare(after, &model, other).len() + refused.len();
    if count > 0 {
        let word = word(other);
        context.console.message(&format!(
            "the {word} migrations differ from the schema code too: see `cargo multitenant generate {word} NAME --from-schema \
             --dry-run`"
        ));
    }
}
