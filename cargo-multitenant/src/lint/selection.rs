//! Which files are asked for: by paths, and by what git says has changed.

use std::path::{Component, Path, PathBuf};

use super::since;
use crate::config::{shown, slashes};
use crate::finding::{Finding, Sources};

/// Which files are asked for.
#[derive(Debug, Default)]
pub(crate) struct Selection {
    /// As findings show them; none means all.
    paths: Vec<PathBuf>,
    /// The files that differ from a revision.
    changed: Option<Vec<PathBuf>>,
    here: PathBuf,
}

impl Selection {
    /// What these paths hold, and of that what differs from a revision.
    ///
    /// # Errors
    ///
    /// What is wrong with the revision, in git's words.
    pub(crate) fn new(paths: &[PathBuf], reference: Option<&str>, here: &Path) -> Result<Self, String> {
        let paths = paths.iter().map(|path| below(&shown(&plain(&here.join(path)), here)).to_path_buf()).collect();
        let changed = reference.map(|reference| since::changed(reference, here)).transpose()?;
        Ok(Self { paths, changed, here: here.to_path_buf() })
    }

    /// Whether a file, or a folder, is asked for.
    pub(crate) fn has(&self, file: &str) -> bool {
        self.is_below(file) && self.is_changed(file)
    }

    /// Whether a finding is asked for. What has changed may be one of the other places that matter: a new shared table
    /// makes a finding of an old one of the tenants'.
    pub(crate) fn holds(&self, finding: &Finding, sources: &Sources) -> bool {
        let related = finding.related.iter().map(|(place, _)| place);
        let mut files = std::iter::once(&finding.place).chain(related).map(|place| &sources.get(place.file).path);
        self.is_below(&sources.get(finding.place.file).path) && files.any(|file| self.is_changed(file))
    }

    /// The paths that none of these files is in.
    pub(crate) fn without<'a>(&'a self, files: &'a [&str]) -> impl Iterator<Item = &'a Path> {
        let paths = self.paths.iter().map(PathBuf::as_path);
        paths.filter(|path| !files.iter().any(|file| below(Path::new(file)).starts_with(path)))
    }

    fn is_below(&self, file: &str) -> bool {
        self.paths.is_empty() || self.paths.iter().any(|path| below(Path::new(file)).starts_with(path))
    }

    fn is_changed(&self, file: &str) -> bool {
        self.changed.as_ref().is_none_or(|changed| self.is_one_of(changed, file))
    }

    fn is_one_of(&self, changed: &[PathBuf], file: &str) -> bool {
        let file = self.here.join(file);
        let file = file.canonicalize().unwrap_or(file);
        // A migration's folder stands for what is in it.
        changed.iter().any(|one| one.starts_with(&file))
    }
}

/// A path without the `.` that it may begin with: what everything here begins with.
fn below(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

/// How a file that is shown from here is shown from another folder.
pub(crate) fn seen_from(folder: &Path, here: &Path, file: &str) -> String {
    slashes(&shown(&plain(&here.join(file)), folder))
}

/// The folder of the repository that a folder is in, or the folder itself: that is what a forge's paths begin at.
pub(crate) fn repository(folder: &Path) -> &Path {
    folder.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(folder)
}

/// A path without `.` and `..`, as far as that can be said of the text alone.
fn plain(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut plain, component| {
        match component {
            Component::CurDir => {}
            Component::ParentDir => _ = plain.pop(),
            other => plain.push(other),
        }
        plain
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_may_be_written_in_any_way() {
        let here = Path::new("/p/app");
        for path in ["migrations", "./migrations/", "/p/app/migrations", "src/../migrations", "../app/migrations"] {
            let selection = Selection::new(&[path.into()], None, here).unwrap();
            assert!(selection.has("migrations/tenant/1_a/up.sql"), "{path}");
            assert!(!selection.has("migrations2/up.sql"), "{path}");
        }
        let all = Selection::new(&[".".into()], None, here).unwrap();
        assert!(all.has("migrations/up.sql") && all.has("./1_a/up.sql"));
        let above = Selection::new(&["../other".into()], None, here).unwrap();
        assert!(above.has("../other/src/schema.rs"));
        assert_eq!(above.without(&["src/lib.rs"]).collect::<Vec<_>>(), [Path::new("../other")]);
        assert!(Selection::default().has("anything"));
    }

    #[test]
    fn a_finding_is_new_where_one_of_its_places_is() {
        let rules = ["tenant-shadows-shared"].map(crate::lint::testing::rule);
        let text = "create table users (id int);\n-- file: shared/2_b/up.sql\ncreate table users (id int);\n";
        let (project, linted) = crate::lint::testing::lint(&rules, text);
        let [finding] = &linted.findings[..] else { panic!("{:?}", linted.findings) };
        assert_eq!(project.sources.get(finding.place.file).path, "tenant/1_a/up.sql");
        let here = PathBuf::from("/p");
        let since = |changed: &str, paths: &[&str]| {
            let paths = paths.iter().map(PathBuf::from).collect();
            Selection { paths, changed: Some(vec![here.join(changed)]), here: here.clone() }
        };
        let holds = |selection: Selection| selection.holds(finding, &project.sources);
        assert!(holds(since("tenant/1_a/up.sql", &[])));
        assert!(holds(since("shared/2_b/up.sql", &[])));
        assert!(holds(since("shared/2_b/up.sql", &["tenant"])));
        assert!(!holds(since("shared/2_b/up.sql", &["shared"])));
        assert!(!holds(since("tenant/2_b/up.sql", &[])));
    }

    #[test]
    fn a_file_is_seen_from_elsewhere() {
        let here = Path::new("/p/app/src");
        assert_eq!(seen_from(Path::new("/p/app"), here, "schema.rs"), "src/schema.rs");
        assert_eq!(seen_from(Path::new("/p/app"), here, "../migrations/up.sql"), "migrations/up.sql");
        assert_eq!(seen_from(Path::new("/p"), here, "../migrations/up.sql"), "app/migrations/up.sql");
    }
}
