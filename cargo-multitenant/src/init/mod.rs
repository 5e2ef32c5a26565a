//! What `init` writes, decided before anything is written: pure, from what was chosen and what is there.
//!
//! `choices.rs` is what can be chosen, `existing.rs` what is there, `files.rs` which files follow from both, `manifest.rs`
//! what becomes of a `Cargo.toml`, `compatible.rs` whether the package can have it, `plan.rs` what is done with each file, and `write.rs` does it: all of it, or nothing.
//! Deliberately absent: questions and flags, which are the command's; and any template's text, which lies in `templates/`.

mod choices;
mod compatible;
mod dependencies;
mod existing;
mod files;
mod isolation;
mod manifest;
mod name;
mod place;
mod plan;
mod steps;
mod templates;
mod version;
mod write;

pub(crate) use choices::{Choices, Crates, Database, Feature, Features, Framework, Template};
pub(crate) use existing::{Ground, OldMigrations, Unusable};
pub(crate) use name::PackageName;
pub(crate) use plan::{Action, Plan, Planned, plan};
pub(crate) use write::{Unwritten, write};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::Path;

    use jiff::civil::datetime;
    use multitenant_runtime::Tier;

    use super::*;

    fn contents(root: &Path) -> BTreeMap<String, Vec<u8>> {
        let (mut found, mut folders) = (BTreeMap::new(), vec![root.to_path_buf()]);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => folders.push(path),
                    false => drop(found.insert(
                        path.strip_prefix(root).unwrap().to_string_lossy().into_owned(),
                        fs::read(&path).unwrap(),
                    )),
                }
            }
        }
        found
    }

    fn copy(from: &Path, to: &Path) {
        for (path, bytes) in contents(from) {
            let to = to.join(path);
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::write(to, bytes).unwrap();
        }
    }

    /// As the command does, with what it takes where nothing is said.
    fn run(root: &Path, second: i8, go_on: impl FnMut() -> std::io::Result<()>) {
        let ground = Ground::read(root).unwrap();
        let choices = Choices {
            name: PackageName::new("app").unwrap(),
            template: if ground.package.is_some() { Template::Standard } else { Template::Full },
            framework: Framework::Axum,
            features: Template::Full.features(),
            database: Database::Manual,
            existing: Tier::Shared,
            crates: Crates::Published,
            has_application: false,
        };
        let plan = plan(&choices, &ground, false, datetime(2026, 11, 2, 10, 15, second, 0)).unwrap();
        write(&plan, go_on).unwrap();
    }

    /// After whichever file it was killed: the next run makes the same project of what is left.
    #[test]
    fn a_killed_run_is_finished_by_the_next_one() {
        let whole = tempfile::tempdir().unwrap();
        run(whole.path(), 0, || Ok(()));
        let expected = contents(whole.path());
        let (root, copies) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mut points = 0;
        run(root.path(), 0, || {
            copy(root.path(), &copies.path().join(points.to_string()));
            points += 1;
            Ok(())
        });
        assert!(points > 20, "{points}");
        // Each of the last, which say that there is something, and of the others some.
        for point in (0..points).filter(|point| point % 3 == 0 || point + 8 > points) {
            let root = copies.path().join(point.to_string());
            run(&root, 40, || Ok(()));
            let named = |path: &String| path.replace("101540", "101500").replace("101541", "101501");
            let made: BTreeMap<_, _> = contents(&root).into_iter().map(|(path, bytes)| (named(&path), bytes)).collect();
            assert!(made == expected, "killed at {point}: {:?} and {:?}", made.keys(), expected.keys());
        }
    }

    /// A file of ours without a byte is what a full disk or an older release has left.
    #[test]
    fn an_empty_file_counts_as_not_there() {
        let root = tempfile::tempdir().unwrap();
        run(root.path(), 0, || Ok(()));
        let expected = contents(root.path());
        for path in ["src/lib.rs", "src/routes.rs"] {
            fs::write(root.path().join(path), "").unwrap();
        }
        fs::remove_file(root.path().join("Cargo.toml")).unwrap();
        run(root.path(), 40, || Ok(()));
        assert!(contents(root.path()) == expected);
    }
}
