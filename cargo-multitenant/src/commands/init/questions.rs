//! What `init` asks on a terminal.

use clap::ValueEnum;
use multitenant_runtime::Tier;

use super::args::{DatabaseArg, ExistingArg, FeatureArg, Flag, FrameworkArg, TemplateArg};
use super::choices::default_database;
use crate::error::CliError;
use crate::init::{Feature, Features, Framework, OldMigrations, Template};
use crate::output::{choose, choose_any};

pub(super) fn asked_template(default: Template) -> Result<Template, CliError> {
    asked("Template", &TemplateArg::value_variants().iter().map(|one| (*one).into()).collect::<Vec<_>>(), default)
}

pub(super) fn asked_framework(default: Framework) -> Result<Framework, CliError> {
    asked("Framework", &FrameworkArg::value_variants().iter().map(|one| (*one).into()).collect::<Vec<_>>(), default)
}

/// One of the values, which are in the order of the flag's.
fn asked<T: Copy + PartialEq + Flag>(prompt: &str, values: &[T], default: T) -> Result<T, CliError> {
    let default = values.iter().position(|value| *value == default).unwrap_or_default();
    let chosen = choose(prompt, &described(T::Arg::value_variants()), default)?;
    Ok(values.get(chosen).copied().unwrap_or(values[default]))
}

pub(super) fn asked_features(template: Template) -> Result<Features, CliError> {
    let offered: Vec<(FeatureArg, Feature)> =
        FeatureArg::value_variants().iter().filter_map(|arg| Some((*arg, arg.known()?))).collect();
    let args: Vec<FeatureArg> = offered.iter().map(|(arg, _)| *arg).collect();
    let defaults: Vec<bool> = offered.iter().map(|(_, feature)| template.features().contains(feature)).collect();
    let chosen = choose_any("Features (blank to choose, Enter to go on)", &described(&args), &defaults)?;
    Ok(chosen.into_iter().filter_map(|at| offered.get(at)).map(|(_, feature)| *feature).collect())
}

pub(super) fn asked_database() -> Result<DatabaseArg, CliError> {
    let all = DatabaseArg::value_variants();
    let default = all.iter().position(|one| *one == default_database()).unwrap_or_default();
    let chosen = choose("Database", &described(all), default)?;
    Ok(all.get(chosen).copied().unwrap_or(default_database()))
}

pub(super) fn asked_existing(old: &OldMigrations) -> Result<Tier, CliError> {
    let prompt = format!("{} has {} migrations of one schema. From now on they are", old.folder, old.names.len());
    let order = [ExistingArg::Shared, ExistingArg::Tenant];
    let chosen = choose(&prompt, &described(&order), 0)?;
    Ok(order.get(chosen).copied().unwrap_or(ExistingArg::Shared).into())
}

/// Each value with what it means, as `--help` has it.
fn described<A: ValueEnum>(args: &[A]) -> Vec<String> {
    let describe = |arg: &A| {
        let value = arg.to_possible_value()?;
        let help = value.get_help().map(ToString::to_string).unwrap_or_default();
        Some(format!("{:<13}{help}", value.get_name()))
    };
    args.iter().filter_map(describe).collect()
}
