//! `tenant-shadows-shared`

use std::sync::Arc;

use crate::lint::catalog::{Entries, Origin, RoutineEntry};
use crate::lint::context::Context;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;

rule! {
    /// ## What it does
    ///
    /// Finds tables, views, sequences, indexes, types and functions of one name in the shared schema and in the tenants'.
    /// Functions that are the same, word for word, are fine; so are Diesel's own.
    ///
    /// ## Why is this bad?
    ///
    /// `users` without a schema then means the tenant's table where there is a tenant, and the shared one where there is
    /// none: in a job, a report, a migration that failed half way. Nothing fails, the rows are only somebody else's.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- shared
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// -- tenant
    /// CREATE TABLE users (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// Two names, such as `accounts` for the shared table and `users` for the tenants'.
    "tenant-shadows-shared": Error, Isolation, Check::Project(check),
}

fn check(cx: &Context<'_>, sink: &mut Sink<'_>) {
    let (shared, tenant) = (&cx.catalog.shared, &cx.catalog.tenant);
    // What a tenant's migration makes in the shared schema went astray: tenant-schema-qualified says so.
    let is_shared = |theirs: &Origin| cx.is_shared_migration_s(&theirs.place);
    for (name, mine) in tenant.relations.iter() {
        if let Some(theirs) = shared.relations.get(name).filter(|theirs| is_shared(&theirs.origin)) {
            report(name, mine.kind.noun(), mine.named_at(), theirs.named_at(), sink);
        }
    }
    for (name, mine, theirs) in both(&tenant.types, &shared.types).filter(|(_, _, theirs)| is_shared(&theirs.origin)) {
        report(name, "type", &mine.origin, &theirs.origin, sink);
    }
    for (name, mine, theirs) in both(&tenant.routines, &shared.routines) {
        if is_shared(&theirs.origin) && !is_same(name, mine, theirs) {
            report(name, "function", &mine.origin, &theirs.origin, sink);
        }
    }
}

fn both<'a, T>(
    mine: &'a Entries<T>,
    theirs: &'a Entries<T>,
) -> impl Iterator<Item = (&'a str, &'a Arc<T>, &'a Arc<T>)> {
    mine.iter().filter_map(|(name, mine)| Some((name.as_str(), mine, theirs.get(name)?)))
}

fn is_same(name: &str, mine: &RoutineEntry, theirs: &RoutineEntry) -> bool {
    name.starts_with("diesel_") || mine.text == theirs.text
}

fn report(name: &str, noun: &str, mine: &Origin, theirs: &Origin, sink: &mut Sink<'_>) {
    sink.report(mine.place.clone(), format!("the tenants' {noun} `{name}` has the name of a shared one"))
        .label("without a schema, the name means this one for a tenant, and the other one else")
        .related(theirs.place.clone(), "the shared one is made here")
        .help("rename one of them")
        .object(name)
        .around(mine.around.clone());
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
            create table users (id int);
            create type mood as enum ('a');
            create function f() returns int language sql as 'select 1';
            -- file: tenant/1_a/up.sql
            create view users as select 1;
            create type mood as enum ('a');
            create function f() returns int language sql as 'select 2';
        "), @"
        tenant/1_a/up.sql:1:25 error: the tenants' view `users` has the name of a shared one [users]
        tenant/1_a/up.sql:2:25 error: the tenants' type `mood` has the name of a shared one [mood]
        tenant/1_a/up.sql:3:29 error: the tenants' function `f` has the name of a shared one [f]
        ");
    }

    #[test]
    fn a_new_name_is_told_where_it_is_given() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create table users (id int);
            create type mood as enum ('a');
            -- file: tenant/1_a/up.sql
            create table orders (id int);
            create type state as enum ('a');
            -- file: tenant/2_b/up.sql
            alter table orders rename to users;
            alter type state rename to mood;
        "), @"
        tenant/2_b/up.sql:1:42 error: the tenants' table `users` has the name of a shared one [users]
        tenant/2_b/up.sql:2:40 error: the tenants' type `mood` has the name of a shared one [mood]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table accounts (id int);
            create table moved (id int);
            create function touch() returns int language sql as 'select 1';
            create function diesel_manage_updated_at(x regclass) returns void language sql as 'select 1';
            alter table moved rename to kept;
            -- file: tenant/1_a/up.sql
            create function astray() returns int language sql as 'select 1';
            create table public.astray_too (id int); create table astray_too (id int);
            create or replace function public.astray() returns int language sql as 'select 2';
            create table users (id int);
            create table moved (id int);
            create function touch() returns int language sql as  'select 1';
            create function diesel_manage_updated_at(x regclass) returns void language sql as 'select 2';
        ",
        );
    }
}
