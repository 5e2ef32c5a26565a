//! Two schemas, object by object. Pure.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ident::SchemaName;

use super::fix::Mender;
use super::names::Example;
use super::object::{Facets, Key, Objects};
use super::report::Difference;
use super::{Ignore, ObjectKind};

/// What targets are compared with.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// Whose name its texts may hold.
    pub(super) example: Example,
    /// Its objects, seen from its own path.
    pub(super) objects: Arc<Objects>,
    /// The same with all names written out, for statements.
    pub(super) qualified: Arc<Objects>,
}

/// In what a schema differs from the reference, in the order in which it would be mended, and how much was ignored.
///
/// What was found may be another schema's that is known to be equal to this one, whose name is then in its texts.
pub(super) fn compare(
    reference: &Reference,
    schema: &SchemaName,
    (found_in, found): (&SchemaName, &Objects),
    ignore: &[Ignore],
) -> (Vec<Difference>, usize) {
    let keys: BTreeSet<&Key> = reference.objects.0.keys().chain(found.0.keys()).collect();
    let mender = Mender { reference, schema, found, found_in };
    let (mut differences, mut ignored) = (Vec::new(), 0);
    for key in keys {
        let both = (reference.objects.0.get(key), found.0.get(key));
        let sides = || [both.0, both.1].into_iter().flatten();
        let is_ignored = ignore.iter().any(|pattern| {
            pattern.fits(key.kind, &key.parent, &key.name)
                || sides().any(|facets| pattern.fits_with_table(key.kind, facets))
        });
        // Of what came by a partition's parent the name says nothing: only what is defined alike is compared.
        if sides().any(|facets| key.is_inherited(facets)) && !is_defined_alike(reference, key, both, found_in) {
            continue;
        }
        let of_one = match both {
            // What hangs on a table comes and goes with it.
            (Some(_), None) if parent_is_absent(found, key) => continue,
            (None, Some(_)) if parent_is_absent(&reference.objects, key) => continue,
            (Some(expected), None) => vec![Difference {
                expected: Some(reference.example.shown(&summary(key.kind, expected), schema)),
                fix: mender.create(key),
                ..difference(key)
            }],
            (None, Some(facets)) => {
                vec![Difference {
                    found: Some(summary(key.kind, facets)),
                    fix: mender.remove(key, facets),
                    ..difference(key)
                }]
            }
            (Some(expected), Some(facets)) => changed(reference, &mender, key, expected, facets, found_in),
            (None, None) => continue,
        };
        if is_ignored {
            ignored += of_one.len();
        } else {
            differences.extend(of_one);
        }
    }
    // What others may use goes after them: a type after the table that has it.
    differences.sort_by_key(|difference| {
        let is_last = difference.is_extra() && !difference.kind.is_part();
        is_last.then_some(Reverse(difference.kind))
    });
    (differences, ignored)
}

/// Whether both sides have it, with the same definition.
fn is_defined_alike(
    reference: &Reference,
    key: &Key,
    both: (Option<&Facets>, Option<&Facets>),
    found_in: &SchemaName,
) -> bool {
    let definitions = (both.0.and_then(|facets| text(facets, 0)), both.1.and_then(|facets| text(facets, 0)));
    matches!(definitions, (Some(expected), Some(found)) if reference.example.means(expected, found, found_in, key.kind))
}

fn changed(
    reference: &Reference,
    mender: &Mender<'_>,
    key: &Key,
    expected: &Facets,
    found: &Facets,
    found_in: &SchemaName,
) -> Vec<Difference> {
    let facets = key.kind.facets().iter().enumerate().filter(|(_, label)| !label.is_empty());
    facets
        .filter_map(|(at, label)| {
            let (expected, found) = (text(expected, at), text(found, at));
            let same = match (expected, found) {
                (Some(expected), Some(found)) => reference.example.means(expected, found, found_in, key.kind),
                (expected, found) => expected == found,
            };
            (!same).then(|| Difference {
                facet: Some(label),
                expected: expected.map(|text| reference.example.shown(text, mender.schema)),
                found: found.map(str::to_owned),
                fix: mender.alter(key, at),
                ..difference(key)
            })
        })
        .collect()
}

/// The facet's text.
pub(super) fn text(facets: &Facets, at: usize) -> Option<&str> {
    facets.get(at)?.as_deref()
}

fn parent_is_absent(objects: &Objects, key: &Key) -> bool {
    let is_there = |kind| objects.get(kind, "", &key.parent).is_some();
    let parents: &[ObjectKind] = match key.kind {
        ObjectKind::DomainConstraint => &[ObjectKind::Domain],
        _ => &[ObjectKind::Table, ObjectKind::View, ObjectKind::MaterializedView],
    };
    key.kind.is_part() && !parents.iter().any(|&kind| is_there(kind))
}

/// An object in one line: what it is, where it is missing.
fn summary(kind: ObjectKind, facets: &Facets) -> String {
    let said = |at: usize| text(facets, at);
    let parts: Vec<&str> = match kind {
        ObjectKind::Column => {
            let nullability = said(1).filter(|text| *text != "null");
            [said(0), nullability].into_iter().flatten().collect()
        }
        _ => said(0).into_iter().collect(),
    };
    if parts.is_empty() { kind.name().to_owned() } else { parts.join(" ") }
}

fn difference(key: &Key) -> Difference {
    let object = if key.parent.is_empty() { key.name.clone() } else { format!("{}.{}", key.parent, key.name) };
    Difference { kind: key.kind, object, facet: None, expected: None, found: None, fix: None }
}
