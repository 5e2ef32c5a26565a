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
        let is_ignored = ignore.iter().any(|pattern| pattern.fits(key.kind, &key.parent, &key.name));
        let of_one = match (reference.objects.0.get(key), found.0.get(key)) {
            // What hangs on a table comes and goes with it.
            (Some(_), None) if parent_is_absent(found, key) => continue,
            (None, Some(_)) if parent_is_absent(&reference.objects, key) => continue,
            (expected, found_here) if is_told_of_the_parent(&reference.objects, found, key, expected, found_here) => {
                continue;
            }
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

/// Whether a partition lacks an index or a constraint, or has one too many, only because its parent does.
fn is_told_of_the_parent(
    reference: &Objects,
    found: &Objects,
    key: &Key,
    expected: Option<&Facets>,
    here: Option<&Facets>,
) -> bool {
    let (Some(own), true) = (own_facet(key.kind), expected.is_none() || here.is_none()) else { return false };
    let of_parent = |objects: &Objects, facets: &Facets| -> Option<Vec<(Key, bool)>> {
        let table = objects.get(ObjectKind::Table, "", &key.parent)?;
        (text(facets, own) == Some("false") && text(table, 8) == Some("true")).then_some(())?;
        let (parent, _) =
            text(table, 2)?.split_once(" FOR VALUES ").or_else(|| text(table, 2)?.split_once(" DEFAULT"))?;
        let parent = parent.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(parent);
        let parent = parent.replace("\"\"", "\"");
        let parts = objects.parts(key.kind, &parent);
        Some(parts.map(|(part, of)| (part.clone(), told(key.kind, of) == told(key.kind, facets))).collect())
    };
    let (objects, others, facets) = match (expected, here) {
        (Some(facets), None) => (reference, found, facets),
        (None, Some(facets)) => (found, reference, facets),
        _ => return false,
    };
    let parts = of_parent(objects, facets).unwrap_or_default();
    parts.iter().any(|(part, is_alike)| {
        let other = others.0.get(part).map(|other| told(key.kind, other));
        *is_alike && other != Some(told(key.kind, facets))
    })
}

/// Which facet says whether it is the table's own.
fn own_facet(kind: ObjectKind) -> Option<usize> {
    match kind {
        ObjectKind::Index => Some(4),
        ObjectKind::PrimaryKey
        | ObjectKind::Unique
        | ObjectKind::Exclusion
        | ObjectKind::ForeignKey
        | ObjectKind::Check => Some(5),
        _ => None,
    }
}

/// A definition without the names of the index and its table.
fn told(kind: ObjectKind, facets: &Facets) -> Option<&str> {
    let definition = text(facets, 0)?;
    match kind {
        ObjectKind::Index => definition.split_once(" USING ").map(|(_, rest)| rest),
        _ => Some(definition),
    }
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
