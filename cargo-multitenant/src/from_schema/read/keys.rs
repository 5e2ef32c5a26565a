//! Keys, indexes and conditions.

use multitenant_runtime::Tier;

use super::table::Reader;
use crate::finding::Place;
use crate::from_schema::code::{CodeCheck, CodeIndex, CodeItem, CodeKey, CodeTable};
use crate::from_schema::matching::is_one_item;
use crate::from_schema::texts::{called, method, misplaced};
use crate::lint::{ItemSays, KeySays, RustTable, Said, TableSays, fragment};

impl Reader<'_> {
    /// What one struct says of its table.
    pub(super) fn keys(&mut self, tier: Tier, table: &RustTable, said: &TableSays, made: &mut CodeTable) {
        for key in &said.uniques {
            let (name, columns) = (self.name(tier, key), self.columns(tier, table, key));
            made.uniques.push(CodeKey { name, columns });
        }
        for key in &said.indexes {
            made.indexes.extend(self.index(tier, table, key));
        }
        for (name, text) in &said.checks {
            if self.sql(tier, text) {
                let name = name.as_ref().and_then(|name| self.called(tier, name));
                made.checks.push(CodeCheck { name, column: None, text: text.text.clone() });
            }
        }
        for key in &said.foreign_keys {
            let (name, columns) = (self.name(tier, key), self.columns(tier, table, key));
            match &key.references {
                Some(references) => {
                    let actions = [key.on_delete.as_ref(), key.on_update.as_ref()];
                    made.foreign_keys.extend(self.foreign_key(tier, name, columns, references, actions));
                }
                None => {
                    self.problem(tier, &key.place, "`foreign_key` leads nowhere: add `references = \"table(column)\"`");
                }
            }
        }
    }

    pub(super) fn index(&mut self, tier: Tier, table: &RustTable, key: &KeySays) -> Option<CodeIndex> {
        let mut items = Vec::new();
        for item in &key.items {
            items.push(match item {
                ItemSays::Column(column) => CodeItem::Column(self.column_of(tier, table, column, &key.place)?),
                ItemSays::Expression(said) => {
                    // It may have an order and an operator class behind it: what it is, the whole statement tells.
                    let statement = format!("CREATE INDEX i ON t ({}\n);", said.text);
                    let is_one = is_one_item(&said.text, &statement);
                    if !is_one {
                        self.problem(tier, &said.place, &format!("{:?} is no item of an index", said.text));
                        return None;
                    }
                    CodeItem::Text(said.text.clone())
                }
            });
        }
        let filter = match &key.filter {
            Some(filter) if !self.sql(tier, filter) => return None,
            filter => filter.as_ref().map(|filter| filter.text.clone()),
        };
        let method = key.method.as_ref().and_then(|said| match method(&said.text) {
            Ok(method) => Some(method),
            Err(message) => {
                self.problem(tier, &said.place, &message);
                None
            }
        });
        let mut include = Vec::new();
        for column in &key.include {
            include.push(self.column_of(tier, table, column, &key.place)?);
        }
        Some(CodeIndex { name: self.name(tier, key), items, unique: key.is_unique, method, filter, include })
    }

    fn column_of(&mut self, tier: Tier, table: &RustTable, name: &str, place: &Place) -> Option<String> {
        let found = table.columns.iter().find(|column| column.name == *name).map(|column| column.sql_name.clone());
        if found.is_none() {
            self.problem(tier, place, &format!("`table!` of {} has no column `{name}`", table.sql_name));
        }
        found
    }

    pub(super) fn columns(&mut self, tier: Tier, table: &RustTable, key: &KeySays) -> Vec<String> {
        let mut columns = Vec::new();
        for item in &key.items {
            match item {
                ItemSays::Column(column) => columns.extend(self.column_of(tier, table, column, &key.place)),
                ItemSays::Expression(said) => {
                    self.problem(tier, &said.place, "a constraint has columns, and no expressions");
                }
            }
        }
        columns
    }

    pub(super) fn name(&mut self, tier: Tier, key: &KeySays) -> Option<String> {
        let name = key.name.as_ref()?;
        self.called(tier, name)
    }

    pub(super) fn called(&mut self, tier: Tier, name: &Said) -> Option<String> {
        match called(&name.text) {
            Ok(name) => Some(name),
            Err(message) => {
                self.problem(tier, &name.place, &message);
                None
            }
        }
    }

    /// Whether a text is an expression; what is none is told.
    pub(super) fn sql(&mut self, tier: Tier, said: &Said) -> bool {
        let wrong = fragment(&said.text).err().or_else(|| misplaced(&said.text).map(str::to_owned));
        if let Some(wrong) = &wrong {
            self.problem(tier, &said.place, &format!("{:?} {wrong}", said.text));
        }
        wrong.is_none()
    }
}
