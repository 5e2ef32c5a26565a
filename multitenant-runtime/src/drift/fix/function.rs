//! Functions and procedures: what can be replaced, and what has to go first.

use super::super::ObjectKind;
use super::super::object::{Facets, Key};
use super::super::report::Fix;
use super::{Mender, facet};

/// Why a person decides.
const REASON: &str = "the function has to be dropped first, with what uses it: \
                      its parameters, their defaults or its result are others";

impl Mender<'_> {
    /// Makes a function that is missing; first drops one that takes the same and calls its parameters otherwise.
    pub(super) fn create_function(&self, key: &Key) -> Option<Fix> {
        let mut fix = Fix::new([self.function(key)?]);
        let of = self.reference.objects.0.get(key)?;
        let in_the_way = self.found.0.iter().find(|(other, facets)| {
            !self.reference.objects.0.contains_key(*other) && other.kind == key.kind && takes_the_same(of, facets)
        });
        if let Some((_, facets)) = in_the_way {
            fix.statements.insert(0, self.drop_function(key, facets)?);
            fix = fix.commented(REASON);
        }
        Some(fix)
    }

    /// Takes away one that the reference does not have.
    pub(super) fn remove_function(&self, key: &Key, facets: &Facets) -> Option<Fix> {
        let is_in_the_way = self.reference.objects.0.iter().any(|(other, of)| {
            !self.found.0.contains_key(other) && other.kind == key.kind && takes_the_same(of, facets)
        });
        // To drop it here would drop the one that is made in its place.
        (!is_in_the_way).then_some(())?;
        let fix = Fix::new([self.drop_function(key, facets)?]);
        let may_be_used = self.found.0.keys().any(|other| {
            [ObjectKind::Table, ObjectKind::Column].contains(&other.kind)
                && !self.reference.objects.0.contains_key(other)
        });
        Some(if may_be_used { fix.commented("a table or a column that is left to you may use it") } else { fix })
    }

    /// Brings its definition in order.
    pub(super) fn replace_function(&self, key: &Key) -> Option<Fix> {
        let replace = Fix::new([self.function(key)?]);
        let (expected, found) = (facet(self.reference.objects.0.get(key)?, 0)?, self.found(key, 0)?);
        if self.reference.example.means(head(expected), head(found), self.found_in, key.kind) {
            return Some(replace);
        }
        let mut fix = replace.commented(REASON);
        fix.statements.insert(0, self.drop_function(key, self.found.0.get(key)?)?);
        Some(fix)
    }

    fn function(&self, key: &Key) -> Option<String> {
        let what = key.kind.name().to_uppercase();
        let name = self.wanted(key, 1)?;
        let definition = self.wanted(key, 0)?;
        Some(format!("CREATE OR REPLACE {what} {}.{name}{}", self.schema.quoted(), definition.trim_end()))
    }
}

/// What stands before the language: parameters, defaults, result.
fn head(definition: &str) -> &str {
    definition.split_once("\n LANGUAGE ").map_or(definition, |(head, _)| head)
}

/// Whether two functions are one to PostgreSQL: of one name, with parameters of the same types.
fn takes_the_same(one: &Facets, other: &Facets) -> bool {
    let parameters = |facets| -> Vec<String> {
        super::whole::outside_of_quotes(facet(facets, 2).unwrap_or_default())
            .filter(|parameter| !parameter.is_empty() && !parameter.starts_with("OUT "))
            .map(|parameter| parameter.trim_start_matches("INOUT ").trim_start_matches("VARIADIC ").to_owned())
            .collect()
    };
    let (these, those) = (parameters(one), parameters(other));
    let is_one_type = |(this, that): (&String, &String)| {
        let may_be = |text: &str| [Some(text.to_owned()), text.split_once(' ').map(|(_, rest)| rest.to_owned())];
        may_be(this).into_iter().flatten().any(|this| may_be(that).contains(&Some(this)))
    };
    facet(one, 1) == facet(other, 1) && these.len() == those.len() && these.iter().zip(&those).all(is_one_type)
}
