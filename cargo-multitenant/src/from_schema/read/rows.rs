//! The structs and `joinable!`s of tables, each found once.

use std::collections::BTreeMap;
use std::ptr;

use multitenant_runtime::Tier;

use crate::finding::Place;
use crate::lint::{Join, Marking, Project, RustTable, TableSays};

/// What stands beside the tables, by the table that it leads to. Tables are told apart by where they are in memory, for names
/// may be there several times.
pub(super) struct Rows<'a> {
    says: BTreeMap<*const RustTable, Vec<&'a TableSays>>,
    joins: BTreeMap<*const RustTable, Vec<(&'a Join, Option<&'a RustTable>)>>,
}

impl<'a> Rows<'a> {
    /// Of the tables that are chosen; what leads to another declaration of one of them leads to it.
    pub(super) fn of(project: &'a Project, marking: &'a Marking, chosen: &[(Tier, &'a RustTable)]) -> Self {
        let find = |path: &[String], place: &Place| {
            let found = marking.table_of(project, path, place)?;
            let is_it = |table: &&RustTable| ptr::eq(*table, found);
            let tables = || chosen.iter().map(|(_, table)| *table);
            let mut alike = tables().filter(|table| table.sql_name == found.sql_name);
            tables().find(is_it).or_else(|| alike.next().filter(|_| alike.next().is_none())).or(Some(found))
        };
        let mut rows = Self { says: BTreeMap::new(), joins: BTreeMap::new() };
        for item in project.rust.iter().flat_map(|file| &file.structs) {
            let tables = item.tables.iter().filter_map(|(path, place)| find(path, place));
            let mut tables: Vec<*const RustTable> = tables.map(ptr::from_ref).collect();
            tables.sort_unstable();
            tables.dedup();
            for table in tables {
                rows.says.entry(table).or_default().push(&item.says);
            }
        }
        for join in project.rust.iter().flat_map(|file| &file.joins) {
            let of = |path: &[String]| find(path, &join.place);
            if let Some(child) = of(&join.child) {
                rows.joins.entry(ptr::from_ref(child)).or_default().push((join, of(&join.parent)));
            }
        }
        rows
    }

    /// What the structs of a table say.
    pub(super) fn says(&self, table: &RustTable) -> Vec<&'a TableSays> {
        self.says.get(&ptr::from_ref(table)).cloned().unwrap_or_default()
    }

    /// The `joinable!`s whose child a table is, each with its parent.
    pub(super) fn joins(&self, table: &RustTable) -> Vec<(&'a Join, Option<&'a RustTable>)> {
        self.joins.get(&ptr::from_ref(table)).cloned().unwrap_or_default()
    }
}
