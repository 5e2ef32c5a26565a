//! `non-transactional-multi-statement`

use crate::finding::Place;
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds migrations with `run_in_transaction = false` and more than one statement.
    ///
    /// ## Why is this bad?
    ///
    /// If the second statement fails, the first one stays, and the migration is not recorded: the next run begins with the
    /// first one again. And Diesel's own runner sends the file as one message, which PostgreSQL runs in a transaction of
    /// its own, so `CONCURRENTLY` is refused; this project's runner sends statement by statement.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY a_idx ON orders (a);
    /// CREATE INDEX CONCURRENTLY b_idx ON orders (b);
    /// ```
    ///
    /// ## Use instead
    ///
    /// A migration for each.
    "non-transactional-multi-statement": Warning, Hygiene, Check::Migration(check),
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    if at.migration.run_in_transaction {
        return;
    }
    for (script, _) in at.migration.scripts() {
        if let [first, second, ..] = &script.script.statements[..] {
            sink.report(
                Place::new(script.file, second.span.clone()),
                "a second statement in a migration that does not run in a transaction",
            )
            .label("if this fails, what stands above it is done and not recorded")
            .related(Place::new(script.file, first.span.clone()), "the first one")
            .help("give each statement a migration of its own")
            .object(at.migration.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const METADATA: &str = "\n-- file: tenant/1_a/metadata.toml\nrun_in_transaction = false";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("create index concurrently i on a (b);\nanalyze a;{METADATA}")), @"tenant/1_a/up.sql:2:1 warning: a second statement in a migration that does not run in a transaction [analyze a]");
    }

    #[test]
    fn stays_silent() {
        silent(&RULE, &format!("-- one\ncreate index concurrently i on a (b);{METADATA}"));
        silent(&RULE, "select 1; select 2;");
    }
}
