//! Which tables of the schema code are whose.

use multitenant_runtime::Tier;

use super::project::Project;
use super::schema::RustTable;
use super::settings::LintSettings;
use crate::finding::Place;

/// The marks of all tables.
#[derive(Debug, Default)]
pub(crate) struct Marking {
    tables: Vec<Marked>,
    /// Whether there is any mark at all.
    pub(crate) is_used: bool,
}

/// A `table!`, by its file and its place there, with its marks.
#[derive(Debug)]
pub(crate) struct Marked {
    file: usize,
    table: usize,
    /// Marks in code; several are one too many.
    pub(crate) marks: Vec<(Tier, Place)>,
    /// By a pattern of the configuration.
    pub(crate) by_pattern: Option<Tier>,
}

impl Marked {
    /// Whose the table is, if that is said.
    pub(crate) fn tier(&self) -> Option<Tier> {
        self.marks.first().map(|(tier, _)| *tier).or(self.by_pattern)
    }
}

impl Marking {
    /// Looks for the marks of every table.
    pub(crate) fn of(project: &Project, settings: &LintSettings) -> Self {
        let mut marking = Self::default();
        for (file, rust) in project.rust.iter().enumerate() {
            for (index, table) in rust.tables.iter().enumerate() {
                let by_pattern = settings.tier_by_pattern(&table.sql_name);
                marking.is_used |= by_pattern.is_some();
                marking.tables.push(Marked { file, table: index, marks: Vec::new(), by_pattern });
            }
        }
        for rust in &project.rust {
            let listed = rust.marks.iter().map(|mark| (mark.path.as_slice(), mark.tier, &mark.place));
            let derived = rust.structs.iter().flat_map(|item| {
                let marks = item.marks.iter().filter(|_| !item.same_table);
                marks.flat_map(|(tier, place)| item.tables.iter().map(move |(path, _)| (path.as_slice(), *tier, place)))
            });
            for (path, tier, place) in listed.chain(derived) {
                marking.is_used = true;
                if let Some(at) = marking.find(project, path, place) {
                    marking.tables[at].marks.push((tier, place.clone()));
                }
            }
        }
        marking
    }

    /// The table that a path leads to, as far as its last segments tell: of several with one name, the one in the
    /// module that the path names, or in the same file.
    fn find(&self, project: &Project, path: &[String], from: &Place) -> Option<usize> {
        let (name, modules) = path.split_last()?;
        let named = |at: &usize| {
            let table = self.tables[*at].get(project);
            table.name == *name
        };
        let candidates: Vec<usize> = (0..self.tables.len()).filter(named).collect();
        let fits = |at: &&usize| {
            let table = self.tables[**at].get(project);
            match modules.last() {
                Some(module) => table.modules.last() == Some(module),
                None => table.place.file == from.file,
            }
        };
        candidates.iter().find(fits).or(candidates.first()).copied()
    }

    /// All tables with their marks.
    pub(crate) fn tables<'a>(&'a self, project: &'a Project) -> impl Iterator<Item = (&'a RustTable, &'a Marked)> {
        self.tables.iter().map(|marked| (marked.get(project), marked))
    }

    /// Whose the table of a path is.
    pub(crate) fn tier_of(&self, project: &Project, path: &[String], from: &Place) -> Option<Tier> {
        self.tables[self.find(project, path, from)?].tier()
    }
}

impl Marked {
    fn get<'a>(&self, project: &'a Project) -> &'a RustTable {
        &project.rust[self.file].tables[self.table]
    }
}
