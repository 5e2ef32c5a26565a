//! `--since`: the files that differ from a revision of git.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The files that have changed since a revision, and those that git does not know yet. Where a migration has lost a file,
/// its others have changed with that: there is no other place where it can be told.
///
/// # Errors
///
/// What git says: no repository, no such revision.
pub(crate) fn changed(reference: &str, here: &Path) -> Result<Vec<PathBuf>, String> {
    if reference.starts_with('-') {
        return Err(format!("{reference:?} is no revision"));
    }
    // From where the two parted, so that what others did meanwhile is not ours.
    let commit =
        git(here, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{reference}^{{commit}}")]);
    let commit = commit.map_err(|error| if error.is_empty() { UNKNOWN.to_owned() } else { error })?;
    let base = git(here, &["merge-base", commit.trim_end(), "HEAD"]);
    let base = base.map_err(|error| if error.is_empty() { APART.to_owned() } else { error })?;
    let base = base.lines().next().unwrap_or(reference).to_owned();
    let top = PathBuf::from(git(here, &["rev-parse", "--show-toplevel"])?.trim_end());
    let changed = git(here, &["diff", "--name-only", "-z", "--no-renames", "--diff-filter=d", &base])?;
    let unknown = git(&top, &["ls-files", "--others", "--exclude-standard", "-z"])?;
    let gone = git(here, &["diff", "--name-only", "-z", "--no-renames", "--diff-filter=D", &base])?;
    let paths = |names: &str| -> Vec<PathBuf> {
        names.split('\0').filter(|name| !name.is_empty()).map(|name| top.join(name)).collect()
    };
    let mut files = [paths(&changed), paths(&unknown)].concat();
    let left = paths(&gone).into_iter().flat_map(|file| SCRIPTS.map(|script| file.with_file_name(script)));
    files.extend(left.filter(|file| file.is_file()));
    Ok(files)
}

/// What a migration is made of.
const SCRIPTS: [&str; 2] = ["up.sql", "down.sql"];

const UNKNOWN: &str = "git knows no such revision: fetch it, or correct its name";
const APART: &str = "git knows no commit that it and HEAD have in common: fetch more of the history";

/// What git answers; the error is what it says, which may be nothing.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new("git").arg("-C").arg(folder).args(arguments).output();
    let output = output.map_err(|error| format!("git cannot be run ({error})"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let first = said.lines().next().unwrap_or_default();
    Err(first.strip_prefix("fatal: ").unwrap_or(first).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_changed_and_what_is_new() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let run = |arguments: &[&str]| {
            let identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"];
            git(&root, &[&identity[..], arguments].concat()).unwrap()
        };
        run(&["init", "-q"]);
        std::fs::create_dir(root.join("m")).unwrap();
        std::fs::create_dir(root.join("m/1_a")).unwrap();
        for file in ["m/old.sql", "m/edited.sql", "gone.sql", "m/1_a/up.sql", "m/1_a/down.sql"] {
            std::fs::write(root.join(file), "a").unwrap();
        }
        run(&["add", "."]);
        run(&["commit", "-q", "-m", "one"]);
        run(&["tag", "base"]);
        std::fs::write(root.join("m/edited.sql"), "b").unwrap();
        std::fs::remove_file(root.join("gone.sql")).unwrap();
        std::fs::remove_file(root.join("m/1_a/down.sql")).unwrap();
        run(&["add", "--all"]);
        run(&["commit", "-q", "-m", "two"]);
        std::fs::write(root.join("m/new one.sql"), "c").unwrap();

        let names = changed("base", &root.join("m")).unwrap();
        assert_eq!(names, [root.join("m/edited.sql"), root.join("m/new one.sql"), root.join("m/1_a/up.sql")]);
        assert_eq!(changed("no-such-revision", &root).unwrap_err(), UNKNOWN);
        run(&["checkout", "-q", "--orphan", "other"]);
        run(&["commit", "-q", "-m", "three"]);
        assert_eq!(changed("base", &root).unwrap_err(), APART);
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(changed("base", elsewhere.path()).unwrap_err().contains("not a git repository"));
        assert!(changed("--output=x", &root).is_err());
    }
}
