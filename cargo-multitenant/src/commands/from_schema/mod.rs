//! `cargo multitenant generate … --from-schema`: its flags, and what it does with them.

mod renames;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use multitenant_runtime::{RegistrySettings, Tier};
use serde::Serialize;

use crate::config::{Config, nearest, shown};
use crate::context::Context;
use crate::diff::{Act, Change, Rename, Step, compare, folders, obstacles, steps};
use crate::error::CliError;
use crate::exit_code;
use crate::from_schema::{FromSchema, Wanted, Wish, wanted};
use crate::model::{Model, word};
use crate::output::{Shown, can_ask};
use crate::report::FORMAT;
use crate::scaffold::{Batch, Written};

use super::scaffold::turn;
use renames::{SaidRename, agreed, could_be, misplaced, new_names};

/// How the schema code is taken.
#[derive(Debug, Args)]
#[command(next_help_heading = "From schema code")]
pub(crate) struct Arguments {
    /// Of the difference between the schema code and the migrations, without a database
    #[arg(long)]
    from_schema: bool,
    /// Takes away what the code does not say: defaults, identities, indexes, keys, checks, enums
    #[arg(long, requires = "from_schema")]
    exact: bool,
    /// Drop tables and columns, and narrow types, where the code says so
    #[arg(long, requires = "from_schema")]
    allow_data_loss: bool,
    /// What was renamed, as in orders.total=orders.amount or orders=purchases
    #[arg(long, requires = "from_schema", value_name = "OLD=NEW", value_delimiter = ',')]
    rename: Vec<SaidRename>,
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
        let turn = turn(context, config, self.dry_run || self.check)?;
        let mut project = FromSchema::read(config, context)?;
        leave_own_alone(config, &mut project);
        if project.code.tables.is_empty() {
            let of_tier = project.code.problems.iter().filter(|(of, _)| *of == tier);
            let problems: Vec<String> = of_tier.map(|(_, problem)| problem.clone()).collect();
            if !problems.is_empty() {
                return Err(CliError::Refused(refusal(tier, &problems)));
            }
            project.code.hints.iter().for_each(|hint| context.console.warning(&Shown(hint).to_string()));
            let what = if project.code.hints.is_empty() {
                "there is no `table!`"
            } else {
                "there is no `table!` of either tier"
            };
            return Err(CliError::Files {
                what: format!("{what} in the project's Rust code"),
                help: Some("write one, or say in multitenant.toml where the project is"),
                source: None,
            });
        }
        let keep: BTreeSet<String> = self.keep.iter().cloned().collect();
        if let Some(problem) = misplaced(&self.rename) {
            return Err(CliError::Usage(problem));
        }
        let renames = self.renames(&project, tier, &keep)?;
        let FromSchema { before, code } = &project;
        let (start, mut changes) = new_names(&project, tier, &renames)?;
        if let Some(problem) = keep.iter().find_map(|name| names_nothing(name, tier, [before, &start])) {
            return Err(CliError::Usage(problem));
        }
        let wish = Wish { tier, exact: self.exact, keep: &keep };
        let Wanted { model: after, refused, hints } = wanted(&start, code, &wish);
        code.hints.iter().chain(&hints).for_each(|hint| context.console.warning(&Shown(hint).to_string()));
        if !refused.is_empty() {
            return Err(CliError::Refused(
                refusal(tier, &refused) + &could_be(&self.said_renames(), &project, tier, &keep),
            ));
        }
        changes.extend(compare(&start, &after, tier));
        let in_the_way = obstacles(&start, &after, &changes);
        if !in_the_way.is_empty() {
            return Err(CliError::Refused(refusal(tier, &in_the_way)));
        }
        if !self.check {
            crate::diff::hints(&changes).iter().for_each(|hint| context.console.warning(&Shown(hint).to_string()));
        }
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
        if self.exact {
            let removals = changes.iter().filter(|change| removes(change));
            removals.for_each(|change| context.console.message(&format!("--exact: {}", Shown(&change.shown()))));
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

    fn said_renames(&self) -> Vec<Rename> {
        self.rename.iter().map(|said| said.rename.clone()).collect()
    }

    /// The renames that are said, and those that whoever sits at the terminal agrees to.
    fn renames(&self, project: &FromSchema, tier: Tier, keep: &BTreeSet<String>) -> Result<Vec<Rename>, CliError> {
        let said = self.said_renames();
        if self.check || self.dry_run || self.allow_data_loss || !can_ask() {
            return Ok(said);
        }
        agreed(said, project, tier, keep)
    }

    fn loss(&self, project: &FromSchema, tier: Tier, keep: &BTreeSet<String>, steps: &[Step]) -> String {
        let loses: Vec<String> =
            steps.iter().filter_map(|step| step.loses.as_ref()).map(|what| format!("\n  {what}")).collect();
        let could_be = could_be(&self.said_renames(), project, tier, keep);
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

/// What is wrong with a `--keep` of what no migration of the tier makes.
fn names_nothing(name: &str, tier: Tier, models: [&Model; 2]) -> Option<String> {
    let tables = models.into_iter().flat_map(|model| &model.tables).filter(|table| table.tier == tier);
    let names: BTreeSet<String> = tables
        .flat_map(|table| {
            let columns = table.columns.iter().map(move |column| format!("{}.{}", table.name, column.name));
            columns.chain([table.name.clone()])
        })
        .collect();
    if names.contains(name) {
        return None;
    }
    let alike = names.iter().map(String::as_str).filter(|of| of.contains('.') == name.contains('.'));
    let meant = nearest(name, alike).map(|meant| format!(": did you mean {meant}?")).unwrap_or_default();
    Some(format!("--keep {name}: the {} migrations make no such table or column{meant}", word(tier)))
}

/// Whether a change only takes away.
fn removes(change: &Change) -> bool {
    match change {
        Change::Type(act, _)
        | Change::Table(act, _)
        | Change::Column(act, ..)
        | Change::Unique(act, ..)
        | Change::ForeignKey(act, ..)
        | Change::Index(act, ..)
        | Change::Check(act, ..) => *act == Act::Drop,
        Change::Default(_, _, to) => to.default.is_none(),
        Change::Identity(_, _, to) => to.identity.is_none(),
        _ => false,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::LintSettings;
    use crate::lint::testing::lint;

    pub(super) fn project(code: &str) -> FromSchema {
        let text = format!(
            "-- file: shared/1_a/up.sql\ncreate table plans (id int primary key);\n-- file: tenant/1_a/up.sql\ncreate table orders \
             (id int primary key, note text, total int);\n-- file: src/schema.rs\n{code}"
        );
        FromSchema::of(&lint(&[], &text).0, &LintSettings::default(), "public")
    }

    #[test]
    fn what_is_kept_must_be_there() {
        let FromSchema { before, .. } = project("");
        for (name, expected) in [
            ("orders", None),
            ("orders.note", None),
            (
                "orders.nota",
                Some(
                    "--keep orders.nota: the tenant migrations make no such table or column: did you mean orders.note?",
                ),
            ),
            ("order", Some("--keep order: the tenant migrations make no such table or column: did you mean orders?")),
            ("plans", Some("--keep plans: the tenant migrations make no such table or column")),
        ] {
            assert_eq!(names_nothing(name, Tier::Tenant, [&before, &before]).as_deref(), expected);
        }
    }
}
