//! `non-transactional-in-transaction`

use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{ChangeKind, Class, Detail, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds statements that PostgreSQL refuses in a transaction, in migrations that run in one: `CREATE`, `DROP` and
    /// `REINDEX … CONCURRENTLY`, `DETACH PARTITION … CONCURRENTLY`, `VACUUM`, `ALTER SYSTEM`, and those that make or drop
    /// databases and tablespaces. `REFRESH MATERIALIZED VIEW CONCURRENTLY` is fine.
    ///
    /// ## Why is this bad?
    ///
    /// The migration fails, for every tenant.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY orders_at ON orders (at);
    /// ```
    ///
    /// ## Use instead
    ///
    /// The same, in a migration of its own with a `metadata.toml`:
    ///
    /// ```toml
    /// run_in_transaction = false
    /// ```
    "non-transactional-in-transaction": Error, Hygiene, Check::Statement(check),
    squawk: ["ban-concurrent-index-creation-in-transaction"],
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if !at.migration.run_in_transaction || at.in_function {
        return;
    }
    let concurrently = statement.flags.concurrently;
    let refused = match (statement.verb, statement.class) {
        (Verb::Create | Verb::Drop, Class::Index) | (Verb::Reindex, _) => concurrently || reindexes_all(at),
        (Verb::Alter, Class::Table) => {
            matches!(&statement.detail, Detail::Changes(changes) if changes.iter().any(|change| matches!(&change.kind, ChangeKind::DetachPartition { concurrently: true, .. })))
        }
        (Verb::Vacuum, _) | (Verb::Alter, Class::System) => true,
        (Verb::Create | Verb::Drop, Class::Database | Class::Tablespace) => true,
        _ => false,
    };
    if refused {
        let draft = sink
            .report(
                at.place(statement.span.clone()),
                "PostgreSQL refuses this in a transaction, and the migration runs in one",
            )
            .help("write `run_in_transaction = false` into a metadata.toml beside it, with this as the only statement")
            .object(statement.subject().map_or_else(String::new, |subject| subject.name.shown()));
        // Where there are others they would no longer be done or undone together.
        let is_alone = at.migration.scripts().all(|(script, _)| script.script.statements.len() < 2);
        if let Some(edit) = at.migration.out_of_transaction.as_ref().filter(|_| is_alone && !at.in_block) {
            draft.fix(edit.place.clone(), edit.text.clone());
        }
    }
}

/// REINDEX of more than an index or a table.
fn reindexes_all(at: &At<'_>) -> bool {
    let words = at.text(at.statement.span.clone()).split_whitespace();
    at.statement.verb == Verb::Reindex
        && words.take(3).any(|word| ["schema", "database", "system"].contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const ALL: &str = "
        create index concurrently i on a (id);
        drop index concurrently i;
        reindex index concurrently i;
        reindex (concurrently) table a;
        reindex schema public;
        alter table a detach partition b concurrently;
        vacuum a;
        alter system set work_mem = '1MB';
        create database d;
    ";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, ALL), @"
        tenant/1_a/up.sql:1:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [create index concurrently i on a (id)]
        tenant/1_a/up.sql:2:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [drop index concurrently i]
        tenant/1_a/up.sql:3:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [reindex index concurrently i]
        tenant/1_a/up.sql:4:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [reindex (concurrently) table a]
        tenant/1_a/up.sql:5:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [reindex schema public]
        tenant/1_a/up.sql:6:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [alter table a detach partition b concurrently]
        tenant/1_a/up.sql:7:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [vacuum a]
        tenant/1_a/up.sql:8:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [alter system set work_mem = '1MB']
        tenant/1_a/up.sql:9:9 error: PostgreSQL refuses this in a transaction, and the migration runs in one [create]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, &format!("{ALL}\n-- file: tenant/1_a/metadata.toml\nrun_in_transaction = false\n"));
        silent(
            &RULE,
            "
            create index i on a (id);
            reindex table a;
            refresh materialized view concurrently v;
            alter table a detach partition b;
            analyze a;
        ",
        );
    }
}
