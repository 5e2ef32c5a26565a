//! One table.

use std::collections::{BTreeMap, BTreeSet};

use multitenant_runtime::Tier;

use super::code::at;
use super::declarations::{printed, relation};
use super::fields::merge;
use super::rows::Rows;
use crate::finding::Place;
use crate::from_schema::code::CodeTable;
use crate::from_schema::types::Types;
use crate::lint::{Catalog, FieldSays, Project, RustTable, TableSays};

/// Reads tables, and notes what cannot be meant.
pub(super) struct Reader<'a> {
    pub(super) project: &'a Project,
    pub(super) catalog: &'a Catalog,
    pub(super) rows: Rows<'a>,
    pub(super) types: Types<'a>,
    pub(super) chosen: &'a [(Tier, &'a RustTable)],
    pub(super) problems: Vec<(Tier, String)>,
}

impl<'a> Reader<'a> {
    pub(super) fn table(&mut self, tier: Tier, table: &'a RustTable) -> CodeTable {
        let says = self.rows.says(table);
        let mut made = self.bare(tier, table);
        let mut fields = self.fields(tier, &says);
        for column in &table.columns {
            let said = fields.remove(column.name.as_str());
            self.column(tier, column, said.as_ref(), &mut made);
        }
        for field in fields.values() {
            let message = format!("`table!` of {} has no column `{}`", table.sql_name, field.column);
            self.problem(tier, &field.place, &message);
        }
        for said in &says {
            self.keys(tier, table, said, &mut made);
        }
        self.joins(tier, table, &mut made);
        dedup(&mut made.uniques);
        dedup(&mut made.indexes);
        dedup(&mut made.checks);
        made
    }

    /// As `table!` alone says it, without columns.
    fn bare(&self, tier: Tier, table: &RustTable) -> CodeTable {
        let columns = |names: &[String]| -> Vec<String> {
            let name = |of: &String| {
                let found = table.columns.iter().find(|column| column.name == *of);
                found.map_or_else(|| of.clone(), |column| column.sql_name.clone())
            };
            names.iter().map(name).collect()
        };
        let mut made = CodeTable {
            tier,
            name: table.sql_name.clone(),
            place: at(self.project, &table.place),
            columns: Vec::new(),
            primary_key: columns(&table.primary_key),
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            removed: BTreeSet::new(),
        };
        if let Some(printed) = printed(self.project, table) {
            let known = relation(self.catalog, tier, &table.sql_name).map(|relation| relation.columns.as_slice());
            let names = known.unwrap_or_default().iter().map(|column| &column.name);
            made.removed = names.filter(|name| printed.removes(name)).cloned().collect();
        }
        made
    }

    /// What all structs of the table say of its columns.
    fn fields(&mut self, tier: Tier, says: &[&'a TableSays]) -> BTreeMap<&'a str, FieldSays> {
        let mut fields: BTreeMap<&str, FieldSays> = BTreeMap::new();
        for said in says {
            for (place, message) in &said.problems {
                self.problem(tier, place, message);
            }
            for field in &said.fields {
                if let Some(message) = merge(&mut fields, field) {
                    self.problem(tier, &field.place, &message);
                }
            }
        }
        fields
    }

    pub(super) fn problem(&mut self, tier: Tier, place: &Place, message: &str) {
        self.problems.push((tier, format!("{}: {message}", at(self.project, place))));
    }
}

fn dedup<T: PartialEq>(items: &mut Vec<T>) {
    let mut at = 0;
    while at < items.len() {
        if items[..at].contains(&items[at]) {
            items.remove(at);
        } else {
            at += 1;
        }
    }
}
