//! `bad-version`

use crate::finding::{Level, Place};
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::new_migration::is_plain;

rule! {
    /// ## What it does
    ///
    /// Finds migrations whose folder has no version that Diesel can use. A version with letters in it, and a name with
    /// characters that not every system takes, are warnings.
    ///
    /// ## Why is this bad?
    ///
    /// Diesel takes what stands before the first `_`, without `-`, and sorts by it, byte by byte. A folder without `_`
    /// has its whole name for a version; `v10_…` comes before `v9_…`.
    ///
    /// ## Example
    ///
    /// ```text
    /// migrations/tenant/2023-05-23-1715-orders/up.sql
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// migrations/tenant/2023-05-23-171500_orders/up.sql
    /// ```
    "bad-version": Error, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let name = &at.migration.name;
    let place = Place::new(at.migration.folder, 0..0);
    let Some(version) = &at.migration.version else {
        sink.report(place, format!("the folder `{name}` has no version"))
            .help("begin its name with a version of 1 to 50 characters and `_`, as in 2026-11-02-101500_orders")
            .object(name.clone());
        return;
    };
    // What has no up.sql is no migration, and unreadable-file says so.
    if at.migration.up.is_none() {
        return;
    }
    let (message, help) = if !version.as_str().bytes().all(|byte| byte.is_ascii_digit()) {
        let help = "begin the name with a version of digits and `_`; a version that is recorded already cannot change";
        (format!("the version `{}` is not made of digits: it sorts byte by byte", version.as_str()), help)
    } else if let Some(odd) = name.chars().find(|c| !is_plain(*c)) {
        (format!("the folder `{name}` has {odd:?} in its name"), "use letters, digits, `_` and `-`")
    } else {
        return;
    };
    sink.report(place, message).help(help).object(name.clone()).level(Level::Warning);
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            -- file: tenant/_orders/up.sql
            -- file: tenant/2023-05-23-1715-orders/up.sql
            -- file: tenant/20230523_a+b/up.sql
        "), @"
        tenant/2023-05-23-1715-orders:1:1 warning: the version `202305231715orders` is not made of digits: it sorts byte by byte []
        tenant/20230523_a+b:1:1 warning: the folder `20230523_a+b` has '+' in its name []
        tenant/_orders:1:1 error: the folder `_orders` has no version []
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: tenant/2023-05-23-171500_orders/up.sql
            -- file: tenant/00000000000000_diesel_initial_setup/up.sql
            -- file: tenant/1_add-index/up.sql
        ",
        );
    }
}
