//! Names that two things would have.

use std::collections::{BTreeMap, BTreeSet};

use super::wanted::Maker;
use crate::from_schema::code::CodeTable;
use crate::from_schema::names::{constraints_of, relations_of};
use crate::model::{Home, Model};

impl Maker<'_> {
    /// Refuses a new key or index whose name something else in the schema has, or that another constraint of its table has.
    /// What is there under a name has it rightly.
    pub(super) fn clashes(&mut self, before: &Model) {
        let mut relations: BTreeMap<&str, usize> = BTreeMap::new();
        let tables = self.model.tables.iter().filter(|table| table.tier == self.wish.tier);
        let sequences = self.model.sequences.iter().filter(|sequence| sequence.tier == self.wish.tier);
        let own = tables.flat_map(|table| relations_of(table).chain([table.name.as_str()]));
        for name in own.chain(sequences.map(|sequence| sequence.name.as_str())) {
            *relations.entry(name).or_default() += 1;
        }
        let mut found = Vec::new();
        for code in self.tables() {
            let Some(table) = self.place(&code.name).map(|at| &self.model.tables[at]) else { continue };
            let there = before.table(Home::of(code.tier), &code.name);
            let is_new = |name: &str| {
                !there.is_some_and(|there| constraints_of(there).chain(relations_of(there)).any(|of| of == name))
            };
            let mut constraints: BTreeSet<&str> = BTreeSet::new();
            let twice = constraints_of(table).filter(|name| !constraints.insert(name));
            let taken = relations_of(table).filter(|name| relations.get(name).is_some_and(|count| *count > 1));
            let clashing: BTreeSet<&str> = twice.chain(taken).filter(|name| is_new(name)).collect();
            found.extend(clashing.into_iter().map(|name| clash(code, name)));
        }
        self.refused.extend(found);
    }
}

fn clash(code: &CodeTable, name: &str) -> String {
    format!(
        "{}: {} would have {name:?}, and something else in its schema is called so already: give one of them another `name`",
        code.place, code.name
    )
}
