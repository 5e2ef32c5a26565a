//! What whoever runs the migrations must do beside them.

use super::change::Change;

/// What is to be known of these changes before they are made.
pub(crate) fn hints(changes: &[Change]) -> Vec<String> {
    let of = |change: &Change| match change {
        Change::Nullable(table, to) if !to.is_nullable => Some(format!(
            "{0}.{1} becomes NOT NULL: fill the rows of {0} that have NULL there before the last of these migrations, which fails \
             on them; from the first one on, no new NULL is taken",
            table.name, to.name
        )),
        _ => None,
    };
    changes.iter().filter_map(of).collect()
}
