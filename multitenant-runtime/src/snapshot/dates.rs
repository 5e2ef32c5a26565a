//! The writings of a date, by which it is told that migrations have used the clock.

use crate::migration::MigrationSet;

/// The writings of this day (`2026-11-26`), its month and its year that stand in no migration: where one of them
/// stands in what the migrations make, it came from the clock, and would be another one some day.
///
/// Two replays of one day are equal all the same; the exact moment, which differs, is compared.
pub(super) fn foreign(day: &str, set: &MigrationSet) -> Vec<String> {
    let Some((year, rest)) = day.split_once('-') else { return Vec::new() };
    let month = rest.split('-').next().unwrap_or_default();
    let of_a_day = rest.split('-').nth(1).unwrap_or_default();
    let mut dates = vec![year.to_owned()];
    for between in ["-", "_", ""] {
        dates.push(format!("{year}{between}{month}"));
        dates.push(format!("{year}{between}{month}{between}{of_a_day}"));
    }
    let stands = |date: &String| {
        set.migrations()
            .iter()
            .any(|migration| migration.script().statements().any(|(sql, _)| sql.contains(date.as_str())))
    };
    dates.retain(|date| !stands(date));
    dates
}
