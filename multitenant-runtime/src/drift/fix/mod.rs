//! Statements that mend a difference. Pure.
//!
//! All names are written out, so that a statement means the same under any path; what would take something away that may
//! be wanted is marked. Where nothing safe can be said, nothing is.

mod function;
mod part;
mod table;
mod whole;
mod widens;

use crate::ident::{Identifier, SchemaName};

use super::ObjectKind;
use super::compare::Reference;
use super::names::Example;
use super::object::{Facets, Key, Objects};
use super::report::Fix;

/// Mends one schema after the reference.
pub(super) struct Mender<'a> {
    pub(super) reference: &'a Reference,
    pub(super) schema: &'a SchemaName,
    /// What the schema has, or one that is known to be equal.
    pub(super) found: &'a Objects,
    pub(super) found_in: &'a SchemaName,
}

impl Mender<'_> {
    /// Makes what the schema lacks.
    pub(super) fn create(&self, key: &Key) -> Option<Fix> {
        match key.kind {
            ObjectKind::Table => self.create_table(key),
            kind if kind.is_part() => self.create_part(key).map(Fix::new),
            _ => self.create_whole(key),
        }
    }

    /// Takes away what the reference does not have.
    pub(super) fn remove(&self, key: &Key, facets: &Facets) -> Option<Fix> {
        let own = || self.qualified(&key.name);
        let destructive = |what: &str| Some(Fix::destructive(format!("DROP {what} {}", own()?)));
        let safe = |what: &str| Some(Fix::new([format!("DROP {what} {}", own()?)]));
        match key.kind {
            ObjectKind::Table if is(facets, 0, "foreign") => destructive("FOREIGN TABLE"),
            ObjectKind::Table => destructive("TABLE"),
            ObjectKind::Sequence => destructive("SEQUENCE"),
            ObjectKind::MaterializedView => destructive("MATERIALIZED VIEW"),
            ObjectKind::Enum | ObjectKind::CompositeType | ObjectKind::RangeType => destructive("TYPE"),
            ObjectKind::Domain => destructive("DOMAIN"),
            ObjectKind::View => safe("VIEW"),
            ObjectKind::Statistics => safe("STATISTICS"),
            ObjectKind::Function | ObjectKind::Procedure => self.remove_function(key, facets),
            ObjectKind::Aggregate => Some(Fix::new([self.drop_function(key, facets)?])),
            kind if kind.is_part() => self.remove_part(key, facets),
            _ => None,
        }
    }

    /// Brings one facet in order.
    pub(super) fn alter(&self, key: &Key, at: usize) -> Option<Fix> {
        match key.kind {
            ObjectKind::Table => self.alter_table(key, at),
            ObjectKind::Column => self.alter_column(key, at),
            kind if kind.is_part() => self.alter_part(key, at),
            _ => self.alter_whole(key, at),
        }
    }

    /// Drops what has parameters.
    fn drop_function(&self, key: &Key, facets: &Facets) -> Option<String> {
        let at = if key.kind == ObjectKind::Aggregate { 2 } else { 1 };
        let (name, arguments) = (facet(facets, at)?, facet(facets, at + 1).unwrap_or_default());
        let what = key.kind.name().to_uppercase();
        let arguments = Example::new(self.found_in.clone(), false).render(arguments, self.schema, ObjectKind::Other);
        Some(format!("DROP {what} {}.{name}({arguments})", self.schema.quoted()))
    }

    /// The reference's facet, said of this schema.
    fn wanted(&self, key: &Key, at: usize) -> Option<String> {
        let text = facet(self.reference.qualified.0.get(key)?, at)?;
        Some(self.reference.example.render(text, self.schema, key.kind))
    }

    /// What the schema has now.
    fn found(&self, key: &Key, at: usize) -> Option<&str> {
        facet(self.found.0.get(key)?, at)
    }

    fn qualified(&self, name: &str) -> Option<String> {
        Some(format!("{}.{}", self.schema.quoted(), quoted(name)?))
    }
}

fn quoted(name: &str) -> Option<String> {
    Identifier::new(name).ok().map(|name| name.quoted())
}

fn facet(facets: &Facets, at: usize) -> Option<&str> {
    facets.get(at)?.as_deref()
}

fn is(facets: &Facets, at: usize, word: &str) -> bool {
    facet(facets, at).is_some_and(|text| text.split_whitespace().any(|found| found == word))
}

/// `SET (…)` and `RESET (…)` that make these options of those.
fn set_options(expected: Option<&str>, found: Option<&str>) -> Vec<String> {
    let split = |text: Option<&str>| -> Vec<String> {
        text.unwrap_or_default().split(", ").filter(|option| !option.is_empty()).map(str::to_owned).collect()
    };
    let name = |option: &String| option.split('=').next().unwrap_or_default().to_owned();
    let (expected, found) = (split(expected), split(found));
    let kept: Vec<String> = expected.iter().map(name).collect();
    let reset: Vec<String> = found.iter().map(name).filter(|name| !kept.contains(name)).collect();
    let mut actions = Vec::new();
    if !expected.is_empty() {
        actions.push(format!("SET ({})", expected.join(", ")));
    }
    if !reset.is_empty() {
        actions.push(format!("RESET ({})", reset.join(", ")));
    }
    actions
}
