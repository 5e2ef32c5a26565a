//! `empty-down`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Class, Detail, Role, Statement, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds `down.sql` files that hold no statement, or nothing but a `SELECT` of no table, unless a comment in either
    /// file says `-- irreversible: reason`. A migration that only adds values to enums `IF NOT EXISTS` needs no way back.
    ///
    /// ## Why is this bad?
    ///
    /// A rollback then records that the migration is not applied, while all of it is still there. The next run applies it
    /// again and fails.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- This file should undo anything in `up.sql`
    /// SELECT 1;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// DROP TABLE orders;
    /// ```
    "empty-down": Warning, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let (Some(up), Some(down)) = (&at.migration.up, &at.migration.down) else { return };
    let source = &at.cx.project.sources.get(up.file).text;
    let does_something =
        up.script.statements.iter().any(|statement| !is_idle(statement) && !is_for_good(statement, source));
    let is_empty = down.script.errors.is_empty() && down.script.statements.iter().all(is_idle);
    let is_meant = up.script.says_irreversible() || down.script.says_irreversible();
    if does_something && is_empty && !is_meant {
        let text = &at.cx.project.sources.get(down.file).text;
        sink.report(Place::new(down.file, 0..text.trim_end().len()), "this down.sql undoes nothing")
            .help("write what undoes up.sql, or `-- irreversible: reason`")
            .object(at.migration.name.clone());
    }
}

/// Whether nothing can undo it, and nothing must: a value of an enum cannot be taken out, and with `IF NOT EXISTS` it is
/// no error to add it again.
fn is_for_good(statement: &Statement, source: &str) -> bool {
    let Detail::Changes(changes) = &statement.detail else { return false };
    let words = source.get(statement.span.clone()).unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    words.to_lowercase().contains("if not exists")
        && statement.class == Class::Type
        && changes.iter().all(|change| matches!(change.kind, ChangeKind::AddValue { .. }))
}

fn is_idle(statement: &Statement) -> bool {
    statement.verb == Verb::Select && !statement.objects.iter().any(|o| matches!(o.role, Role::Read | Role::Call))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        let up = "create table a (id int);\n-- file: tenant/1_a/down.sql\n";
        assert_snapshot!(check(&RULE, &format!("{up}-- This file should undo anything\n")), @"tenant/1_a/down.sql:1:1 warning: this down.sql undoes nothing [-- This file should undo anything]");
        assert_snapshot!(check(&RULE, &format!("{up}SELECT 1;")), @"tenant/1_a/down.sql:1:1 warning: this down.sql undoes nothing [SELECT 1;]");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, "create table a (id int);\n-- file: tenant/1_a/down.sql\ndrop table a;");
        silent(&RULE, "delete from a;\n-- file: tenant/1_a/down.sql\n-- irreversible: rows are gone");
        silent(&RULE, "select 1;\n-- file: tenant/1_a/down.sql\nselect 1;");
        silent(&RULE, "alter type mood add value if not exists 'b';\n-- file: tenant/1_a/down.sql\nselect 1;");
        silent(&RULE, "select f();\n-- file: tenant/1_a/down.sql\nselect g();");
    }
}
