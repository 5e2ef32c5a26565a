//! A project as a text, and what is made of it.

use std::collections::BTreeSet;

use multitenant_runtime::Tier;

use crate::diff::{Change, Rename, compare, folders, obstacles, renamed, steps};
use crate::finding::Level;
use crate::from_schema::{FromSchema, Wanted, Wish, wanted};
use crate::lint::testing::lint;
use crate::lint::{LintSettings, RULES, Rule};

/// What is asked for beside the tier.
#[derive(Default)]
pub(super) struct Flags {
    pub(super) exact: bool,
    pub(super) keep: &'static [&'static str],
    pub(super) rename: &'static [&'static str],
}

pub(super) struct Made {
    /// Each folder with its files, in the linter's notation.
    pub(super) text: String,
    pub(super) changes: Vec<String>,
    pub(super) loses: Vec<String>,
    pub(super) refused: Vec<String>,
}

pub(super) fn of(tier: Tier, text: &str, flags: &Flags) -> Made {
    let (project, _) = lint(&[], text);
    let FromSchema { before, code } = FromSchema::of(&project, &LintSettings::default(), "public");
    let renames: Vec<Rename> = flags.rename.iter().map(|rename| rename.parse().unwrap()).collect();
    let (start, mut changes) = renamed(&before, &code, tier, &renames).unwrap();
    let keep: BTreeSet<String> = flags.keep.iter().map(|name| (*name).to_owned()).collect();
    let Wanted { model, mut refused, .. } = wanted(&start, &code, &Wish { tier, exact: flags.exact, keep: &keep });
    changes.extend(compare(&start, &model, tier));
    refused.extend(obstacles(&start, &model, &changes));
    let steps = steps(&start, &model, &changes);
    let mut text = String::new();
    for (at, folder) in folders("x", &steps).iter().enumerate() {
        for (file, content) in &folder.files {
            let tier = if tier == Tier::Tenant { "tenant" } else { "shared" };
            text += &format!("-- file: {tier}/{}_{}/{file}\n{content}", at + 5, folder.name);
        }
    }
    Made {
        text,
        changes: changes.iter().map(Change::shown).collect(),
        loses: steps.iter().filter_map(|step| step.loses.clone()).collect(),
        refused,
    }
}

/// What is made of a project, which our lint finds nothing wrong with, and after which nothing is left to make.
#[track_caller]
pub(super) fn made_with(tier: Tier, text: &str, flags: &Flags) -> String {
    let made = of(tier, text, flags);
    assert_eq!(made.refused, [""; 0]);
    let after = format!("{text}\n{}", made.text);
    let rules: Vec<&'static Rule> = RULES.iter().copied().filter(|rule| rule.level != Level::Off).collect();
    let (project, linted) = lint(&rules, &after);
    let findings: Vec<String> = linted
        .findings
        .iter()
        .map(|finding| (finding, &project.sources.get(finding.place.file).path))
        // What a table is called is not ours to say.
        .filter(|(finding, _)| !finding.code.ends_with("-naming"))
        .filter(|(finding, path)| finding.level != Level::Info && !path.contains("/1_") && !path.ends_with(".rs"))
        .map(|(finding, path)| format!("{path}: {}: {}", finding.code, finding.message))
        .collect();
    assert_eq!(findings, [""; 0], "{}", made.text);
    let again = of(tier, &after, &Flags { exact: flags.exact, keep: flags.keep, rename: &[] });
    assert_eq!((again.changes, again.refused), (Vec::new(), Vec::new()), "{}", made.text);
    made.text
}

#[track_caller]
pub(super) fn made(text: &str) -> String {
    made_with(Tier::Tenant, text, &Flags::default())
}

pub(super) const BEFORE: &str = "
-- file: shared/1_a/up.sql
create table plans (id text primary key, region text not null);
-- file: tenant/1_a/up.sql
create table orders (id bigint primary key, note varchar(20), total int not null, plan text not null);
-- file: tenant/1_a/down.sql
drop table orders;
-- file: src/schema.rs
table! { public.plans { id -> Text, region -> Text, } }
";

/// Behind the migrations above, these declarations.
pub(super) fn code(text: &str) -> String {
    format!("{BEFORE}{text}")
}

pub(super) const ORDERS: &str =
    "table! { orders { id -> Int8, note -> Nullable<Varchar>, total -> Int4, plan -> Text, } }";

/// Migrations of tenants, and these declarations.
pub(super) fn with(tenant: &str, code: &str) -> String {
    format!(
        "-- file: tenant/1_a/up.sql\n{tenant}\n-- file: tenant/1_a/down.sql\n-- irreversible: base\nselect 1;\n-- file: src/schema.rs\n{code}"
    )
}

pub(super) const EXACT: Flags = Flags { exact: true, keep: &[], rename: &[] };

#[track_caller]
pub(super) fn refused(text: &str, flags: &Flags, expected: &str) {
    let refused = of(Tier::Tenant, text, flags).refused;
    assert!(refused.len() == 1 && refused[0].contains(expected), "{refused:?}");
}

/// Both files of all folders, of which only some lines matter.
#[track_caller]
pub(super) fn lines(text: &str, flags: &Flags) -> Vec<String> {
    let made = of(Tier::Tenant, text, flags);
    assert_eq!(made.refused, [""; 0]);
    made.text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[track_caller]
pub(super) fn in_order(lines: &[String], expected: &[&str]) {
    let mut rest = lines.iter();
    for wanted in expected {
        assert!(rest.any(|line| line.contains(wanted)), "{wanted:?} is missing in its place: {lines:#?}");
    }
}
