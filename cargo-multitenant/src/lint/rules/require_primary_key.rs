//! `require-primary-key`

use crate::lint::catalog::RelationKind;
use crate::lint::context::TableAt;
use crate::lint::rule::{Check, OptionDefault, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds tables without a primary key. Partitions, foreign tables, children of a table and hypertables of
    /// TimescaleDB are left alone.
    ///
    /// ## Why is this bad?
    ///
    /// Diesel's `table!` needs one, and so do logical replication and whoever must delete one of two equal rows.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE members (user_id bigint NOT NULL, team_id bigint NOT NULL);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE members (user_id bigint, team_id bigint, PRIMARY KEY (user_id, team_id));
    /// ```
    "require-primary-key": Error, Convention, Check::Table(check),
    options: ["exceptions" = OptionDefault::Texts(&[]) => "tables, with `*` and `?`, that need none"],
}

fn check(at: &TableAt<'_>, sink: &mut Sink<'_>) {
    let relation = at.relation;
    let is_another_s = at.is_part() || relation.parent.is_some() || relation.kind == RelationKind::ForeignTable;
    let may_have_one = relation.primary_key.is_some() || at.is_opaque();
    if is_another_s || may_have_one || is_hypertable(at) || sink.options().any_fits("exceptions", at.name) {
        return;
    }
    sink.report(at.place(), format!("the table `{}` has no primary key", at.name))
        .help("add one; two columns together will do")
        .object(at.name)
        .around(at.around());
}

/// Whether TimescaleDB makes a hypertable of it: those seldom have a key, and one must begin with the time.
fn is_hypertable(at: &TableAt<'_>) -> bool {
    let scripts = at.cx.project.migrations.iter().filter_map(|migration| migration.up.as_ref());
    let mut calls = scripts.flat_map(|up| &up.script.statements).flat_map(|statement| &statement.calls);
    calls.any(|call| {
        let table = call.arguments.first().and_then(Option::as_deref).unwrap_or_default();
        call.name.name() == "create_hypertable" && table.rsplit('.').next() == Some(at.name)
    })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::RULE;
    use crate::lint::testing::{check, silent};

    #[test]
    fn fires() {
        assert_snapshot!(check(&RULE, "
            create table a (id int unique);
            create table b (id int primary key);
            alter table b drop constraint b_pkey;
        "), @"
        tenant/1_a/up.sql:1:26 error: the table `a` has no primary key [a]
        tenant/1_a/up.sql:2:26 error: the table `b` has no primary key [b]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            create table a (id int primary key);
            create table b (x int, y int, primary key (x, y));
            create table c (id int); alter table c add primary key (id);
            create table d (id int, primary key (id)) partition by range (id);
            create table d1 partition of d for values from (1) to (2);
            create table e (like a including indexes);
            create table f as select 1;
            create temporary table g (id int);
            create unlogged table h (id int primary key);
            create table gone (id int); drop table gone;
            create unique index i on c (id);
            create table metrics (at timestamptz not null); select create_hypertable('public.metrics', 'at');
        ",
        );
    }
}
