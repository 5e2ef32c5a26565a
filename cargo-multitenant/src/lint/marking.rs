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
            for (index, table) in rust.tables.iter().enumerate().filter(|(_, table)| !table.is_systems()) {
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

    /// The table that a path leads to: of several with one name, the one whose modules are most like the path, as the
    /// file's `use` completes it, then the one in the same file, or nearest to it.
    fn find(&self, project: &Project, path: &[String], from: &Place) -> Option<usize> {
        let (name, _) = path.split_last()?;
        let candidates: Vec<usize> =
            (0..self.tables.len()).filter(|at| self.tables[*at].get(project).name == *name).collect();
        if candidates.len() < 2 {
            return candidates.first().copied();
        }
        let meant = completed(project, path, from);
        let likeness = |at: &&usize| {
            let table = self.tables[**at].get(project);
            let modules = modules(project, table);
            let like = meant.iter().map(|path| same_end(path, &modules)).max().unwrap_or_default();
            (like, table.place.file == from.file, same_folders(project, table, from))
        };
        // The first of equals.
        candidates.iter().rev().max_by_key(likeness).copied()
    }

    /// All tables with their marks.
    pub(crate) fn tables<'a>(&'a self, project: &'a Project) -> impl Iterator<Item = (&'a RustTable, &'a Marked)> {
        self.tables.iter().map(|marked| (marked.get(project), marked))
    }

    /// The table of a path.
    #[cfg(feature = "scaffold")]
    pub(crate) fn table_of<'a>(&self, project: &'a Project, path: &[String], from: &Place) -> Option<&'a RustTable> {
        self.find(project, path, from).map(|at| self.tables[at].get(project))
    }

    /// Whose the table of a path is.
    pub(crate) fn tier_of(&self, project: &Project, path: &[String], from: &Place) -> Option<Tier> {
        self.tables[self.find(project, path, from)?].tier()
    }
}

/// The modules of a path, or several where a `*` may have brought in its name.
fn completed(project: &Project, path: &[String], from: &Place) -> Vec<Vec<String>> {
    let (Some(first), above) = (path.first(), &path[..path.len() - 1]) else { return Vec::new() };
    let file = project.rust.iter().find(|rust| rust.file == Some(from.file));
    let imports = file.iter().flat_map(|file| &file.imports);
    let brought = imports.filter(|(name, _)| name == first || (name == "*" && path.len() == 1));
    let brought = brought.map(|(_, whole)| {
        // Of `use a::b` and `b::c` it is `a::b`; of `use a::c`, `a`.
        let whole = if path.len() == 1 { &whole[..whole.len() - 1] } else { whole };
        whole.iter().chain(above.iter().skip(1)).cloned().collect()
    });
    brought.chain([above.to_vec()]).collect()
}

/// All modules around a table, the folders of its file among them.
fn modules(project: &Project, table: &RustTable) -> Vec<String> {
    let path = &project.sources.get(table.place.file).path;
    let folders = path.rsplit_once('/').map_or("", |(folders, _)| folders).split('/');
    // `mod.rs` has its folder among its own modules.
    let own = table.modules.first().map(String::as_str);
    let mut modules: Vec<String> = folders.map(str::to_owned).collect();
    if modules.last().map(String::as_str) == own {
        modules.pop();
    }
    modules.extend(table.modules.iter().cloned());
    modules
}

/// How many of the last parts are the same.
fn same_end(path: &[String], modules: &[String]) -> usize {
    path.iter().rev().zip(modules.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// How many of the folders, from the top, are the same.
fn same_folders(project: &Project, table: &RustTable, from: &Place) -> usize {
    let [a, b] = [table.place.file, from.file].map(|file| project.sources.get(file).path.split('/'));
    a.zip(b).take_while(|(a, b)| a == b).count()
}

impl Marked {
    fn get<'a>(&self, project: &'a Project) -> &'a RustTable {
        &project.rust[self.file].tables[self.table]
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::testing::{check, rule};

    #[test]
    fn marks_find_their_table_among_several_of_one_name() {
        let schemas = "
            -- file: src/billing/schema.rs
            table! { users { id -> Int4, } }
            -- file: src/core/schema.rs
            table! { users { id -> Int4, } }
        ";
        let unmarked = |models: &str| {
            let found = check(rule("unmarked-table"), &format!("{schemas}\n{models}"));
            found.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let derive = "#[derive(TenantTable)]\n#[diesel(table_name = users)]\nstruct User;";
        for models in [
            format!("-- file: src/models.rs\nuse crate::core::schema::users;\n{derive}"),
            format!("-- file: src/models.rs\nuse crate::{{billing::Bill, core::schema::*}};\n{derive}"),
            format!("-- file: src/core/models.rs\n{derive}"),
            "-- file: src/models.rs\nuse crate::core;\ntenant_tables! { core::schema::users }".to_owned(),
            "-- file: src/models.rs\nuse crate::core as c;\ntenant_tables! { c::schema::users }".to_owned(),
        ] {
            assert_eq!(unmarked(&models), ["src/billing/schema.rs"], "{models}");
        }
    }
}
