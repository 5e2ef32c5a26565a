//! Primary keys and unique constraints.

use super::name::{listed, name};
use crate::model::{Key, Table, Timing};

/// `CONSTRAINT … PRIMARY KEY (…)`.
pub(super) fn primary_key(key: &Key) -> String {
    format!("{}PRIMARY KEY ({}){}", named(&key.name), listed(&key.columns), options(key))
}

/// `CONSTRAINT … UNIQUE (…)`.
pub(super) fn unique(key: &Key) -> String {
    let nulls = if key.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" };
    format!("{}UNIQUE{nulls} ({}){}", named(&key.name), listed(&key.columns), options(key))
}

/// `ALTER TABLE … ADD CONSTRAINT … PRIMARY KEY (…)`.
pub(crate) fn add_primary_key(table: &Table, key: &Key) -> String {
    format!("ALTER TABLE {} ADD {};", name(&table.name), primary_key(key))
}

/// `ALTER TABLE … ADD CONSTRAINT … UNIQUE (…)`.
pub(crate) fn add_unique(table: &Table, key: &Key) -> String {
    format!("ALTER TABLE {} ADD {};", name(&table.name), unique(key))
}

/// `ALTER TABLE … DROP CONSTRAINT …`, of any kind.
pub(crate) fn drop_constraint(table: &Table, constraint: &str) -> String {
    format!("ALTER TABLE {} DROP CONSTRAINT {};", name(&table.name), name(constraint))
}

/// A constraint's name before what it is. In a model each has one.
pub(super) fn named(constraint: &str) -> String {
    if constraint.is_empty() { String::new() } else { format!("CONSTRAINT {} ", name(constraint)) }
}

/// When it is looked at, where it is not at once.
pub(crate) fn timed(timing: Timing) -> &'static str {
    match timing {
        Timing::Immediate => "",
        Timing::Deferrable => " DEFERRABLE",
        Timing::Deferred => " DEFERRABLE INITIALLY DEFERRED",
    }
}

fn options(key: &Key) -> String {
    let include = if key.include.is_empty() { String::new() } else { format!(" INCLUDE ({})", listed(&key.include)) };
    include + timed(key.timing)
}
