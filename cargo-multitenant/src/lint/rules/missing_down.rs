//! `missing-down`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds migrations without `down.sql`, unless a comment in `up.sql` says `-- irreversible: reason`.
    ///
    /// ## Why is this bad?
    ///
    /// When a migration goes wrong for one tenant of many, that tenant is rolled back, and the others are not. Without a
    /// `down.sql` there is no way back but a backup.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- up.sql, and no down.sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// -- down.sql
    /// DROP TABLE orders;
    /// ```
    "missing-down": Warning, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let Some(up) = at.migration.up.as_ref().filter(|_| at.migration.down.is_none()) else { return };
    if !up.script.statements.is_empty() && !up.script.says_irreversible() {
        sink.report(Place::new(up.file, 0..0), format!("the migration `{}` has no down.sql", at.migration.name))
            .help("write what undoes it, or `-- irreversible: reason` into up.sql")
            .object(at.migration.name.clone());
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "create table a (id int);"), @"tenant/1_a/up.sql:1:1 warning: the migration `1_a` has no down.sql []");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "-- irreversible: the rows are gone\ndelete from a;");
        silent(&RULE, "create table a (id int);\n-- file: tenant/1_a/down.sql\ndrop table a;");
        silent(&RULE, "-- nothing yet");
    }
}
