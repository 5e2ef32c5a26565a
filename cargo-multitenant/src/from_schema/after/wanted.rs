//! What is asked for, and what comes of it.

use std::collections::BTreeSet;

use multitenant_runtime::Tier;

use crate::from_schema::code::{Code, CodeTable};
use crate::model::Model;

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    /// The tier that is made as the code says; the other one stays as it is.
    pub(crate) tier: Tier,
    /// Whether the code is the whole truth: what it does not say goes.
    pub(crate) exact: bool,
    /// Tables, and columns as `table.column`, that stay though the code does not have them.
    pub(crate) keep: &'a BTreeSet<String>,
}

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) model: Model,
    /// What cannot be done, each with what to do instead.
    pub(crate) refused: Vec<String>,
    /// What is left out.
    pub(crate) hints: Vec<String>,
}

/// The model that the code says, where `before` is what the migrations make.
pub(crate) fn wanted(before: &Model, code: &Code, wish: &Wish<'_>) -> Wanted {
    let refused = code.problems.iter().filter(|(tier, _)| *tier == wish.tier).map(|(_, problem)| problem.clone());
    let mut maker = Maker { code, wish, model: before.clone(), refused: refused.collect(), hints: Vec::new() };
    maker.types();
    for table in maker.tables() {
        match maker.place(&table.name) {
            Some(at) => maker.amend(at, table),
            None => maker.add(table),
        }
    }
    maker.forget();
    for table in maker.tables() {
        maker.foreign_keys(table);
    }
    maker.forget_types();
    maker.clashes(before);
    let Maker { mut model, mut refused, hints, .. } = maker;
    model.tables.sort_by(|one, other| (one.tier, &one.name).cmp(&(other.tier, &other.name)));
    model.types.sort_by(|one, other| (one.tier, &one.name).cmp(&(other.tier, &other.name)));
    let mut seen = BTreeSet::new();
    refused.retain(|problem| seen.insert(problem.clone()));
    Wanted { model, refused, hints }
}

pub(super) struct Maker<'a> {
    pub(super) code: &'a Code,
    pub(super) wish: &'a Wish<'a>,
    pub(super) model: Model,
    pub(super) refused: Vec<String>,
    pub(super) hints: Vec<String>,
}

impl<'a> Maker<'a> {
    pub(super) fn tables(&self) -> Vec<&'a CodeTable> {
        self.code.tables.iter().filter(|table| table.tier == self.wish.tier).collect()
    }

    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.model.tables.iter().position(|table| table.tier == self.wish.tier && table.name == name)
    }

    pub(super) fn refuse(&mut self, place: &str, message: &str) {
        self.refused.push(format!("{place}: {message}"));
    }
}
