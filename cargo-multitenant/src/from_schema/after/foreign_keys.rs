//! Foreign keys, and what they lead to.

use std::collections::BTreeSet;

use super::keys::index;
use super::wanted::Maker;
use crate::from_schema::code::{CodeForeignKey, CodeIndex, CodeItem, CodeTable};
use crate::from_schema::matching::{is_foreign_key, is_indexed};
use crate::from_schema::names;
use crate::model::{Column, ForeignKey, Home, Timing, TypeRef};

impl Maker<'_> {
    pub(super) fn foreign_keys(&mut self, code: &CodeTable) {
        let Some(at) = self.place(&code.name) else { return };
        let mut said: Vec<(&CodeForeignKey, Vec<String>)> = Vec::new();
        for key in &code.foreign_keys {
            if let Some(target) = self.target(at, key) {
                said.push((key, target));
            }
        }
        if self.wish.exact {
            let table = &mut self.model.tables[at];
            table.foreign_keys.retain(|key| said.iter().any(|(said, target)| is_foreign_key(said, target, key)));
        }
        let mut doubted: BTreeSet<&Vec<String>> = BTreeSet::new();
        for (said, target) in said {
            let CodeForeignKey { name, columns, home, table: to, on_delete, on_update, .. } = said;
            let table = &mut self.model.tables[at];
            let there = table.foreign_keys.iter_mut().find(|key| is_foreign_key(said, &target, key));
            if let Some(there) = there {
                there.on_delete = on_delete.clone().unwrap_or_else(|| there.on_delete.clone());
                there.on_update = on_update.clone().unwrap_or_else(|| there.on_update.clone());
                continue;
            }
            if said.is_doubtful {
                if !table.foreign_keys.iter().any(|key| key.columns == *columns) && doubted.insert(columns) {
                    self.hints.push(format!(
                        "{}: several `joinable!` stand at `{}.{}`, and none makes a foreign key: say one by \
                         `#[multitenant(references = \"…\")]`",
                        said.place,
                        code.name,
                        columns.join(", ")
                    ));
                }
                continue;
            }
            let name = name.clone().unwrap_or_else(|| names::constraint(table, columns, "fkey"));
            let nothing = || "NO ACTION".to_owned();
            table.foreign_keys.retain(|key| key.name != name);
            table.foreign_keys.push(ForeignKey {
                name,
                columns: columns.clone(),
                home: *home,
                schema: None,
                table: to.clone(),
                target,
                on_delete: on_delete.clone().unwrap_or_else(nothing),
                on_update: on_update.clone().unwrap_or_else(nothing),
                set_columns: Vec::new(),
                match_full: false,
                not_valid: false,
                timing: Timing::Immediate,
                crosses_tiers: Home::of(code.tier) != *home,
            });
            if !is_indexed(&self.model.tables[at], columns) {
                let items = columns.iter().map(|column| CodeItem::Column(column.clone())).collect();
                let said =
                    CodeIndex { name: None, items, unique: false, method: None, filter: None, include: Vec::new() };
                let made = index(&self.model, &self.model.tables[at], &said);
                self.model.tables[at].indexes.push(made);
            }
        }
    }

    /// The columns that a foreign key leads to, if it can.
    fn target(&mut self, at: usize, said: &CodeForeignKey) -> Option<Vec<String>> {
        let table = &self.model.tables[at];
        let own = table.name.clone();
        // A shared table may be the next migration's.
        let of_code = self.code.table(said.home, &said.table);
        let of_model = self.model.table(said.home, &said.table);
        let key = of_model
            .and_then(|table| table.primary_key.as_ref().map(|key| key.columns.clone()))
            .or_else(|| of_code.map(|table| table.primary_key.clone()))
            .unwrap_or_default();
        let target = if said.target.is_empty() { key } else { said.target.clone() };
        if of_model.is_none() {
            let message = format!(
                "the shared table {0} that {own} refers to is in no migration yet: run `generate shared NAME --from-schema` first",
                said.table
            );
            self.refuse(&said.place, &message);
            return None;
        }
        if target.len() != said.columns.len() {
            let message = format!(
                "{own}({}) cannot refer to {}({}): as many columns on both sides",
                said.columns.join(", "),
                said.table,
                target.join(", ")
            );
            self.refuse(&said.place, &message);
            return None;
        }
        let to = of_model?;
        let mut wrong = None;
        for (column, to_column) in said.columns.iter().zip(&target) {
            match (table.column(column), to.column(to_column)) {
                (_, None) => wrong = Some(format!("{} has no column {to_column:?}", said.table)),
                (Some(Column { ty: Some(one), .. }), Some(Column { ty: Some(other), .. })) => {
                    let (one, other) = (self.model.beneath(one), self.model.beneath(other));
                    if !is_comparable(&one, &other) {
                        wrong = Some(format!(
                            "`{own}.{column}` is {}, and `{}.{to_column}` is {}: give both the same type",
                            one.sql(),
                            said.table,
                            other.sql()
                        ));
                    }
                }
                _ => {}
            }
        }
        let is_key =
            |columns: &[String]| columns.len() == target.len() && columns.iter().all(|column| target.contains(column));
        let indexes = to.indexes.iter().filter(|index| index.unique && index.predicate.is_none());
        let indexes: Vec<Vec<String>> =
            indexes.filter_map(|index| index.items.iter().map(|item| item.column.clone()).collect()).collect();
        let mut keys = to.primary_key.iter().chain(&to.uniques).map(|key| &key.columns).chain(&indexes);
        if wrong.is_none() && !keys.any(|columns| is_key(columns)) {
            wrong = Some(format!(
                "{own} cannot refer to {0}({1}): nothing makes it unique there; say `unique({1})` on the struct of {0}",
                said.table,
                target.join(", ")
            ));
        }
        match wrong {
            None => Some(target),
            Some(message) if said.is_join => {
                self.hints.push(format!("{}: `joinable!` makes no foreign key: {message}", said.place));
                None
            }
            Some(message) => {
                self.refuse(&said.place, &message);
                None
            }
        }
    }
}

/// Whether a foreign key can lead from one type to another.
fn is_comparable(one: &TypeRef, other: &TypeRef) -> bool {
    const FAMILIES: [&[&str]; 3] = [
        &["int2", "int4", "int8", "numeric", "float4", "float8"],
        &["text", "varchar", "bpchar", "citext", "name"],
        &["timestamp", "timestamptz", "date"],
    ];
    let family = |ty: &TypeRef| FAMILIES.iter().position(|family| family.contains(&ty.name.as_str()));
    one.array == other.array && (one.name == other.name || (family(one).is_some() && family(one) == family(other)))
}
