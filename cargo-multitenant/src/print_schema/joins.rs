//! Which foreign keys can be joins that need no condition, by Diesel CLI's rules.

use std::collections::BTreeMap;

use multitenant_runtime::Tier;

use super::inspect::KeyFact;
use super::model::Table;

/// A foreign key from one table to another, by their places among the tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Join {
    pub(super) child: usize,
    pub(super) parent: usize,
    /// The child's column, as Rust has it.
    pub(super) column: String,
}

/// The foreign keys that can be written: between two printed tables, of one column, that leads to the whole primary key;
/// and the only one between the two, in whichever direction.
pub(super) fn safe(tables: &[Table], keys: &[KeyFact], shared: &str, tenant: &str) -> Vec<Join> {
    let find = |(schema, name): &(String, String)| {
        let tier = match schema.as_str() {
            schema if schema == tenant => Tier::Tenant,
            schema if schema == shared => Tier::Shared,
            _ => return None,
        };
        tables.iter().position(|table| table.tier == tier && table.name == *name)
    };
    let mut between: BTreeMap<[&(String, String); 2], usize> = BTreeMap::new();
    for key in keys {
        *between.entry(pair(key)).or_default() += 1;
    }
    let is_only = |key: &KeyFact| between.get(&pair(key)) == Some(&1);
    let mut joins: Vec<Join> = keys
        .iter()
        .filter(|key| key.child != key.parent && is_only(key))
        .filter_map(|key| {
            let (child, parent) = (find(&key.child)?, find(&key.parent)?);
            let (column, referenced) = key.columns.as_ref()?;
            let to = &tables[parent];
            let is_key = to.primary_key == [to.column(referenced)?];
            is_key.then_some(Join { child, parent, column: tables[child].column(column)?.to_owned() })
        })
        .collect();
    joins.sort_by_key(|join| (join.child, join.parent));
    joins
}

/// The two tables, whichever leads to the other.
fn pair(key: &KeyFact) -> [&(String, String); 2] {
    let (child, parent) = (&key.child, &key.parent);
    if child <= parent { [child, parent] } else { [parent, child] }
}

/// The tables that foreign keys lead to, and back, each group by itself.
pub(super) fn groups(tables: &[usize], joins: &[Join]) -> Vec<Vec<usize>> {
    let mut group_of: BTreeMap<usize, usize> = tables.iter().map(|table| (*table, *table)).collect();
    for join in joins {
        let (Some(&one), Some(&other)) = (group_of.get(&join.child), group_of.get(&join.parent)) else { continue };
        group_of.values_mut().filter(|group| **group == other).for_each(|group| *group = one);
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for table in tables {
        groups.entry(group_of[table]).or_default().push(*table);
    }
    let mut groups: Vec<Vec<usize>> = groups.into_values().collect();
    groups.sort();
    groups
}
