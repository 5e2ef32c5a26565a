//! Labels of enums, which PostgreSQL adds and never removes: a way back can say no more than that they stay.

use multitenant_runtime::migration::Migration;
use multitenant_runtime::{Difference, ObjectKind, Portrait};

/// Whether labels of enums that were there before are all that has come.
pub(super) fn only_come(before: &Portrait, after: &Portrait) -> bool {
    // What would lead from the former to the latter: of an enum on both sides that is said where ADD VALUE is enough.
    let is_of_labels = |one: &Difference| one.kind == ObjectKind::Enum && one.facet.is_some() && one.fix.is_some();
    before.differences(after).iter().all(is_of_labels)
}

/// Whether `down.sql` says that it leaves something, as the linter reads it: `-- irreversible: reason`.
#[cfg(feature = "lint")]
pub(super) fn are_said(migration: &Migration) -> bool {
    migration.down_sql().is_some_and(|text| crate::lint::read_sql(text).says_irreversible())
}

/// Without the linter nobody reads comments, and all that stays is told as an error.
#[cfg(not(feature = "lint"))]
pub(super) fn are_said(_: &Migration) -> bool {
    false
}

#[cfg(all(test, feature = "lint"))]
mod tests {
    use multitenant_runtime::{MigrationSet, Tier};

    use super::are_said;

    #[test]
    fn a_comment_in_down_sql_says_it() {
        for (down, is_said) in [
            (Some("-- irreversible: labels stay\nSELECT 1;"), true),
            (Some("SELECT 1; /* Irreversible: labels stay */"), true),
            (Some("-- irreversible:\nSELECT 1;"), false),
            (Some("-- labels stay\nSELECT 1;"), false),
            (Some("SELECT '-- irreversible: labels stay';"), false),
            (None, false),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let migration = folder.path().join("1_a");
            std::fs::create_dir(&migration).unwrap();
            // What up.sql says of itself is about its rows as well, and no word on what down.sql leaves.
            std::fs::write(migration.join("up.sql"), "-- irreversible: rows are gone\nSELECT 1;").unwrap();
            down.iter().for_each(|down| std::fs::write(migration.join("down.sql"), down).unwrap());
            let set = MigrationSet::from_folder(Tier::Tenant, folder.path()).unwrap();
            assert_eq!(are_said(&set.migrations()[0]), is_said, "{down:?}");
        }
    }
}
