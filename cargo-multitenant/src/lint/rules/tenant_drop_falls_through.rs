//! `tenant-drop-falls-through`

use multitenant_runtime::Tier;

use crate::finding::Level;
use crate::lint::catalog::Home;
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Object, Role, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds `DROP`, `TRUNCATE` and `ALTER … IF EXISTS` in tenants' migrations, `up.sql` and `down.sql`, whose name the
    /// tenant's schema does not hold at that point, so that the shared schema's object of the name is meant.
    ///
    /// Where there are no shared migrations, or they cannot be followed, `IF EXISTS` before the tenants' migrations make the
    /// thing is a warning: the shared schema may hold one of that name, from the time when there was one schema.
    ///
    /// It is a warning, too, behind SQL that is put together at run time: that may have made a thing of the tenant's of this
    /// name.
    ///
    /// ## Why is this bad?
    ///
    /// `DROP TABLE IF EXISTS users` looks harmless. If the tenant's schema has no `users`, the name falls through, and the
    /// table of all tenants is dropped.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- down.sql of a tenant's migration; `users` is shared
    /// DROP TABLE IF EXISTS users;
    /// ```
    ///
    /// ## Use instead
    ///
    /// Drop what the tenant's migrations have made, and nothing else. To drop something shared, write a shared migration.
    "tenant-drop-falls-through": Error, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if !at.is_tenant() || !at.runs_now() {
        return;
    }
    let role = match statement.verb {
        Verb::Drop => Role::Subject,
        Verb::Alter if statement.flags.if_exists => Role::Subject,
        Verb::Truncate => Role::Write,
        _ => return,
    };
    for object in statement.objects.iter().filter(|object| object.role == role) {
        check_object(at, object, sink);
    }
}

fn check_object(at: &At<'_>, object: &Object, sink: &mut Sink<'_>) {
    let (name, statement) = (&object.name, at.statement);
    let is_mine = match object.class {
        Class::Type | Class::Domain => at.before.tenant.types.contains_key(name.name()),
        Class::Routine => at.before.tenant.routines.contains_key(name.name()),
        class if class.is_relation() => at.before.tenant.relations.contains_key(name.name()),
        _ => return,
    };
    if is_mine && name.schema.is_none() {
        return;
    }
    let is_unsure = at.before.tenant.is_opaque && name.schema.is_none();
    let shared = at.before.origin(object, at.tier());
    // What a tenant's migration has made there went astray: tenant-schema-qualified says so, where it happened.
    if shared.is_some_and(|(_, origin)| !at.is_shared_migration_s(&origin.place)) {
        return;
    }
    let (verb, noun) = (if statement.verb == Verb::Drop { "drops" } else { "changes" }, object.class.noun());
    let around = at.place(statement.span.clone());
    match shared.filter(|(home, _)| *home == Home::Shared) {
        Some((_, origin)) => {
            let unless = if is_unsure { ", unless dynamic SQL made one of the tenant's" } else { "" };
            let message = format!("a tenant's migration {verb} the shared {noun} `{}`{unless}", name.name());
            let is_told = name.schema.is_some() || is_unsure;
            let draft = sink
                .report(at.place(name.span()), message)
                .label(if is_told { "" } else { "the tenant's schema holds none of this name here" })
                .related(origin.place.clone(), "the shared one is made here")
                .help("do it in a shared migration, or name what the tenant's migrations have made")
                .object(name.name())
                .around(around);
            if is_unsure {
                draft.level(Level::Warning);
            }
        }
        None if is_unsure => {}
        // An index that went with its table a line above is nobody else's.
        None if statement.flags.if_exists
            && name.schema.is_none()
            && !was_mine(at, object)
            && may_be_anybodys(at, object) =>
        {
            let message = format!(
                "the tenant's schema holds no {noun} `{}` here: the name is looked for in the shared schema",
                name.name()
            );
            sink.report(at.place(name.span()), message)
                .label("nothing, or somebody else's")
                .help("name what the tenant's migrations have made, or remove the statement")
                .object(name.name())
                .around(around)
                .level(Level::Warning);
        }
        None => {}
    }
}

/// Whether the shared schema may hold something of the name that nobody here knows of. Where there are shared migrations
/// they say what it holds. Where there are none, a name that the tenants' migrations make may be there from the time when
/// there was one schema.
fn may_be_anybodys(at: &At<'_>, object: &Object) -> bool {
    if at.before.shared.is_opaque {
        return true;
    }
    let has_shared = at.cx.project.migrations.iter().any(|migration| migration.tier == Tier::Shared);
    !has_shared && at.cx.catalog.origin(object, at.tier()).is_some()
}

/// Whether the tenant's schema held it when the script began.
fn was_mine(at: &At<'_>, object: &Object) -> bool {
    let origin = at.at_start.origin(object, at.tier());
    origin.is_some_and(|(_, origin)| !at.is_shared_migration_s(&origin.place))
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
            create table plans (id int);
            create type mood as enum ('a');
            create function f() returns int language sql as 'select 1';
            -- file: tenant/1_a/up.sql
            create table orders (id int);
            create table plans (id int);
            drop table if exists orders, plans;
            truncate users;
            drop function f;
            drop table if exists plans;
            -- file: tenant/1_a/down.sql
            drop table if exists orders;
            drop type if exists mood;
            alter table if exists users add x int;
        "), @"
        tenant/1_a/down.sql:2:33 error: a tenant's migration drops the shared type `mood` [mood]
        tenant/1_a/down.sql:3:35 error: a tenant's migration changes the shared table `users` [users]
        tenant/1_a/up.sql:4:22 error: a tenant's migration changes the shared table `users` [users]
        tenant/1_a/up.sql:5:27 error: a tenant's migration drops the shared function `f` [f]
        tenant/1_a/up.sql:6:34 error: a tenant's migration drops the shared table `plans` [plans]
        ");
    }

    #[test]
    fn what_the_shared_schema_holds_may_be_unknown() {
        let again = "drop table if exists orders; create table orders (id int); drop table if exists never_was;";
        assert_snapshot!(check(&RULE, again), @"tenant/1_a/up.sql:1:22 warning: the tenant's schema holds no table `orders` here: the name is looked for in the shared schema [orders]");
        silent(&RULE, &format!("{again}\n-- file: shared/1_a/up.sql\ncreate table users (id int);"));
        let dynamic = "do $$ begin execute x; end $$;";
        assert!(!check(&RULE, &format!("{again}\n-- file: shared/1_a/up.sql\n{dynamic}")).is_empty());
    }

    #[test]
    fn behind_dynamic_sql_it_is_a_warning() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            do $$ declare n text; begin execute 'create table ' || n || '(id int)'; end $$;
            drop table if exists users, elsewhere;
            truncate public.users;
        "), @"tenant/1_a/up.sql:2:34 warning: a tenant's migration drops the shared table `users`, unless dynamic SQL made one of the tenant's [users]");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            create table orders (id int);
            create index i on orders (id);
            create index j on orders (id);
            create view v as select 1;
            create type mood as enum ('a');
            alter table if exists orders add x int;
            drop index i;
            -- file: tenant/1_a/down.sql
            drop view v;
            drop table if exists orders;
            drop index if exists j;
            drop type if exists mood;
            drop table never_was;
        ",
        );
    }
}
