//! What is written compiles, is formatted, and passes Clippy, our own lint and its own tests.
//!
//! All packages are built in the workspace's own target folder, with its lock file and profiles, so that what is compiled
//! already is used again and nothing is fetched. `MULTITENANT_LONG=1` takes every template with every framework, and all
//! other choices in pairs.

use super::folder::{built_as_we_are, cargo, init};
use crate::project::{Project, answer};

/// What is chosen, as the flags have it: template, framework, features, database.
type Case = [String; 4];

const TEMPLATES: [&str; 4] = ["minimal", "standard", "full", "enterprise"];
const FRAMEWORKS: [&str; 3] = ["none", "axum", "actix"];
const FEATURES: [&str; 5] = ["shared", "cross-schema", "health", "metrics", "debug"];
const DATABASES: [&str; 4] = ["manual", "compose", "url", "embedded"];

fn is_long() -> bool {
    std::env::vars_os().any(|(name, _)| name == "MULTITENANT_LONG")
}

/// The project of a case.
fn made([template, framework, features, database]: &Case) -> Project {
    let project = Project::on_disk();
    let mut args =
        vec!["--template", template, "--framework", framework, "--feature", features, "--database", database];
    if database == "url" {
        args.extend(["--database-url", "postgres://localhost/app"]);
    }
    init(&project, &args).code(0);
    if template == "minimal" { project } else { built_as_we_are(project) }
}

/// Our own lint, which finds nothing at all.
#[track_caller]
fn linted(project: &Project, case: &Case) {
    let mut command = project.command(&["lint", "--format", "json"]);
    command.current_dir(project.path("app"));
    let document = answer(command).code(0).json();
    // A primary key that is no uuid is worth a word, and meant.
    let louder = |finding: &&serde_json::Value| finding["level"] != "info";
    assert_eq!(document["findings"].as_array().unwrap().iter().filter(louder).count(), 0, "{case:?}: {document}");
}

#[track_caller]
fn checked(case: &Case) {
    let project = made(case);
    // In the others there is nothing to lint yet.
    if ["full", "enterprise"].contains(&&*case[0]) {
        linted(&project, case);
    }
    if case[0] != "minimal" {
        let formatted = cargo(&project, &["fmt", "--check"]);
        assert_eq!(formatted.code, Some(0), "{case:?}: {}", formatted.stdout);
        let compiled = cargo(&project, &["clippy", "--quiet", "--offline", "--all-targets", "--", "-D", "warnings"]);
        assert_eq!(compiled.code, Some(0), "{case:?}: {}", compiled.stderr);
    }
}

fn case(template: &str, framework: &str, features: &str, database: &str) -> Case {
    [template, framework, features, database].map(str::to_owned)
}

/// A sample: the one with the most of everything that another test does not run.
#[test]
fn it_compiles_and_is_clean() {
    checked(&case("enterprise", "actix", "shared,health,metrics", "manual"));
}

/// The generated test, on a server that it finds or starts for itself. That of axum is run on the stranger's day.
#[test]
fn the_isolation_test_of_an_application_passes() {
    let frameworks = if is_long() { &["axum", "actix", "none"][..] } else { &[] };
    for framework in frameworks {
        let case = case("full", framework, &FEATURES.join(","), "embedded");
        let project = made(&case);
        linted(&project, &case);
        let tested = cargo(&project, &["test", "--quiet", "--offline", "--test", "isolation"]);
        assert_eq!(tested.code, Some(0), "{framework}: {}\n{}", tested.stdout, tested.stderr);
        assert!(tested.stdout.contains("1 passed"), "{framework}: {}", tested.stdout);
    }
}

/// Whatever a package is called, lines are as long as they may be, and imports in their order.
#[test]
fn it_is_formatted_whatever_it_is_called() {
    let long = "a-name-that-is-as-long-as-the-name-of-a-package-can-be-and-valid";
    assert_eq!(long.len(), 64);
    for name in ["z", "Actix_App", long] {
        for framework in FRAMEWORKS {
            let project = Project::on_disk();
            let args = ["--template", "full", "--framework", framework, "--yes", "--name", name];
            init(&project, &args).code(0);
            let formatted = cargo(&project, &["fmt", "--check"]);
            assert_eq!(formatted.code, Some(0), "{name}: {}\n{}", formatted.stdout, formatted.stderr);
        }
    }
}

/// Every template with every framework, of all other choices each with each, and none of them.
#[test]
#[expect(clippy::disallowed_macros, reason = "a long test says how many cases there were")]
fn every_pair_of_choices_compiles() {
    if !is_long() {
        return;
    }
    let mut cases = in_pairs();
    // With everything they are compiled for the test of isolation.
    cases.extend(FRAMEWORKS.map(|framework| case("full", framework, "none", "manual")));
    let fails = |(i, case): &(usize, &Case)| {
        eprintln!("{} of {}: {case:?}", i + 1, cases.len());
        std::panic::catch_unwind(|| checked(case)).is_err()
    };
    let failed: Vec<_> = cases.iter().enumerate().filter(fails).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

/// Cases in which each value of a choice meets each value of every other one: the next one is always that which brings the
/// most new pairs.
fn in_pairs() -> Vec<Case> {
    let mut all: Vec<[usize; 8]> = vec![[0; 8]];
    for (at, count) in [4, 3, 4, 2, 2, 2, 2, 2].into_iter().enumerate() {
        all = all
            .into_iter()
            .flat_map(|row| {
                (0..count).map(move |value| {
                    let mut row = row;
                    row[at] = value;
                    row
                })
            })
            .collect();
    }
    let pairs = |row: &[usize; 8]| -> Vec<(usize, usize, usize, usize)> {
        (0..8).flat_map(|i| (i + 1..8).map(move |j| (i, j))).map(|(i, j)| (i, row[i], j, row[j])).collect()
    };
    let mut open: std::collections::BTreeSet<_> = all.iter().flat_map(pairs).collect();
    let mut chosen = Vec::new();
    while !open.is_empty() {
        let new = |row: &&[usize; 8]| pairs(row).iter().filter(|pair| open.contains(pair)).count();
        let row = *all.iter().max_by_key(new).unwrap();
        for pair in pairs(&row) {
            open.remove(&pair);
        }
        chosen.push(row);
    }
    let features = |row: &[usize; 8]| {
        let chosen: Vec<_> =
            FEATURES.iter().zip(&row[3..]).filter(|(_, on)| **on == 1).map(|(name, _)| *name).collect();
        if chosen.is_empty() { "none".to_owned() } else { chosen.join(",") }
    };
    chosen.iter().map(|row| case(TEMPLATES[row[0]], FRAMEWORKS[row[1]], &features(row), DATABASES[row[2]])).collect()
}

#[test]
fn the_pairs_are_all_there() {
    let cases = in_pairs();
    assert!((12..30).contains(&cases.len()), "{}", cases.len());
    for template in TEMPLATES {
        for framework in FRAMEWORKS {
            assert!(cases.iter().any(|case| case[0] == template && case[1] == framework), "{template} {framework}");
        }
    }
}
