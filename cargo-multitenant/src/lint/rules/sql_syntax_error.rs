//! `sql-syntax-error`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds `up.sql` and `down.sql` files that PostgreSQL could not parse. What follows the first error of a file is not
    /// reported; the bodies of functions are not judged.
    ///
    /// ## Why is this bad?
    ///
    /// An `up.sql` that does not parse fails for every tenant. A `down.sql` that does not parse fails on the day when it is
    /// needed, and nobody has run it before.
    ///
    /// ## Example
    ///
    /// ```sql
    /// DROP TABLE orders
    /// DROP TABLE items;
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// DROP TABLE orders;
    /// DROP TABLE items;
    /// ```
    "sql-syntax-error": Error, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    for (script, _) in at.migration.scripts() {
        // A placeholder is no SQL either, and template-placeholder says so with better words.
        if let Some((span, message)) = script.script.errors.first()
            && script.script.placeholders.is_empty()
        {
            sink.report(Place::new(script.file, span.clone()), format!("this is no SQL: {message}"))
                .object(at.migration.name.clone());
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
            create table a (id int;
            -- file: tenant/1_a/down.sql
            drop table a
            drop table b;
        "), @"
        tenant/1_a/down.sql:2:13 error: this is no SQL: expected `,` [drop]
        tenant/1_a/up.sql:1:35 error: this is no SQL: expected `)` []
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table a (id int);
            do $$ begin this is no sql; end $$;
            create function f() returns int language sql as 'selec 1';
            -- file: tenant/1_a/down.sql
            drop table a
        ",
        );
    }
}
