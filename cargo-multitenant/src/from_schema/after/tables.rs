//! Tables, new ones and those that are there, with their primary keys.

use std::collections::BTreeSet;

use super::keys::key;
use super::wanted::Maker;
use crate::ddl::name;
use crate::from_schema::code::CodeTable;
use crate::from_schema::names;
use crate::model::{Column, ForeignKey, Home, Table};

impl Maker<'_> {
    pub(super) fn add(&mut self, code: &CodeTable) {
        let mut table = Table::new(code.tier, &code.name);
        if name(&code.name) == "\"\"" {
            return self.refuse(&code.place, &format!("{:?} cannot be a table's name: at most 63 bytes", code.name));
        }
        if names::is_relation(&self.model, code.tier, &code.name) {
            return self.refuse(&code.place, &names::taken(&code.name, "an index or a sequence"));
        }
        // A table is a type too.
        if self.model.types.iter().any(|ty| ty.tier == code.tier && ty.name == code.name) {
            return self.refuse(&code.place, &names::taken(&code.name, "a type"));
        }
        for column in &code.columns {
            if let Some(made) = self.column(column) {
                let is_key = code.primary_key.contains(&column.name);
                table.columns.push(Column { is_nullable: made.is_nullable && !is_key, ..made });
            }
        }
        if let Some(missing) = code.primary_key.iter().find(|key| code.column(key).is_none()) {
            self.refuse(
                &code.place,
                &format!("`table!` of {} has no column {missing:?} for its primary key", code.name),
            );
        } else {
            let name = names::relation(&self.model, &table, &[], "pkey");
            table.primary_key = Some(key(name, &code.primary_key));
        }
        self.model.tables.push(table);
        self.keys(self.model.tables.len() - 1, code);
    }

    /// Makes a table that is there what the code says.
    pub(super) fn amend(&mut self, at: usize, code: &CodeTable) {
        if self.model.tables[at].part.is_some() {
            return;
        }
        let table = &self.model.tables[at];
        let gone: Vec<String> = table
            .columns
            .iter()
            .filter(|column| {
                code.column(&column.name).is_none() && table.is_complete && !code.removed.contains(&column.name)
            })
            .filter(|column| !self.wish.keep.contains(&format!("{}.{}", table.name, column.name)))
            .map(|column| column.name.clone())
            .collect();
        self.primary_key(at, code, &gone);
        gone.iter().for_each(|column| self.drop_column(at, column));
        for column in &code.columns {
            match self.model.tables[at].columns.iter().position(|of| of.name == column.name) {
                Some(of) => self.amend_column(at, of, column),
                None => {
                    let Some(made) = self.column(column) else { continue };
                    let is_key = code.primary_key.contains(&column.name);
                    let is_filled = made.is_nullable
                        || made.default.is_some()
                        || made.identity.is_some()
                        || made.generated.is_some();
                    if !is_filled {
                        let of = &self.model.tables[at].name;
                        let message = format!(
                            "the new column `{of}.{0}` is not nullable, and rows that are there have nothing to put in: say one by \
                             `#[multitenant(default = \"…\")]`, or make it Nullable first",
                            column.name
                        );
                        self.refuse(&column.place, &message);
                    }
                    self.model.tables[at].columns.push(Column { is_nullable: made.is_nullable && !is_key, ..made });
                }
            }
        }
        self.keys(at, code);
    }

    fn primary_key(&mut self, at: usize, code: &CodeTable, gone: &[String]) {
        let table = &self.model.tables[at];
        let there: BTreeSet<&String> = table.primary_key.iter().flat_map(|key| &key.columns).collect();
        let said: BTreeSet<&String> = code.primary_key.iter().collect();
        // Diesel wants a key of every table: where the database has none, it is only a way to speak.
        if there == said || there.is_empty() {
            return;
        }
        if let Some(missing) = code.primary_key.iter().find(|key| code.column(key).is_none()) {
            return self.refuse(
                &code.place,
                &format!("`table!` of {} has no column {missing:?} for its primary key", code.name),
            );
        }
        let own = table.name.clone();
        let there: Vec<String> = table.primary_key.iter().flat_map(|key| key.columns.clone()).collect();
        let home = Home::of(table.tier);
        let leads = |key: &ForeignKey| key.home == home && key.table == own && key.target == there;
        let others: Vec<&str> = self
            .model
            .tables
            .iter()
            .filter(|other| other.foreign_keys.iter().any(leads))
            .map(|other| other.name.as_str())
            .collect();
        // With a column of the key, foreign keys to it go.
        let goes = there.iter().any(|column| gone.contains(column));
        if !others.is_empty() && !goes {
            let message = format!(
                "the primary key of {own} cannot become ({}): foreign keys of {} lead to the old one; write the migration by hand",
                code.primary_key.join(", "),
                others.join(", ")
            );
            return self.refuse(&code.place, &message);
        }
        let table = &mut self.model.tables[at];
        let name = table.primary_key.as_ref().map(|key| key.name.clone()).unwrap_or_default();
        table.primary_key = Some(key(name, &code.primary_key));
    }
}
