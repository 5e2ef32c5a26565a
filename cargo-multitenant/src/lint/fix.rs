//! `--fix`: what can be mended for certain.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::project::unmarked;
use super::sql;
use crate::finding::{Edit, FileId, Finding, Sources};

/// What is written anew.
#[derive(Debug, Default)]
pub(crate) struct Mended {
    pub(crate) files: Vec<Fixed>,
    /// How many findings that mends.
    pub(crate) count: usize,
}

/// A file that is written anew.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Fixed {
    /// As findings show it, which is where it is from here.
    pub(crate) path: PathBuf,
    /// What it was when it was looked at.
    pub(crate) before: Arc<str>,
    pub(crate) text: String,
}

/// The files as they are when everything is mended that can be for certain.
///
/// Of a finding all edits are made, or none. Edits that touch those of another one are left for the next time, and so is
/// what would leave a file that does not parse.
pub(crate) fn mended(findings: &[Finding], sources: &Sources) -> Mended {
    let certain: Vec<&[Edit]> = findings
        .iter()
        .filter_map(|finding| finding.fix.as_ref().filter(|fix| fix.is_certain && !fix.edits.is_empty()))
        .map(|fix| fix.edits.as_slice())
        .collect();
    let mut all = Chosen { sources, edits: BTreeMap::new() };
    let mut count = certain.iter().filter(|edits| all.add(edits)).count();
    if !all.edits.keys().all(|file| all.parses(*file)) {
        // One of them is at fault; which, is found one by one.
        all.edits.clear();
        count = certain.iter().filter(|edits| all.add_if_it_parses(edits)).count();
    }
    let files = all.edits.keys().filter_map(|file| {
        let source = sources.get(*file);
        let text = all.text(*file).filter(|text| **text != *source.text)?;
        Some(Fixed { path: PathBuf::from(&source.path), before: Arc::clone(&source.text), text })
    });
    let files: Vec<Fixed> = files.collect();
    Mended { count: if files.is_empty() { 0 } else { count }, files }
}

/// The edits that are made.
struct Chosen<'a> {
    sources: &'a Sources,
    edits: BTreeMap<FileId, Vec<&'a Edit>>,
}

impl<'a> Chosen<'a> {
    /// Takes the edits of a finding, unless one of them touches what is taken. Two findings may want the very same.
    fn add(&mut self, edits: &'a [Edit]) -> bool {
        let fits = |edit: &Edit| {
            let others = self.edits.get(&edit.place.file);
            others.is_none_or(|others| others.iter().all(|other| *other == edit || !touch(other, edit)))
        };
        if !edits.iter().all(fits) {
            return false;
        }
        for edit in edits {
            let others = self.edits.entry(edit.place.file).or_default();
            if !others.contains(&edit) {
                others.push(edit);
            }
        }
        true
    }

    fn add_if_it_parses(&mut self, edits: &'a [Edit]) -> bool {
        let before = self.edits.clone();
        let is_added = self.add(edits) && edits.iter().all(|edit| self.parses(edit.place.file));
        if !is_added {
            self.edits = before;
        }
        is_added
    }

    /// The file's text with its edits.
    fn text(&self, file: FileId) -> Option<String> {
        let old = &self.sources.get(file).text;
        let mut edits = self.edits.get(&file)?.clone();
        edits.sort_by_key(|edit| (edit.place.span.start, edit.place.span.end));
        let (mut text, mut end) = (String::new(), 0);
        for edit in edits {
            text.push_str(old.get(end..edit.place.span.start)?);
            text.push_str(&edit.text);
            end = edit.place.span.end;
        }
        text.push_str(old.get(end..)?);
        Some(text)
    }

    /// Whether the new text is no worse than the old one. SQL that does not parse is not touched at all: what its
    /// statements are is a guess.
    fn parses(&self, file: FileId) -> bool {
        let (source, Some(new)) = (self.sources.get(file), self.text(file)) else { return false };
        match Path::new(&source.path).extension().and_then(|extension| extension.to_str()) {
            Some("rs") => syn2::parse_file(&new).is_ok(),
            Some("toml") => new.parse::<toml::Table>().is_ok(),
            _ => {
                let (old, new) = (sql::read(&unmarked(&source.text)), sql::read(&unmarked(&new)));
                old.errors.is_empty() && new.errors.is_empty() && old.statements.len() >= new.statements.len()
            }
        }
    }
}

fn touch(a: &Edit, b: &Edit) -> bool {
    let (a, b) = (&a.place.span, &b.place.span);
    let is_within = a.start < b.end && b.start < a.end;
    // Of two texts for one place nobody can tell which comes first.
    let is_beside = (a.is_empty() || b.is_empty()) && a.start <= b.end && b.start <= a.end;
    is_within || is_beside
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Fix, Level, Place};
    use crate::lint::RULES;
    use crate::lint::testing::lint;

    /// A tenant's `up.sql` after everything was mended, as often as there is something to mend.
    fn mended_up(text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..5 {
            let (project, linted) = lint(RULES, &text);
            match mended(&linted.findings, &project.sources).files.pop() {
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
            (
                "create table public.a (id int);\r\n-- ä\r\ndrop table public.b",
                "create table a (id int);\r\n-- ä\r\ndrop table b",
            ),
        ] {
            assert_eq!(mended_up(bad), good);
        }
    }

    #[test]
    fn leaves_alone_what_is_not_certain() {
        for text in [
            "create schema audit;\n",
            "drop table a cascade;\n",
            "create table public.a (id int;\n",
            "create table public.{name} (id int);\n",
        ] {
            assert_eq!(mended_up(text), text);
        }
    }

    #[test]
    fn a_migration_of_one_statement_is_taken_out_of_its_transaction() {
        let up = "create index concurrently i on a (b);\n";
        let file = |text: &str| {
            let (project, linted) = lint(RULES, text);
            let files = mended(&linted.findings, &project.sources).files;
            files.into_iter().map(|fixed| (fixed.path.to_string_lossy().into_owned(), fixed.text)).collect::<Vec<_>>()
        };
        let path = "tenant/1_a/metadata.toml".to_owned();
        assert_eq!(file(up), [(path.clone(), "run_in_transaction = false\n".to_owned())]);
        let metadata = "# why\nrun_in_transaction = true # for now\n[multitenant]\n";
        assert_eq!(
            file(&format!("{up}-- file: {path}\n{metadata}")),
            [(path.clone(), metadata.replace("true", "false"))]
        );
        assert_eq!(file(&format!("{up}-- file: {path}\n{}", metadata.replace("true", "false"))), []);
        assert_eq!(file(&format!("{up}create index concurrently j on a (b);\n")), [], "two would not be one any more");
    }

    fn finding(edits: Vec<Edit>) -> Finding {
        let place = edits[0].place.clone();
        Finding {
            code: "x",
            level: Level::Error,
            message: String::new(),
            label: String::new(),
            around: place.clone(),
            place,
            related: Vec::new(),
            help: None,
            fix: Some(Fix { edits, is_certain: true }),
            object: String::new(),
        }
    }

    /// What becomes of `select 12345;` with these edits, each list a finding's; and how many findings are mended.
    fn edited(findings: &[&[(std::ops::Range<usize>, &str)]]) -> (String, usize) {
        let mut sources = Sources::default();
        let file = sources.add("up.sql", "select 12345;");
        let edit = |(span, text): &(std::ops::Range<usize>, &str)| Edit {
            place: Place::new(file, span.clone()),
            text: (*text).to_owned(),
        };
        let findings: Vec<Finding> = findings.iter().map(|edits| finding(edits.iter().map(edit).collect())).collect();
        let mended = mended(&findings, &sources);
        (mended.files.into_iter().next().map_or_else(String::new, |fixed| fixed.text), mended.count)
    }

    #[test]
    fn edits_that_touch_are_left_for_the_next_time() {
        assert_eq!(edited(&[&[(7..9, "8")], &[(9..10, "9")]]), ("select 8945;".to_owned(), 2), "side by side");
        assert_eq!(edited(&[&[(7..9, "8")], &[(8..10, "9")]]), ("select 8345;".to_owned(), 1), "overlapping");
        assert_eq!(edited(&[&[(7..9, "8")], &[(7..9, "8")]]), ("select 8345;".to_owned(), 2), "the very same");
        assert_eq!(edited(&[&[(7..7, "8")], &[(7..7, "9")]]), ("select 812345;".to_owned(), 1), "at one place");
        assert_eq!(edited(&[&[(7..9, "8")], &[(9..9, "0")]]), ("select 8345;".to_owned(), 1), "at its end");
    }

    #[test]
    fn of_a_finding_all_edits_are_made_or_none() {
        assert_eq!(edited(&[&[(7..8, "8")], &[(7..9, "9"), (11..12, "9")]]), ("select 82345;".to_owned(), 1));
        assert_eq!(edited(&[&[(7..8, "8"), (11..12, "9")]]), ("select 82349;".to_owned(), 1));
    }

    #[test]
    fn an_edit_that_would_break_a_file_does_not_keep_others_from_it() {
        assert_eq!(edited(&[&[(7..8, "(")], &[(11..12, "9")]]), ("select 12349;".to_owned(), 1));
        assert_eq!(edited(&[&[(7..8, "(")]]), (String::new(), 0));
    }
}
