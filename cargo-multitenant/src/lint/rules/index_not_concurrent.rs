//! `index-not-concurrent`

use crate::finding::Level;
use crate::lint::catalog::{Relation, RelationKind};
use crate::lint::context::At;
use crate::lint::project::Direction;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Name, Role, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds `CREATE INDEX` without `CONCURRENTLY` in `up.sql` on a table that an earlier migration has made. On tenants'
    /// tables it is only a note, for each of them is small beside a shared one.
    ///
    /// ## Why is this bad?
    ///
    /// Nothing can be written to the table until the index is built.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE INDEX plans_name ON plans (name);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// -- in a migration of its own, with run_in_transaction = false
    /// CREATE INDEX CONCURRENTLY plans_name ON plans (name);
    /// ```
    "index-not-concurrent": Warning, Safety, Check::Statement(check),
    squawk: ["require-concurrent-index-creation"],
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    let makes_index = statement.verb == Verb::Create && statement.class == Class::Index;
    if at.direction == Direction::Down || at.in_function || statement.flags.concurrently || !makes_index {
        return;
    }
    let Some(table) = statement.objects.iter().find(|object| object.role == Role::On) else { return };
    let Some(relation) = earlier(at, &table.name) else { return };
    let draft = sink
        .report(
            at.place(table.name.span()),
            format!("`{}` cannot be written to while this index is built", table.name.name()),
        )
        .related(relation.origin.place.clone(), "made by an earlier migration")
        .help("use CONCURRENTLY, in a migration of its own with run_in_transaction = false")
        .object(table.name.name())
        .around(at.place(statement.span.clone()));
    if at.is_tenant() {
        draft.level(Level::Info);
    }
}

fn earlier<'a>(at: &At<'a>, name: &Name) -> Option<&'a Relation> {
    let relation = at.before.relation(name, at.tier())?.entry;
    let has_rows = relation.kind.is_table() || relation.kind == RelationKind::MaterializedView;
    // An index on a partitioned table cannot be built concurrently.
    (has_rows && !relation.is_partitioned && !at.is_same_migration(&relation.origin.place)).then_some(relation)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create table plans (id int);
            -- file: shared/2_b/up.sql
            create index on plans (id);
            -- file: tenant/1_a/up.sql
            create table orders (id int);
            -- file: tenant/2_b/up.sql
            create unique index i on orders (id);
        "), @"
        shared/2_b/up.sql:1:29 warning: `plans` cannot be written to while this index is built [plans]
        tenant/2_b/up.sql:1:38 info: `orders` cannot be written to while this index is built [orders]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table orders (id int);
            create index on orders (id);
            -- file: tenant/2_b/up.sql
            create index concurrently i on orders (id);
            create index j on unknown (id);
            create table items (id int);
            create index k on items (id);
            -- file: tenant/2_b/down.sql
            create index l on orders (id);
        ",
        );
    }
}
