//! Answers about many schemas, brought together by what they say.

use std::collections::BTreeMap;

use multitenant_runtime::inspection::Row;

/// The schemas in the first column by what stands in the `N` columns after it; NULL is an empty text.
pub(crate) fn grouped<const N: usize>(rows: &[Row]) -> BTreeMap<[&str; N], Vec<&str>> {
    let mut groups: BTreeMap<[&str; N], Vec<&str>> = BTreeMap::new();
    for row in rows {
        let key = std::array::from_fn(|column| row.get(column + 1).unwrap_or_default());
        groups.entry(key).or_default().push(row.get(0).unwrap_or_default());
    }
    groups
}
