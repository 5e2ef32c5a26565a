//! `duplicate-version`

use crate::finding::Place;
use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds two migrations of a tier with one version.
    ///
    /// ## Why is this bad?
    ///
    /// The history holds a version once. Whichever of the two is applied first, the other one counts as applied too, and
    /// never runs; which one that is may differ from machine to machine.
    ///
    /// ## Example
    ///
    /// ```text
    /// migrations/tenant/2026-11-02-101500_orders
    /// migrations/tenant/20261102101500_items
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```text
    /// migrations/tenant/2026-11-02-101500_orders
    /// migrations/tenant/2026-11-02-101501_items
    /// ```
    "duplicate-version": Error, Hygiene, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    let migrations = &cx.project.migrations;
    for (index, migration) in migrations.iter().enumerate() {
        let Some(version) = &migration.version else { continue };
        let first = migrations[..index]
            .iter()
            .find(|other| other.tier == migration.tier && other.version.as_ref() == Some(version));
        if let Some(first) = first {
            let message = format!("`{}` has the version of `{}`", migration.name, first.name);
            sink.report(Place::new(migration.folder, 0..0), message)
                .related(Place::new(first.folder, 0..0), "the other one")
                .help("give one of the two another version")
                .object(migration.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            -- file: tenant/2026-11-02-101500_orders/up.sql
            -- file: tenant/20261102101500_items/up.sql
        "), @"tenant/20261102101500_items:1:1 error: `20261102101500_items` has the version of `2026-11-02-101500_orders` []");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: tenant/1_orders/up.sql
            -- file: tenant/2_items/up.sql
            -- file: shared/1_users/up.sql
        ",
        );
    }
}
