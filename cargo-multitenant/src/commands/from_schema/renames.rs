//! What has another name only: said, agreed to, or a hint.

use std::collections::BTreeSet;
use std::str::FromStr;

use multitenant_runtime::Tier;

use crate::diff::{Change, Rename, candidates, renamed};
use crate::error::CliError;
use crate::from_schema::FromSchema;
use crate::model::Model;
use crate::output::{Shown, agree};

/// `--rename`, with the table that stands before the old name of a column.
#[derive(Debug, Clone)]
pub(super) struct SaidRename {
    old_table: Option<String>,
    pub(super) rename: Rename,
}

impl FromStr for SaidRename {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rename = text.parse()?;
        let (old, _) = text.split_once('=').unwrap_or_default();
        let old_table = old.split_once('.').map(|(table, _)| table.trim().to_owned());
        Ok(Self { old_table, rename })
    }
}

/// The renames that are said, and those that whoever sits at the terminal agrees to.
pub(super) fn agreed(
    mut renames: Vec<Rename>,
    project: &FromSchema,
    tier: Tier,
    keep: &BTreeSet<String>,
) -> Result<Vec<Rename>, CliError> {
    let mut refused: BTreeSet<String> = BTreeSet::new();
    loop {
        // A table's new name shows which of its columns have others.
        let (before, _) = new_names(project, tier, &renames)?;
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

/// What may have another name only, of what the code does not have and the migrations do.
pub(super) fn could_be(renames: &[Rename], project: &FromSchema, tier: Tier, keep: &BTreeSet<String>) -> String {
    let before = renamed(&project.before, &project.code, tier, renames).map(|(model, _)| model).ok();
    let could_be: Vec<String> = before
        .iter()
        .flat_map(|before| candidates(before, &project.code, tier))
        .filter(|candidate| candidate.flag.split_once('=').is_none_or(|(old, _)| !keep.contains(old)))
        .map(|candidate| format!("\n  --rename {}", candidate.flag))
        .collect();
    if could_be.is_empty() {
        return String::new();
    }
    format!("\nor, where something has only another name:{}", could_be.concat())
}

/// The model with its new names; names that depend on each other need more than one migration.
pub(super) fn new_names(
    project: &FromSchema,
    tier: Tier,
    renames: &[Rename],
) -> Result<(Model, Vec<Change>), CliError> {
    renamed(&project.before, &project.code, tier, renames).map_err(|message| {
        let follows = |one: &Rename, other: &Rename| match (one, other) {
            (Rename::Table { from, .. }, Rename::Table { to, .. }) => from == to,
            (Rename::Column { table, from, .. }, Rename::Column { table: of, to, .. }) => table == of && from == to,
            _ => false,
        };
        let is_chain = renames.iter().any(|one| renames.iter().any(|other| follows(one, other)));
        let remedy = "; a name that another one leaves, or swaps, takes several migrations: give the code a name of its own in \
                      between, and generate one for each step";
        CliError::Usage(if is_chain { message + remedy } else { message })
    })
}

/// What is wrong with a `--rename` whose column was another table's.
pub(super) fn misplaced(renames: &[SaidRename]) -> Option<String> {
    renames.iter().find_map(|said| {
        let (Some(old), Rename::Column { table, from, to }) = (&said.old_table, &said.rename) else { return None };
        let is_renamed = |other: &SaidRename| {
            matches!(&other.rename, Rename::Table { from, to } if from == old && to == table)
        };
        (old != table && !renames.iter().any(is_renamed)).then(|| {
            format!(
                "--rename {old}.{from}={table}.{to}: a column stays in its table: say {table}.{from}={table}.{to}, and {old}={table} \
                 too where the table has a new name"
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::from_schema::tests::project;

    #[test]
    fn a_column_stays_in_its_table() {
        let said = |texts: &[&str]| -> Option<String> {
            misplaced(&texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(said(&["orders.note=orders.text", "orders.total=amount"]), None);
        assert_eq!(said(&["orders=purchases", "orders.note=purchases.text"]), None);
        let wrong = said(&["nosuch.note=orders.text"]).unwrap();
        assert!(wrong.starts_with("--rename nosuch.note=orders.text: a column stays in its table"), "{wrong}");
    }

    #[test]
    fn names_that_are_swapped_take_several_migrations() {
        let project = project("table! { orders { id -> Int4, note -> Nullable<Int4>, total -> Nullable<Text>, } }");
        let failure = |renames: &[&str]| -> String {
            let renames: Vec<Rename> = renames.iter().map(|text| text.parse().unwrap()).collect();
            new_names(&project, Tier::Tenant, &renames).unwrap_err().to_string()
        };
        let swap = failure(&["orders.note=orders.total", "orders.total=orders.note"]);
        assert!(swap.contains("takes several migrations"), "{swap}");
        assert!(!failure(&["orders.note=orders.total"]).contains("several migrations"));
    }
}
