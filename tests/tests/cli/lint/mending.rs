//! `--fix`: whole files or none, the same whatever how often, and only what may be changed.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::projects::copied;
use crate::project::Project;

/// All files of a project.
fn files(project: &Project) -> BTreeMap<String, Vec<u8>> {
    fn walk(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, files);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(&project.path(""), &project.path(""), &mut all);
    all
}

fn read(project: &Project, path: &str) -> String {
    std::fs::read_to_string(project.path(path)).unwrap()
}

fn findings(project: &Project) -> Vec<Value> {
    project.run(&["lint", "--format", "json"]).json()["findings"].as_array().unwrap().clone()
}

const BAD: &str = "create table public.orders (id uuid primary key);\n";
const GOOD: &str = "create table orders (id uuid primary key);\n";

#[test]
fn a_migration_is_taken_out_of_its_transaction() {
    let index = "create index concurrently orders_at on orders (at);\n";
    let metadata =
        "# By hand.\n\nrun_in_transaction = true # for now\n\n[multitenant] # ours\nallow_shared_locks = true\n";
    let project = Project::on_disk()
        .migration("tenant/1_new", index)
        .migration("tenant/2_there", index)
        .file("migrations/tenant/2_there/metadata.toml", metadata)
        .migration("tenant/3_broken", index)
        .file("migrations/tenant/3_broken/metadata.toml", "run_in_transaction = perhaps\n")
        .migration("tenant/4_two", &format!("{index}{index}"));
    project.run(&["lint", "--fix"]).code(1).says(&["2 mended"]);
    assert_eq!(read(&project, "migrations/tenant/1_new/metadata.toml"), "run_in_transaction = false\n");
    assert_eq!(read(&project, "migrations/tenant/2_there/metadata.toml"), metadata.replace("= true #", "= false #"));
    assert_eq!(read(&project, "migrations/tenant/3_broken/metadata.toml"), "run_in_transaction = perhaps\n");
    assert!(!project.path("migrations/tenant/4_two/metadata.toml").exists());
    let left: Vec<Value> = findings(&project)
        .into_iter()
        .filter(|finding| finding["code"] == "non-transactional-in-transaction")
        .map(|finding| finding["file"].clone())
        .collect();
    let two = "migrations/tenant/4_two/up.sql";
    assert_eq!(left, ["migrations/tenant/3_broken/up.sql", two, two]);
}

#[test]
fn what_is_final_is_left_alone_with_all_its_files() {
    let project = Project::on_disk()
        .migration("tenant/1_final", "create index concurrently orders_at on orders (at);\n")
        .migration("tenant/2_final", BAD);
    project.run(&["lock"]).code(0).says(&["2 migrations", "tenant 1: new"]);
    let before = files(&project);
    project.run(&["lint", "--fix"]).code(1);
    assert_eq!(files(&project), before);
    let project = project.migration("tenant/3_new", BAD);
    project.run(&["lint", "--fix"]).code(1).says(&["1 mended"]);
    assert_eq!(read(&project, "migrations/tenant/2_final/up.sql"), BAD);
    assert_eq!(read(&project, "migrations/tenant/3_new/up.sql"), GOOD);
}

#[test]
fn without_a_lock_it_says_what_it_changed_and_what_that_means() {
    let said = |project: &Project, more: &[&str]| project.run(&[&["lint", "--fix"], more].concat()).code(0).stderr;
    let project = Project::on_disk().migration("tenant/1_a", BAD).migration("tenant/2_b", GOOD);
    let stderr = said(&project, &[]);
    for text in ["  migrations/tenant/1_a/up.sql\n", "checksum", "`cargo multitenant lock`"] {
        assert!(stderr.contains(text), "no {text:?} in {stderr}");
    }
    assert!(!stderr.contains("2_b"), "{stderr}");
    assert_eq!(said(&project, &[]), "", "nothing is changed any more");
    let json = Project::on_disk().migration("tenant/1_a", BAD);
    assert_eq!(said(&json, &["--format", "json"]), "");
    let locked = Project::on_disk().migration("tenant/1_a", GOOD);
    locked.run(&["lock"]).code(0);
    let locked = locked.migration("tenant/2_b", &BAD.replace("orders", "items"));
    assert_eq!(said(&locked, &[]), "");
}

#[test]
fn with_a_lock_that_cannot_be_read_nothing_is_mended() {
    let project = Project::on_disk().migration("tenant/1_a", BAD).file("multitenant.lock", "<<<<<<< HEAD\n");
    project.run(&["lint", "--fix"]).code(1).complains(&["nothing is mended", "multitenant.lock"]);
    assert_eq!(read(&project, "migrations/tenant/1_a/up.sql"), BAD);
}

#[test]
fn only_what_is_asked_for_is_mended() {
    let other = BAD.replace("orders", "items");
    let project = Project::on_disk().migration("tenant/1_a", BAD).migration("tenant/2_b", &other);
    project.run(&["lint", "--fix", "./migrations/tenant/2_b/"]).code(0);
    assert_eq!(read(&project, "migrations/tenant/1_a/up.sql"), BAD);
    assert_eq!(read(&project, "migrations/tenant/2_b/up.sql"), GOOD.replace("orders", "items"));
    project.run(&["lint", "--fix", "-A", "tenant-schema-qualified"]).code(0);
    assert_eq!(read(&project, "migrations/tenant/1_a/up.sql"), BAD, "what is not looked at is not mended");
}

#[cfg(unix)]
#[test]
fn a_read_only_file_stops_it_before_anything_is_written() {
    use std::os::unix::fs::PermissionsExt as _;

    let project = Project::on_disk().migration("tenant/1_a", BAD).migration("tenant/2_b", BAD);
    let path = project.path("migrations/tenant/2_b/up.sql");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o444)).unwrap();
    let before = files(&project);
    project.run(&["lint", "--fix"]).code(3).complains(&["migrations/tenant/2_b/up.sql cannot be mended", "read-only"]);
    assert_eq!(files(&project), before);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    project.run(&["lint", "--fix"]).code(0);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o755);
}

/// A project of many migrations, of which each has something to mend.
fn many() -> Project {
    (0..120).fold(Project::on_disk(), |project, number| {
        project.migration(&format!("tenant/{number:03}_a"), &BAD.replace("orders", &format!("orders_{number}")))
    })
}

/// Asserts that each file is what it was, or what it should become, and says how many of them are.
#[track_caller]
fn whole(project: &Project) -> usize {
    let is_mended = |(path, text): (String, Vec<u8>)| {
        let text = String::from_utf8(text).unwrap();
        let number: usize = path.trim_start_matches("migrations/tenant/").split('_').next().unwrap().parse().unwrap();
        let (bad, good) = (format!("public.orders_{number} "), format!("create table orders_{number} "));
        assert!(text.contains(&bad) || text.contains(&good), "{path}: {text}");
        assert_eq!(text.lines().count(), 1, "{path}: {text}");
        text.contains(&good)
    };
    files(project)
        .into_iter()
        .filter(|(path, _)| path.ends_with("/up.sql"))
        .filter(|file| is_mended(file.clone()))
        .count()
}

#[test]
fn two_at_once_do_no_harm() {
    let project = many();
    let null = std::process::Stdio::null;
    let start = || project.command(&["lint", "--fix"]).stdout(null()).stderr(null()).spawn().unwrap();
    let mut running: Vec<_> = (0..3).map(|_| start()).collect();
    for process in &mut running {
        // One of them may find that another was faster, and say so.
        assert!([0, 3].contains(&process.wait().unwrap().code().unwrap()));
    }
    project.run(&["lint", "--fix"]).code(0);
    assert_eq!(whole(&project), 120);
    assert_eq!(files(&project).len(), 120, "nothing is left beside them");
}

#[cfg(unix)]
#[test]
fn a_kill_leaves_each_file_whole() {
    let project = many();
    let mut process = project.command(&["lint", "--fix", "-q"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    // As soon as the first is written, whenever that is.
    while whole(&project) == 0 && process.try_wait().unwrap().is_none() {}
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(whole(&project) > 0);
    project.run(&["lint", "--fix"]).code(0);
    assert_eq!(whole(&project), 120);
}

/// Statements that can be mended, in pieces between which anything may stand that is blank.
const PIECES: &[&[&str]] = &[
    &["create table ", "public.", "t1 ", "(id uuid primary key", ", note text)", ";"],
    &["CREATE TABLE IF NOT EXISTS ", "\"public\".", "\"T 2\" ", "(", "id ", "public.mood", " primary key)", ";"],
    &["alter table ", "public.", "t1 ", "add ", "check ", "(note <> 'public.x')", ";"],
    &["alter table t1 ", "add foreign key ", "(note) ", "references ", "public.", "t2 (id)", ";"],
    &["alter table t1 ", "add unique (note), ", "add foreign key (id) ", "references public.t2", ";"],
    &["select ", "public.f(1), ", "'it''s public.x' ", "from ", "public.t1 ", "as x", ";"],
    &["create function f() returns bigint ", "language sql ", "as $$ select count(*) from t1 $$", ";"],
    &[
        "create function g() returns trigger ",
        "language plpgsql ",
        "as 'begin perform 1 from public.t1; return new; end'",
        ";",
    ],
    &["create index concurrently ", "on t1 ", "(note)", ";"],
    &["update ", "public.t1 ", "set note = 'ä' ", "where id in (select id from public.t2)", ";"],
    &["create view v as ", "select * from public.t1 ", "join public.t2 using (id)", ";"],
    &["do $$ begin ", "drop table public.t1; ", "end $$", ";"],
    &["create trigger t ", "after insert on public.t1 ", "execute function public.g()", ";"],
];
const BETWEEN: &[&str] = &["", "", "", "\n", "\r\n  ", " /* public. ; */ ", " -- public.x; it's\n", "\t"];

/// A small generator of numbers, for texts that are the same every time.
struct Dice(u64);

impl Dice {
    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        all[usize::try_from(self.0 >> 33).unwrap() % all.len()]
    }
}

/// A script of some statements, perhaps with `BEGIN` and `COMMIT` around it.
fn script(dice: &mut Dice) -> String {
    let mut text = String::new();
    let is_wrapped = dice.of(&[true, false, false]);
    if is_wrapped {
        text.push_str(dice.of(&["begin;\n", "BEGIN ;", "begin transaction; "]));
    }
    for _ in 0..dice.of(&[1, 1, 2, 5]) {
        for piece in dice.of(PIECES) {
            text.push_str(piece);
            if piece.ends_with([' ', ')', ';']) && !piece.starts_with("as ") {
                text.push_str(dice.of(BETWEEN));
            }
        }
        text.push_str(dice.of(&["\n", "\r\n", " ", "\n\n"]));
    }
    if is_wrapped {
        text.push_str(dice.of(&["commit;\n", "COMMIT", "end;"]));
    }
    text
}

/// Mends a project, and asserts what must hold whatever was in it.
#[track_caller]
fn mended(project: &Project) {
    let broken = |findings: &[Value]| findings.iter().filter(|finding| finding["code"] == "sql-syntax-error").count();
    let before = findings(project);
    assert!(before.iter().any(|finding| finding["fixable"] == true));
    project.run(&["lint", "--fix"]);
    let (after, once) = (findings(project), files(project));
    assert_eq!(broken(&after), broken(&before), "what parsed before parses after it");
    let broken_files: Vec<&Value> =
        after.iter().filter(|finding| finding["code"] == "sql-syntax-error").map(|finding| &finding["file"]).collect();
    let left: Vec<&Value> = after
        .iter()
        .filter(|finding| finding["fixable"] == true && !broken_files.contains(&&finding["file"]))
        .collect();
    assert!(left.is_empty(), "{} are left, as this: {:#?}", left.len(), left[0]);
    project.run(&["lint", "--fix"]);
    assert!(files(project) == once, "a second time changes nothing");
}

#[test]
fn what_was_mended_parses_and_stays_as_it_is() {
    let mut dice = Dice(7);
    let project = (0..100).fold(Project::on_disk(), |project, number| {
        project.migration(&format!("tenant/{number:03}_a"), &script(&mut dice))
    });
    mended(&project);
}

#[test]
fn so_it_is_with_every_rule() {
    let project = copied("every-rule");
    std::fs::remove_file(project.path("multitenant.lock")).unwrap();
    mended(&project);
}
