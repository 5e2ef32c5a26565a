//! Foreign keys, by attributes and by `joinable!`.

use std::collections::BTreeSet;

use multitenant_runtime::Tier;

use super::code::at;
use super::declarations::relation;
use super::table::Reader;
use crate::from_schema::code::{CodeForeignKey, CodeTable};
use crate::from_schema::texts::{action, reference};
use crate::lint::{RustTable, Said};
use crate::model::{Home, word};

impl Reader<'_> {
    /// `joinable!` of a table, where no attribute says the same key.
    pub(super) fn joins(&mut self, tier: Tier, table: &RustTable, made: &mut CodeTable) {
        for (join, parent) in self.rows.joins(table) {
            let Some(column) = table.columns.iter().find(|column| column.name == join.column) else { continue };
            let found = self.chosen.iter().find(|(_, other)| parent.is_some_and(|parent| std::ptr::eq(parent, *other)));
            // A view, or a table of nobody: a join, and no key.
            let Some((of_tier, parent)) = found else { continue };
            let columns = vec![column.sql_name.clone()];
            let is_said = |key: &CodeForeignKey| key.columns == columns && key.table == parent.sql_name;
            // What the shared schema has cannot lead to one tenant's.
            let is_backwards = tier == Tier::Shared && *of_tier == Tier::Tenant;
            if parent.primary_key.len() == 1 && !is_backwards && !made.foreign_keys.iter().any(is_said) {
                made.foreign_keys.push(CodeForeignKey {
                    name: None,
                    place: at(self.project, &join.place),
                    columns,
                    home: Home::of(*of_tier),
                    table: parent.sql_name.clone(),
                    target: Vec::new(),
                    on_delete: None,
                    on_update: None,
                    is_join: true,
                    is_doubtful: false,
                });
            }
        }
        // One column leads to one table; where several are joined by it, which one a key leads to is not said.
        let said: BTreeSet<Vec<String>> =
            made.foreign_keys.iter().filter(|key| !key.is_join).map(|key| key.columns.clone()).collect();
        made.foreign_keys.retain(|key| !key.is_join || !said.contains(&key.columns));
        let joined: Vec<Vec<String>> =
            made.foreign_keys.iter().filter(|key| key.is_join).map(|key| key.columns.clone()).collect();
        for key in made.foreign_keys.iter_mut().filter(|key| key.is_join) {
            key.is_doubtful = joined.iter().filter(|columns| **columns == key.columns).count() > 1;
        }
    }

    pub(super) fn foreign_key(
        &mut self,
        tier: Tier,
        name: Option<String>,
        columns: Vec<String>,
        references: &Said,
        actions: [Option<&Said>; 2],
    ) -> Option<CodeForeignKey> {
        let (schema, table, target) = match reference(&references.text) {
            Ok(reference) => reference,
            Err(message) => {
                self.problem(tier, &references.place, &message);
                return None;
            }
        };
        let is_shared_s = schema.as_deref() == Some(self.catalog.shared_schema());
        let has = |of: Tier| {
            self.chosen.iter().any(|(tier, other)| *tier == of && other.sql_name == table)
                || relation(self.catalog, of, &table).is_some()
        };
        let home = match schema {
            Some(schema) if !is_shared_s => {
                self.problem(tier, &references.place, &format!("the schema {schema:?} is neither tier's"));
                return None;
            }
            None if tier == Tier::Tenant && has(Tier::Tenant) => Home::Tenant,
            _ if has(Tier::Shared) => Home::Shared,
            _ => {
                let other = if has(Tier::Tenant) { ": a shared table cannot refer to one tenant's" } else { "" };
                let message = format!("there is no {} table {table:?} to refer to{other}", word(tier));
                self.problem(tier, &references.place, &message);
                return None;
            }
        };
        let [on_delete, on_update] = actions.map(|said| {
            let said = said?;
            match action(&said.text) {
                Ok(action) => Some(action),
                Err(message) => {
                    self.problem(tier, &said.place, &message);
                    None
                }
            }
        });
        let place = at(self.project, &references.place);
        Some(CodeForeignKey {
            name,
            place,
            columns,
            home,
            table,
            target,
            on_delete,
            on_update,
            is_join: false,
            is_doubtful: false,
        })
    }
}
