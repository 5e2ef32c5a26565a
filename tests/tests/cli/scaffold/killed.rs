//! Commands that write several files, killed while they do: whoever comes next has all of it or nothing. `MULTITENANT_LONG=1`
//! kills each a hundred times.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{files, package, unversioned};
use crate::project::Project;

/// How often each is killed.
fn kills() -> u32 {
    if std::env::vars_os().any(|(name, _)| name == "MULTITENANT_LONG") { 100 } else { 12 }
}

/// Where a command says what it is about to write.
const UNFINISHED: &str = ".multitenant-unfinished";

/// All that a project has beside that, without versions. Folders are none of Git's business.
fn content(project: &Project) -> BTreeMap<String, String> {
    let files = files(project).into_iter().filter(|(name, _)| !name.ends_with('/') && !name.starts_with(UNFINISHED));
    files.map(|(name, text)| (unversioned(&name), text)).collect()
}

/// Runs a command, and kills it so long after it has begun to write; whether it was still at it, and for how long.
fn killed(project: &Project, args: &[&str], after: Duration) -> (bool, Duration) {
    let mut process = project.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let unfinished = project.path(UNFINISHED);
    while !unfinished.exists() && process.try_wait().unwrap().is_none() {}
    let begun = Instant::now();
    while unfinished.exists() && begun.elapsed() < after {}
    let lasted = begun.elapsed();
    process.kill().unwrap();
    process.wait().unwrap();
    (unfinished.exists(), lasted)
}

/// Kills a command at moments that are spread over the time in which it writes, and runs it again each time: the project is
/// then as after one run that nobody disturbs. `again` is what it answers with where it finds that it was finished.
#[track_caller]
fn survives(project: impl Fn() -> Project, args: &[&str], again: i32) {
    let undisturbed = project();
    let before = content(&undisturbed);
    undisturbed.run(args).code(0);
    let (expected, count) = (content(&undisturbed), files(&undisturbed).len());
    assert_ne!(before, expected);
    let (_, lasts) = killed(&project(), args, Duration::from_secs(60));

    let mut half_done = 0;
    for number in 0..kills() {
        let project = project();
        let (was_at_it, _) = killed(&project, args, lasts * number / kills());
        half_done += u32::from(was_at_it);
        let is_done = content(&project) == expected;
        let answer = project.run(args);
        let is_finished = answer.stderr.contains("what a command had begun to write that was ended is finished: ");
        answer.code(if is_finished || is_done { again } else { 0 });
        assert_eq!(content(&project), expected, "killed at {number} of {}", kills());
        // Two migrations of one name are two files, with and without versions.
        let claims = |name: &str| name.split('/').any(|part| part.starts_with(".2"));
        assert_eq!(files(&project).keys().filter(|name| !claims(name)).count(), count, "killed at {number}");
        assert!(!project.path(UNFINISHED).exists());
    }
    assert!(half_done > 0, "none of {} kills met it while it wrote, which lasts {lasts:?}", kills());
}

#[test]
fn a_table_with_its_code() {
    let project = || package().file("src/schema.rs", "// Mine.\n").file("src/models.rs", "// Mine too.\n");
    survives(project, &["scaffold", "schema", "orders", "--type", "tenant", "total:numeric"], 13);
}

#[test]
fn an_import_into_both_tiers() {
    let other = Project::on_disk()
        .tenants(&["a"])
        .migration("shared/2026-01-01-000000_a", "create table plans (id int primary key);")
        .migration(
            "tenant/2026-01-01-000000_a",
            "create table orders (id int primary key, plan int references plans);",
        );
    let document = other.run(&["export", "--format", "json-schema"]).code(0).stdout;
    survives(|| package().file("schema.json", &document), &["import", "--from", "schema.json"], 0);
}

#[test]
fn a_difference_of_several_migrations() {
    let project = || {
        package()
            .migration(
                "tenant/2026-01-01-000000_a",
                "create table users (id int primary key); create table orders (id int primary key, by int, at date);",
            )
            .file(
                "src/schema.rs",
                "diesel::table! { users (id) { id -> Int4, } }\n\
                 diesel::table! { orders (id) { id -> Int4, by -> Nullable<Int4>, at -> Nullable<Date>, } }\n\
                 diesel::joinable!(orders -> users (by));\n\
                 #[derive(TenantTable)]\n#[multitenant(index(columns(at)), index(columns(by)))]\n\
                 #[diesel(table_name = orders)]\nstruct Order { id: i32 }\n",
            )
    };
    survives(project, &["generate", "tenant", "more", "--from-schema"], 0);
}

#[test]
fn what_cannot_be_ours_is_refused_and_touches_nothing() {
    let hostile = "{\"format\": 1, \"about\": \"\", \"processes\": [], \"folders\": [], \"migrations\": [], \"files\": [{\"place\": \
                   {\"within\": \"project\", \"path\": \"../stolen\"}, \"before\": null, \"text\": \"x\"}]}";
    let command = ["scaffold", "schema", "orders", "--type", "tenant"];
    for (journal, why) in [("{", "it cannot be read"), (hostile, "which is no place that is written to")] {
        let project = package().file(&format!("{UNFINISHED}/journal.json"), journal);
        let before = files(&project);
        project.run(&command).code(13).complains(&[
            "error: .multitenant-unfinished is what a command has left that was ended",
            why,
            "nothing was touched: look with `git status` at what is half done, and remove that folder",
        ]);
        // Who only looks is told.
        let look = [&command[..], &["--dry-run"]].concat();
        project.run(&look).code(0).complains(&["is read as it is (see .multitenant-unfinished)"]);
        assert_eq!(files(&project), before);
        std::fs::remove_dir_all(project.path(UNFINISHED)).unwrap();
        project.run(&command).code(0);
    }
}
