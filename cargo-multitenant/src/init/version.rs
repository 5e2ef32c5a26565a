//! Versions of the migrations that are written: later than all there are.

use jiff::ToSpan as _;
use jiff::civil::DateTime;
use multitenant_runtime::Version;

/// How Diesel CLI writes them too.
const FORMAT: &str = "%Y-%m-%d-%H%M%S";

/// The time, or a second after the newest version where that is not earlier; `None` where no date is later.
pub(super) fn later_than(newest: Option<&Version>, time: DateTime) -> Option<DateTime> {
    let version = |time: DateTime| Version::of_folder(&time.strftime("%Y%m%d%H%M%S_").to_string());
    let Some(newest) = newest.filter(|newest| version(time).as_ref() <= Some(newest)) else { return Some(time) };
    let next = DateTime::strptime("%Y%m%d%H%M%S", newest.as_str().get(..14)?).ok()?.checked_add(1.second()).ok()?;
    (version(next).as_ref() > Some(newest)).then_some(next)
}

/// The name of a migration's folder.
pub(super) fn folder(time: DateTime, name: &str) -> String {
    format!("{}_{name}", time.strftime(FORMAT))
}

/// A second later.
pub(super) fn next(time: DateTime) -> DateTime {
    time.saturating_add(1.second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_later_than_all_there_are() {
        let now = jiff::civil::datetime(2026, 11, 2, 10, 15, 0, 0);
        for (newest, expected) in [
            (None, Some("2026-11-02-101500_x")),
            (Some("00000000000000_diesel_initial_setup"), Some("2026-11-02-101500_x")),
            (Some("2026-11-02-101500_a"), Some("2026-11-02-101501_x")),
            (Some("2027-12-31-235959_a"), Some("2028-01-01-000000_x")),
            (Some("v1_a"), None),
        ] {
            let newest = newest.and_then(Version::of_folder);
            let made = later_than(newest.as_ref(), now).map(|time| folder(time, "x"));
            assert_eq!(made.as_deref(), expected, "{newest:?}");
        }
    }
}
