//! `tenant-object-budget`

use std::collections::{BTreeMap, BTreeSet};

use multitenant_runtime::Tier;

use crate::finding::Place;
use crate::lint::catalog::{Catalog, Relation, RelationKind, Space};
use crate::lint::context::MigrationAt;
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Role, Statement, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds the migration from which on a tenant's schema holds more relations than the budget has, and migrations that
    /// touch too many in one transaction. Relations are tables, partitions, indexes, views and sequences, those of keys and
    /// of `serial` columns among them.
    ///
    /// ## Why is this bad?
    ///
    /// There are as many of each as there are tenants: 300 relations and 1,000 tenants are 300,000 files, rows in `pg_class`,
    /// and entries in every connection's caches. A transaction holds a lock for each relation that it touches until its end,
    /// and several tenants are migrated at once: with the usual `max_locks_per_transaction` there is room for 6,400 locks in
    /// the whole server, and then everybody's statements fail with "out of shared memory".
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE log_2026_01 PARTITION OF log FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    /// -- and so on until 2050, for each tenant
    /// ```
    ///
    /// ## Use instead
    ///
    /// One table for all tenants in the shared schema, fewer partitions, or fewer indexes; and several small migrations.
    "tenant-object-budget": Warning, Safety, Check::Migration(check),
    options: [
        "relations" = OptionDefault::Number(250) => "how many relations a tenant's schema may hold",
        "migration" = OptionDefault::Number(500) => "how many relations one migration may touch",
    ],
}

fn check(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    if at.migration.tier != Tier::Tenant {
        return;
    }
    total(at, sink);
    touched(at, sink);
}

/// Told once: where the budget is exceeded, if it still is in the end.
fn total(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let budget = sink.options().number("relations");
    let (before, after) = (at.before.tenant.size(), at.after.tenant.size());
    let in_the_end = at.cx.catalog.tenant.size();
    if before > budget || after <= budget || in_the_end <= budget {
        return;
    }
    let Some(place) = first_new(at) else { return };
    let draft = sink
        .report(
            place.clone(),
            format!("from here on a tenant's schema holds more than {budget} relations: {in_the_end} in the end"),
        )
        .help("make one table for all tenants in the shared schema, or fewer partitions and indexes")
        .object(at.migration.name.clone())
        .around(place);
    if let Some((name, count, place)) = largest(&at.cx.catalog.tenant) {
        draft.related(place, format!("`{name}` with what belongs to it: {count}"));
    }
}

fn touched(at: &MigrationAt<'_>, sink: &mut Sink<'_>) {
    let budget = sink.options().number("migration");
    // Where each statement is a transaction of its own, its locks go with it.
    let Some(up) = at.migration.up.as_ref().filter(|_| at.migration.run_in_transaction) else { return };
    let mut named = BTreeSet::new();
    up.script.statements.iter().for_each(|statement| names(statement, &mut named));
    let locked: usize = named.iter().map(|name| locks(name, at.before, at.after)).sum();
    if locked > budget {
        let span = up.script.statements.first().map_or(0..0, |first| first.span.clone());
        let draft = sink
            .report(Place::new(up.file, span), format!("this migration locks {locked} relations in one transaction"))
            .help("divide it into several migrations")
            .object(at.migration.name.clone());
        let last = up.script.statements.last().map(|last| Place::new(up.file, last.span.clone()));
        if let Some(last) = last {
            draft.related(last, "all locks are held until here");
        }
    }
}

/// The first relation that the migration makes.
fn first_new(at: &MigrationAt<'_>) -> Option<Place> {
    let up = at.migration.up.as_ref()?;
    let new = at.after.tenant.relations.values().map(|relation| &relation.origin.place);
    new.filter(|place| place.file == up.file).min_by_key(|place| place.span.start).cloned()
}

/// The table that takes the most, its partitions and indexes counted with it.
fn largest(space: &Space) -> Option<(&str, usize, Place)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (name, relation) in space.relations.iter() {
        let table = match &relation.kind {
            RelationKind::Index(index) => index.table.as_str(),
            _ => name.as_str(),
        };
        let parent = space.relations.get(table).and_then(|table| table.parent.as_deref());
        *counts.entry(parent.unwrap_or(table)).or_default() += 1 + relation.unnamed();
    }
    let (name, count) = counts.into_iter().max_by_key(|(_, count)| *count)?;
    let relation = space.relations.get(name)?;
    Some((name, count, relation.origin.place.clone()))
}

/// What a statement locks when the migration runs.
fn names<'a>(statement: &'a Statement, named: &mut BTreeSet<&'a str>) {
    let is_locked = |role| !matches!(role, Role::NewName | Role::TypeUse | Role::Call | Role::Mention);
    let objects = statement.objects.iter().filter(|object| object.class.is_relation() && is_locked(object.role));
    named.extend(objects.map(|object| object.name.name()));
    if statement.runs_its_body() || statement.verb == Verb::Control {
        statement.nested.iter().for_each(|inner| names(inner, named));
    }
}

/// A table that is made or dropped is locked with all that belongs to it.
fn locks(name: &str, before: &Catalog, after: &Catalog) -> usize {
    let (old, new) = (before.tenant.relations.get(name), after.tenant.relations.get(name));
    let with_all = |relation: &Relation, space: &Space| {
        let is_table = relation.kind.is_table();
        // Indexes that the migration names itself count where they are named.
        let indexes = if is_table && old.is_some() { space.indexes(name).count() } else { 0 };
        1 + relation.unnamed() + indexes
    };
    match (old, new) {
        (Some(old), None) => with_all(old, &before.tenant),
        (None, Some(new)) => with_all(new, &after.tenant),
        // A table that is read, written or changed is locked with its indexes mostly, but not always.
        (Some(_), Some(_)) => 1,
        (None, None) => 0,
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    const BUDGET: &str = "
        -- file: multitenant.toml
        [lint.rules]
        tenant-object-budget = [\"warn\", { relations = 6, migration = 6 }]
    ";

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, &format!("
            -- file: tenant/1_a/up.sql
            create table a (id serial primary key);
            create index on a (id);
            -- file: tenant/2_b/up.sql
            insert into a values (1);
            create table log (at date) partition by range (at);
            create table log_1 partition of log for values from ('2026-01-01') to ('2026-02-01');
            -- file: tenant/3_c/up.sql
            create view v as select 1;
            {BUDGET}")), @"tenant/3_c/up.sql:1:25 warning: from here on a tenant's schema holds more than 6 relations: 7 in the end [v]");
        assert_snapshot!(check(&RULE, &format!("
            -- file: tenant/1_a/up.sql
            create table a (id serial primary key, x int unique, y int unique, z int unique);
            create index i on a (x);
            -- file: tenant/2_b/up.sql
            update a set x = 1;
            drop table a;
            {BUDGET}")), @"
        tenant/1_a/up.sql:1:13 warning: this migration locks 7 relations in one transaction [create table a (id serial primary key, x int unique, y int unique, z int unique)]
        tenant/2_b/up.sql:1:13 warning: this migration locks 7 relations in one transaction [update a set x = 1]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            &format!(
                "
            -- file: shared/1_a/up.sql
            create table p (id serial primary key, a int unique, b int unique, c int unique, d int unique);
            -- file: tenant/1_a/up.sql
            create table a (id serial primary key);
            -- file: tenant/2_b/up.sql
            create table b (id serial primary key);
            create table c (id serial primary key);
            -- file: tenant/3_c/up.sql
            drop table b; drop table c;
            -- file: tenant/4_d/metadata.toml
            run_in_transaction = false
            -- file: tenant/4_d/up.sql
            create table d (id int); drop table d; create table e (id int); select 1 from a, a b, a c;
            {BUDGET}"
            ),
        );
        silent(&RULE, "create table a (id serial primary key);");
    }
}
