//! `out-of-order-version`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds migrations that are not in `multitenant.lock` and sort before one that is.
    ///
    /// ## Why is this bad?
    ///
    /// Tenants that are there run it after the newer one, new tenants before it. If the two have to do with each other,
    /// these tenants are different from now on. It mostly comes of a branch that was merged late.
    ///
    /// ## Example
    ///
    /// ```text
    /// 2026-11-01-090000_items    new
    /// 2026-11-02-101500_orders   final
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// 2026-11-02-101500_orders   final
    /// 2026-11-03-080000_items    new
    /// ```
    "out-of-order-version": Warning, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let (Some(lock), Some(version)) = (&at.cx.project.lock, &at.migration.version) else { return };
    if lock.checksum(at.migration).is_some() {
        return;
    }
    if let Some(newest) = lock.newest(at.migration.tier).filter(|newest| *newest > version.as_str()) {
        let message = format!("the new migration `{}` sorts before {newest}, which is final", at.migration.name);
        sink.report(Place::new(at.migration.folder, 0..0), message)
            .help("rename its folder to a version of today")
            .object(at.migration.name.clone());
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const TEXT: &str = "-- file: tenant/1_a/up.sql\nselect 1;\n-- file: tenant/3_c/up.sql\nselect 3;\n";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("{TEXT}-- file: multitenant.lock\ntenant 2 sha256:00\n")), @"tenant/1_a:1:1 warning: the new migration `1_a` sorts before 2, which is final []");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, &format!("{TEXT}-- file: multitenant.lock\ntenant 1 sha256:00\nshared 9 sha256:00\n"));
        silent(&RULE, TEXT);
    }
}
