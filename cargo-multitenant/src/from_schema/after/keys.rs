//! Unique constraints, indexes and conditions.

use super::wanted::Maker;
use crate::ddl::name;
use crate::from_schema::code::{CodeCheck, CodeIndex, CodeItem, CodeKey, CodeTable};
use crate::from_schema::matching::{is_check, is_index, is_key};
use crate::from_schema::names;
use crate::lint::normal;
use crate::model::{Check, Index, IndexItem, Key, Model, Table, Timing};

impl Maker<'_> {
    /// Unique constraints, indexes and conditions.
    pub(super) fn keys(&mut self, at: usize, code: &CodeTable) {
        self.uniques(at, code);
        self.indexes(at, code);
        self.checks(at, code);
    }

    fn uniques(&mut self, at: usize, code: &CodeTable) {
        if self.wish.exact {
            self.model.tables[at].uniques.retain(|key| code.uniques.iter().any(|said| is_key(said, key)));
        }
        for said in &code.uniques {
            let CodeKey { name, columns } = said;
            let table = &self.model.tables[at];
            let as_index = |index: &Index| {
                let items: Option<Vec<&String>> = index.items.iter().map(|item| item.column.as_ref()).collect();
                index.unique
                    && index.predicate.is_none()
                    && items.is_some_and(|items| items.iter().eq(&columns.iter().collect::<Vec<_>>()))
            };
            let is_there = table.uniques.iter().any(|key| is_key(said, key))
                || (name.is_none() && table.indexes.iter().any(as_index))
                || (name.is_none() && table.primary_key.as_ref().is_some_and(|key| key.columns == *columns));
            if is_there {
                continue;
            }
            let name = name.clone().unwrap_or_else(|| names::relation(&self.model, table, columns, "key"));
            let table = &mut self.model.tables[at];
            table.uniques.retain(|key| key.name != name);
            table.uniques.push(key(name, columns));
        }
    }

    fn indexes(&mut self, at: usize, code: &CodeTable) {
        if self.wish.exact {
            let table = &mut self.model.tables[at];
            let of_keys: Vec<&[String]> = code.foreign_keys.iter().map(|key| key.columns.as_slice()).collect();
            let keys: Vec<Vec<String>> =
                table.primary_key.iter().chain(&table.uniques).map(|key| key.columns.clone()).collect();
            let leads = |key: &Vec<String>, columns: &[String]| {
                key.get(..columns.len()).is_some_and(|first| columns.iter().all(|column| first.contains(column)))
            };
            table.indexes.retain(|index| {
                // A foreign key brings an index, where no key is one already.
                let items: Option<Vec<String>> = index.items.iter().map(|item| item.column.clone()).collect();
                let of_key = !index.unique
                    && items.is_some_and(|items| {
                        of_keys.contains(&items.as_slice()) && !keys.iter().any(|key| leads(key, &items))
                    });
                let as_unique = |said: &CodeKey| {
                    let items = index.items.iter().map(|item| item.column.as_ref());
                    index.unique && items.eq(said.columns.iter().map(Some))
                };
                of_key || code.indexes.iter().any(|said| is_index(said, index)) || code.uniques.iter().any(as_unique)
            });
        }
        for said in &code.indexes {
            let table = &self.model.tables[at];
            if table.indexes.iter().any(|index| is_index(said, index)) {
                continue;
            }
            let made = index(&self.model, table, said);
            let table = &mut self.model.tables[at];
            table.indexes.retain(|index| index.name != made.name);
            table.indexes.push(made);
        }
    }

    fn checks(&mut self, at: usize, code: &CodeTable) {
        let table = &mut self.model.tables[at];
        if self.wish.exact {
            table.checks.retain(|check| check.exclude || code.checks.iter().any(|said| is_check(said, check)));
        }
        for said in &code.checks {
            if table.checks.iter().any(|check| is_check(said, check)) {
                continue;
            }
            let CodeCheck { name, column, text } = said;
            let columns: Vec<String> = column.iter().cloned().collect();
            let name = name.clone().unwrap_or_else(|| names::constraint(table, &columns, "check"));
            table.checks.retain(|check| check.name != name);
            table.checks.push(Check {
                name,
                exclude: false,
                text: text.clone(),
                no_inherit: false,
                not_valid: false,
                timing: Timing::Immediate,
            });
        }
    }
}

pub(super) fn key(name: String, columns: &[String]) -> Key {
    Key { name, columns: columns.to_vec(), include: Vec::new(), nulls_not_distinct: false, timing: Timing::Immediate }
}

pub(super) fn index(model: &Model, table: &Table, said: &CodeIndex) -> Index {
    let items: Vec<IndexItem> = said
        .items
        .iter()
        .map(|item| match item {
            CodeItem::Column(column) => IndexItem { column: Some(column.clone()), text: name(column) },
            CodeItem::Text(text) => {
                // A column with an order behind it is a column all the same.
                let column = table.columns.iter().find(|column| normal(text) == normal(&name(&column.name)));
                let word = text.split_whitespace().next().unwrap_or_default();
                let ordered = table
                    .columns
                    .iter()
                    .find(|column| normal(word) == normal(&name(&column.name)) && !text.contains('('));
                let column = column.or(ordered).map(|column| column.name.clone());
                // An expression that is no call stands in parentheses.
                IndexItem { column, text: text.clone() }
            }
        })
        .collect();
    let labels: Vec<String> =
        items.iter().map(|item| item.column.clone().unwrap_or_else(|| "expr".to_owned())).collect();
    Index {
        name: said.name.clone().unwrap_or_else(|| names::relation(model, table, &labels, "idx")),
        method: said.method.clone().unwrap_or_else(|| "btree".to_owned()),
        unique: said.unique,
        items,
        include: said.include.clone(),
        predicate: said.filter.clone(),
        nulls_not_distinct: false,
    }
}
