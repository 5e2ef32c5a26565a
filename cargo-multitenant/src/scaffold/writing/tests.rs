//! A command that is ended at any step, and what the next one makes of it.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};

use super::super::batch::{Change, NewMigration};
use super::super::journal::{Bounds, recover, recover_with};
use super::super::turn::Turn;
use super::*;

const A: &str = "// a\r\nmod x;";

/// A project with a file, and with shared migrations.
fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.rs"), A).unwrap();
    let first = folder.path().join("migrations/shared/2024-01-01-000000_first");
    fs::create_dir_all(&first).unwrap();
    fs::write(first.join("up.sql"), "select 0;\n").unwrap();
    folder
}

/// What changes a file, makes two, and migrations of both tiers.
fn batch(root: &Path) -> Batch {
    let migration = |name: &str| NewMigration {
        name: name.to_owned(),
        files: vec![("up.sql", format!("select '{name}';\n")), ("down.sql", "select 1;\n".to_owned())],
    };
    Batch {
        changes: vec![
            Change::create(&root.join("new/deep/b.rs"), "struct B;\n"),
            Change::append(&root.join("a.rs"), A.to_owned(), "struct A;\n"),
            Change::create(&root.join("new/c.rs"), "struct C;\n"),
        ],
        migrations: vec![
            (root.join("migrations/shared"), vec![migration("plans")]),
            (root.join("migrations/tenant"), vec![migration("orders"), migration("items")]),
        ],
    }
}

fn turn(root: &Path) -> Turn {
    Turn::of(Bounds::of(root), || ())
}

/// A step that ends the process, as far as its files are concerned, when it was called so many times.
fn ends_at(end: usize) -> impl FnMut() {
    let mut calls = 0;
    move || {
        calls += 1;
        if calls > end {
            resume_unwind(Box::new("killed"));
        }
    }
}

/// Writes the batch; `false` where that was ended by so many steps.
fn written(root: &Path, end: usize) -> bool {
    let write = || {
        let (turn, batch) = (turn(root), batch(root));
        Writing::of(&batch, turn.bounds(), &Path::to_path_buf).unwrap().write(&mut ends_at(end)).unwrap();
    };
    catch_unwind(AssertUnwindSafe(write)).is_ok()
}

/// Takes the turn after that.
fn recovered(root: &Path) -> Result<Vec<PathBuf>, String> {
    recover(&turn(root), &Path::to_path_buf).map_err(|error| error.to_string())
}

/// All files and their texts, without versions.
fn all(root: &Path) -> Vec<(String, String)> {
    let (mut found, mut folders) = (Vec::new(), vec![root.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = slashes(path.strip_prefix(root).unwrap());
            let parts = name.split('/').map(|part| match part.split_once('_') {
                Some((version, name)) if new_migration::is_version(version) => name,
                _ => part,
            });
            found.push((parts.collect::<Vec<_>>().join("/"), fs::read_to_string(&path).unwrap()));
        }
    }
    found.sort();
    found
}

/// How many steps there are before the first file is touched: both journals, folders, claims.
const PREPARED: usize = 1 + 3 + 3 + 1;

#[test]
fn whoever_comes_after_a_kill_finds_all_or_nothing() {
    let undisturbed = project();
    let before = all(undisturbed.path());
    assert!(written(undisturbed.path(), usize::MAX));
    let after = all(undisturbed.path());
    assert_eq!(after.len(), before.len() + 8);

    let (mut nothing, mut everything) = (0, 0);
    for end in 0.. {
        let folder = project();
        let root = folder.path();
        if written(root, end) {
            assert_eq!(end, PREPARED + 6);
            break;
        }
        let finished = recovered(root).unwrap();
        assert_eq!(finished.is_empty(), end < PREPARED - 1, "ended at {end}");
        if finished.is_empty() {
            assert_eq!(all(root), before, "ended at {end}");
            assert!(!root.join("new").exists() && !root.join("migrations/tenant").exists(), "ended at {end}");
            nothing += 1;
        } else {
            assert_eq!(all(root), after, "ended at {end}");
            assert_eq!(finished.len(), 6);
            everything += 1;
        }
        assert!(!root.join(".multitenant-unfinished").exists());
        assert_eq!(recovered(root), Ok(Vec::new()), "and then there is nothing to be said");
    }
    assert_eq!((nothing, everything), (PREPARED - 1, 7));
}

/// Somebody's own migrations, later than all that there are.
fn newest(root: &Path) {
    for tier in ["shared", "tenant"] {
        let folder = root.join("migrations").join(tier);
        new_migration::make(&folder, "newest", &[("up.sql", "")], new_migration::now()).unwrap();
    }
}

#[test]
fn a_recovery_may_be_ended_too() {
    let undisturbed = project();
    assert!(written(undisturbed.path(), usize::MAX));
    newest(undisturbed.path());
    let expected = all(undisturbed.path());
    // Nothing is written yet, all files are, all but the last migration.
    for end in [PREPARED - 1, PREPARED + 2, PREPARED + 5] {
        for again in 0.. {
            let folder = project();
            let root = folder.path();
            assert!(!written(root, end));
            // Versions are claimed anew behind these, and a migration of which half is there is begun anew.
            newest(root);
            for entry in fs::read_dir(root.join("migrations/tenant")).unwrap().map(Result::unwrap) {
                if entry.file_name().to_string_lossy().starts_with('.') {
                    fs::write(entry.path().join("up.sql"), "sel").unwrap();
                }
            }
            let recovering = || recover_with(&turn(root), &Path::to_path_buf, &mut ends_at(again)).unwrap();
            let is_done = catch_unwind(AssertUnwindSafe(recovering)).is_ok();
            assert_eq!(recovered(root).unwrap().is_empty(), is_done);
            assert_eq!(all(root), expected, "ended at {end}, and again at {again}");
            if is_done {
                break;
            }
        }
    }
}

#[test]
fn what_was_on_its_way_is_removed() {
    let folder = project();
    let root = folder.path();
    assert!(!written(root, PREPARED));
    let stray = root.join(format!(".a.rs.{}.0.tmp", std::process::id()));
    let theirs = root.join(".a.rs.swp");
    fs::write(&stray, "// a").unwrap();
    fs::write(&theirs, "").unwrap();
    recovered(root).unwrap();
    assert!(!stray.exists() && theirs.exists());
}

#[test]
fn what_somebody_has_changed_stays_and_the_rest_is_taken_back() {
    // The files are written in the order of their names: one of them is, the others are not.
    for (path, text) in [("new/deep/b.rs", "theirs"), ("new/c.rs", "struct C"), ("new/c.rs", "")] {
        let folder = project();
        let root = folder.path();
        assert!(!written(root, PREPARED));
        fs::create_dir_all(root.join("new/deep")).unwrap();
        fs::write(root.join(path), text).unwrap();
        let error = recovered(root).unwrap_err();
        assert!(
            error.contains(&format!("this was changed since: {}", slashes(&root.canonicalize().unwrap().join(path)))),
            "{error}"
        );
        let mut expected = all(project().path());
        expected.push((path.to_owned(), text.to_owned()));
        expected.sort();
        assert_eq!(all(root), expected);
        fs::remove_file(root.join(path)).unwrap();
        assert_eq!(recovered(root), Ok(Vec::new()));
        assert!(written(root, usize::MAX), "then it can be done once more");
    }
}

#[test]
fn what_was_written_and_then_changed_is_left_alone() {
    for (path, text) in [("a.rs", "// another"), ("new/c.rs", "struct C;\n\nstruct D;\n"), ("new/deep/b.rs", "")] {
        let folder = project();
        let root = folder.path();
        // All files, and the first migration where it is their number that says so.
        assert!(!written(root, PREPARED + 3));
        fs::write(root.join(path), text).unwrap();
        assert_eq!(recovered(root).map(|finished| finished.len()), Ok(6), "{path}");
        assert_eq!(fs::read_to_string(root.join(path)).unwrap(), text);
        assert_eq!(fs::read_dir(root.join("migrations/tenant")).unwrap().count(), 2);
    }
}

#[test]
fn a_migration_that_was_made_since_is_not_overtaken() {
    let folder = project();
    let root = folder.path();
    assert!(!written(root, PREPARED + 2));
    let now = new_migration::now();
    let newest = new_migration::make(&root.join("migrations/shared"), "newest", &[("up.sql", "")], now).unwrap();
    let finished = recovered(root).unwrap();
    let ours = finished.iter().find(|path| slashes(path).ends_with("_plans")).unwrap();
    assert!(ours.file_name() > newest.file_name(), "{ours:?} {newest:?}");
}

#[test]
fn a_journal_that_cannot_be_ours_touches_nothing() {
    let folder = project();
    let root = folder.path();
    assert!(!written(root, PREPARED));
    let journal = root.join(".multitenant-unfinished/journal.json");
    let text = fs::read_to_string(&journal).unwrap();
    for (hostile, why) in [
        (text.replace("\"new/c.rs\"", "\"../c.rs\""), "\"../c.rs\", which is no place"),
        (text.replace("\"new/c.rs\"", "\"/etc/c.rs\""), "\"/etc/c.rs\", which is no place"),
        (text.replace("\"new/c.rs\"", "\".git/config\""), "which is no place"),
        (text.replace("\"project\"", "\"home\""), "the project has no such folder"),
        (text.replace("\"format\": 1", "\"format\": 2"), "a newer one has written it"),
        (text[..text.len() / 2].to_owned(), "it cannot be read"),
    ] {
        fs::write(&journal, &hostile).unwrap();
        let before = all(root);
        let error = recovered(root).unwrap_err();
        assert!(error.contains(why) && error.contains("nothing was touched: look with `git status`"), "{error}");
        assert_eq!(all(root), before);
    }
}

#[cfg(unix)]
#[test]
fn links_out_of_the_project_are_not_followed() {
    use std::os::unix::fs::symlink;

    let (folder, elsewhere) = (project(), tempfile::tempdir().unwrap());
    let root = folder.path();
    assert!(!written(root, PREPARED));
    fs::remove_dir(root.join("new/deep")).unwrap();
    symlink(elsewhere.path(), root.join("new/deep")).unwrap();
    let error = recovered(root).unwrap_err();
    assert!(error.contains("leads elsewhere by a link"), "{error}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);

    let folder = project();
    let root = folder.path();
    symlink(elsewhere.path(), root.join("new")).unwrap();
    let error = batch(root).write(&turn(root), Path::to_path_buf).unwrap_err().to_string();
    assert!(error.contains("leads out of the project, and nothing was written"), "{error}");
    assert_eq!(all(root), all(project().path()));
}
