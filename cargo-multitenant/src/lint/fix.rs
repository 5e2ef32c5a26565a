//! `--fix`: what can be mended for certain.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::sql;
use crate::finding::{Edit, FileId, Finding, Sources};

/// A file that is written anew.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// As findings show it, which is where it is from here.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
    /// How many findings that mends.
    pub(crate) count: usize,
}

/// The files as they are when everything is mended that can be for certain. Edits that touch each other are left for the
/// next time, and so is a file that would no longer parse.
pub(crate) fn fixed(findings: &[Finding], sources: &Sources) -> Vec<Fixed> {
    let mut edits: BTreeMap<FileId, Vec<(usize, &Edit)>> = BTreeMap::new();
    for (number, finding) in findings.iter().enumerate() {
        let Some(fix) = finding.fix.as_ref().filter(|fix| fix.is_certain) else { continue };
        for edit in &fix.edits {
            edits.entry(edit.place.file).or_default().push((number, edit));
        }
    }
    edits.into_iter().filter_map(|(file, edits)| one(file, edits, sources)).collect()
}

fn one(file: FileId, mut edits: Vec<(usize, &Edit)>, sources: &Sources) -> Option<Fixed> {
    let source = sources.get(file);
    edits.sort_by_key(|(_, edit)| (edit.place.span.start, edit.place.span.end));
    let (mut text, mut end, mut count) = (String::new(), 0, 0);
    let mut last: Option<&Edit> = None;
    for (_, edit) in edits {
        let span = &edit.place.span;
        // Two rules may want the very same.
        if last == Some(edit) {
            count += 1;
            continue;
        }
        if span.start < end || (last.is_some() && span.start == end && span.is_empty()) {
            continue;
        }
        text.push_str(source.text.get(end..span.start)?);
        text.push_str(&edit.text);
        (end, last) = (span.end, Some(edit));
        count += 1;
    }
    text.push_str(source.text.get(end..)?);
    (text != *source.text && parses(&source.path, &source.text, &text)).then(|| Fixed {
        path: PathBuf::from(&source.path),
        text,
        count,
    })
}

/// Whether the new text is no worse than the old one.
fn parses(path: &str, old: &str, new: &str) -> bool {
    if Path::new(path).extension().is_some_and(|extension| extension == "rs") {
        return syn2::parse_file(new).is_ok();
    }
    let (old, new) = (sql::read(old), sql::read(new));
    new.errors.len() <= old.errors.len() && old.statements.len() >= new.statements.len()
}

/// Writes a file so that it is there as a whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = std::fs::write(&beside, text)
        // What may be done with the file stays as it was.
        .and_then(|()| match std::fs::metadata(path) {
            Ok(metadata) => std::fs::set_permissions(&beside, metadata.permissions()),
            Err(_) => Ok(()),
        })
        .and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::RULES;
    use crate::lint::testing::lint;

    /// A tenant's `up.sql` after everything was mended, as often as there is something to mend.
    fn mended(text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..5 {
            let (project, linted) = lint(RULES, &text);
            match fixed(&linted.findings, &project.sources).pop() {
                Some(fixed) => text = fixed.text,
                None => return text,
            }
        }
        panic!("mending does not come to an end: {text}");
    }

    #[test]
    fn mends_what_is_certain_and_comes_to_an_end() {
        for (bad, good) in [
            ("create table public.orders (id int primary key);\n", "create table orders (id int primary key);\n"),
            ("begin;\ncreate table a (id int primary key);\ncommit;\n", "create table a (id int primary key);\n"),
            (
                "create table a (id int primary key);\nalter table a add foreign key (b) references public.c (id);\n",
                "create table a (id int primary key);\nalter table a add CONSTRAINT a_b_fkey foreign key (b) references c (id);\n",
            ),
            (
                "create table a (id int primary key);\ncreate function f() returns int language sql as 'select 1 from a';\n",
                "create table a (id int primary key);\ncreate function f() returns int language sql SET search_path FROM CURRENT as 'select 1 from a';\n",
            ),
            ("create table \"public\".\"Orders\" (id int);\n", "create table \"Orders\" (id int);\n"),
        ] {
            assert_eq!(mended(bad), good);
        }
    }

    #[test]
    fn leaves_alone_what_is_not_certain() {
        for text in ["create schema audit;\n", "drop table a cascade;\n", "create table public.a (id int;\n"] {
            let once = mended(text);
            assert!(once == text || sql::read(&once).errors.len() <= sql::read(text).errors.len(), "{once}");
        }
    }

    #[test]
    fn a_file_is_there_as_a_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("up.sql");
        std::fs::write(&path, "old").unwrap();
        write(&path, "new").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(&folder.path().join("no/up.sql"), "x").is_err());
    }
}
