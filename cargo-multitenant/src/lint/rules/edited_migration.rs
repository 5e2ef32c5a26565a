//! `edited-migration`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::lock;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds migrations whose `up.sql` is not the one of `multitenant.lock`. Without that file nothing is final; see
    /// `cargo multitenant lock`.
    ///
    /// ## Why is this bad?
    ///
    /// Tenants that have it already keep what the old text made; new tenants get what the new one makes. The runner
    /// refuses schemas with an edited migration.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- 1_orders/up.sql, released last month
    /// CREATE TABLE orders (id bigint PRIMARY KEY, note text /* new */);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// -- 2_orders_note/up.sql
    /// ALTER TABLE orders ADD COLUMN note text;
    /// ```
    "edited-migration": Error, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let (Some(lock), Some(up)) = (&at.cx.project.lock, &at.migration.up) else { return };
    let (Some(was), Some(is)) = (lock.checksum(at.migration), lock::checksum(at.cx.project, at.migration)) else {
        return;
    };
    if was != is {
        sink.report(Place::new(up.file, 0..0), format!("`{}` was edited after it became final", at.migration.name))
            .help("restore it, and write what is new into a migration of its own")
            .object(at.migration.name.clone());
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::lock::Lock;
    use crate::lint::testing::{check, lint, silent};

    const TEXT: &str = "-- file: tenant/1_a/up.sql\nselect 1;\n";

    #[test]
    fn fires() {
        let lock = "-- file: multitenant.lock\ntenant 1 sha256:00\n";
        assert_snapshot!(check(&RULE, &format!("{TEXT}{lock}")), @"tenant/1_a/up.sql:1:1 error: `1_a` was edited after it became final []");
    }

    #[test]
    fn stays_silent() {
        let lock = Lock::of(&lint(&[], TEXT).0).text();
        silent(&RULE, &format!("{TEXT}-- file: multitenant.lock\n{lock}"));
        silent(&RULE, &format!("{TEXT}-- file: multitenant.lock\ntenant 0 sha256:00\n"));
        silent(&RULE, TEXT);
    }
}
