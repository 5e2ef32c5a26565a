//! `tenant-ddl-hits-shared`

use crate::finding::Level;
use crate::lint::catalog::{Home, Origin};
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Detail, Object, Role, Statement, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds tenants' migrations that change what the shared migrations have made: `ALTER`, `COMMENT`, `GRANT`; an index,
    /// a trigger, a rule, a policy or statistics on a shared table, made or dropped; a partition or a child of a shared
    /// table. It counts what the name means, with or without a schema.
    ///
    /// `DROP`, `ALTER … IF EXISTS` and `TRUNCATE` of the shared thing itself are `tenant-drop-falls-through`'s.
    ///
    /// Behind SQL that is put together at run time it is a warning: that may have made a thing of the tenant's of this name.
    ///
    /// ## Why is this bad?
    ///
    /// A name that the tenant's schema does not have falls through to the shared schema. So the column or index lands in
    /// the shared table, with the first tenant; with the second the migration fails, since it is there already.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- `users` is a shared table
    /// ALTER TABLE users ADD COLUMN note text;
    /// ```
    ///
    /// ## Use instead
    ///
    /// The same statement in a shared migration.
    "tenant-ddl-hits-shared": Error, Isolation, Check::Statement(check),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    let statement = at.statement;
    if !at.is_tenant() || !at.runs_now() || statement.flags.temporary {
        return;
    }
    for object in statement.objects.iter().filter(|object| is_changed(at, object)) {
        let Some(origin) = shared(at, object) else { continue };
        let (shared, is_unsure) = (object.name.name(), object.name.schema.is_none() && at.before.tenant.is_opaque);
        let unless = if is_unsure { "unless dynamic SQL made one of the tenant's" } else { "once for every tenant" };
        let message = format!("{} the shared {} `{shared}`, {unless}", what(at, object), object.class.noun());
        let draft = sink
            .report(at.place(object.name.span()), message)
            .label(if object.name.schema.is_some() || is_unsure {
                ""
            } else {
                "the tenant's schema has none of this name"
            })
            .related(origin.place.clone(), "the shared one is made here")
            .help("do it in a shared migration")
            .object(shared)
            .around(at.place(statement.span.clone()));
        if is_unsure {
            draft.level(Level::Warning);
        }
    }
}

/// Whether the statement changes what this object is.
fn is_changed(at: &At<'_>, object: &Object) -> bool {
    let statement = at.statement;
    match (statement.verb, object.role) {
        (Verb::Create | Verb::Alter | Verb::Drop, Role::On) => true,
        (Verb::Create | Verb::Alter, Role::Partition) => true,
        (Verb::Create | Verb::Alter, Role::Parent) => !is_copied(statement, object),
        (Verb::Create, Role::Subject) => is_replaced(at, object),
        (Verb::Alter, Role::Subject) => !statement.flags.if_exists,
        (Verb::Comment | Verb::Grant | Verb::Revoke, Role::Subject | Role::On) => true,
        _ => false,
    }
}

/// What it does to it, as a sentence begins.
fn what(at: &At<'_>, object: &Object) -> String {
    let class = at.statement.class.with_article();
    match (at.statement.verb, object.role) {
        (_, Role::Parent) => "a tenant's table is made a part of".to_owned(),
        (Verb::Create, Role::On) => format!("{class} is made on"),
        (Verb::Drop, _) => format!("{class} is dropped from"),
        (Verb::Create, _) => "is replaced:".to_owned(),
        (Verb::Comment, _) => "a comment is written on".to_owned(),
        (Verb::Grant | Verb::Revoke, _) => "privileges change on".to_owned(),
        _ => "this changes".to_owned(),
    }
}

/// Whether the new table is only made like it.
fn is_copied(statement: &Statement, object: &Object) -> bool {
    let Detail::Table(definition) = &statement.detail else { return false };
    definition.likes.iter().any(|like| like.table == object.name)
}

/// Whether CREATE OR REPLACE finds something to replace: only where the schema is named, or the path leads there.
fn is_replaced(at: &At<'_>, object: &Object) -> bool {
    at.statement.flags.or_replace && object.name.schema.is_some()
}

/// Where the shared object is made that the name means.
fn shared<'a>(at: &At<'a>, object: &Object) -> Option<&'a Origin> {
    // What a tenant's migration has made there went astray: tenant-schema-qualified says so, where it happened.
    at.before
        .origin(object, at.tier())
        .filter(|(home, origin)| *home == Home::Shared && at.is_shared_migration_s(&origin.place))
        .map(|(_, origin)| origin)
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
            -- file: tenant/1_a/up.sql
            alter table users add note text;
            create index on users (id);
            alter type public.mood add value 'b';
            create trigger t after insert on users execute function f();
            comment on table users is 'x';
            do $$ begin alter table users drop note; end $$;
        "), @"
        tenant/1_a/up.sql:1:25 error: this changes the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:2:29 error: an index is made on the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:3:24 error: this changes the shared type `mood`, once for every tenant [public.mood]
        tenant/1_a/up.sql:4:46 error: a trigger is made on the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:5:30 error: a comment is written on the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:6:37 error: this changes the shared table `users`, once for every tenant [users]
        ");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table users (id int);
            create table plans (id int);
            -- file: tenant/1_a/up.sql
            create table users (id int, plan int references plans);
            alter table users add note text;
            insert into plans values (1);
            create function f() returns void language plpgsql as $$ begin alter table plans add x int; end $$;
        ",
        );
    }

    #[test]
    fn what_hangs_on_a_shared_table_is_dropped() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            drop trigger audit on users; drop trigger if exists audit on public.users;
            drop policy p on users;
            drop rule r on users;
            create statistics s on id, name from users;
            create table users (id int);
            drop trigger mine on users;
            -- file: tenant/1_a/down.sql
            drop table users;
            drop policy if exists p on users;
        "), @"
        tenant/1_a/down.sql:2:40 error: a policy is dropped from the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:1:35 error: a trigger is dropped from the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:1:74 error: a trigger is dropped from the shared table `users`, once for every tenant [public.users]
        tenant/1_a/up.sql:2:30 error: a policy is dropped from the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:3:28 error: a rule is dropped from the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:4:50 error: a statistics object is made on the shared table `users`, once for every tenant [users]
        ");
    }

    #[test]
    fn a_tenants_table_is_made_a_part_of_a_shared_one() {
        let shared = "-- file: shared/1_a/up.sql\ncreate table users (id int) partition by list (id);\n";
        assert_snapshot!(check(&RULE, &format!("{shared}
            -- file: tenant/1_a/up.sql
            create table u4 partition of users for values in (1);
            create table u3 (x int) inherits (users);
            create table orders (id int);
            alter table orders inherit users;
            alter table if exists orders inherit public.users;
        ")), @"
        tenant/1_a/up.sql:1:42 error: a tenant's table is made a part of the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:2:47 error: a tenant's table is made a part of the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:4:40 error: a tenant's table is made a part of the shared table `users`, once for every tenant [users]
        tenant/1_a/up.sql:5:50 error: a tenant's table is made a part of the shared table `users`, once for every tenant [public.users]
        ");
        silent(&RULE, &format!("{shared}-- file: tenant/1_a/up.sql\ncreate table orders (like users including all);"));
        silent(&RULE, &format!("{shared}-- file: tenant/1_a/up.sql\ncreate temporary table t () inherits (users);"));
    }

    #[test]
    fn behind_dynamic_sql_it_is_a_warning() {
        assert_snapshot!(check(&RULE, "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            do $$ begin execute 'create table ' || 'users ()'; end $$;
            alter table users add note text;
            create index on users (id);
            alter table public.users add other text;
            create table users (id int);
            alter table users add other text;
            alter table elsewhere add other text;
        "), @"
        tenant/1_a/up.sql:2:25 warning: this changes the shared table `users`, unless dynamic SQL made one of the tenant's [users]
        tenant/1_a/up.sql:3:29 warning: an index is made on the shared table `users`, unless dynamic SQL made one of the tenant's [users]
        tenant/1_a/up.sql:4:25 error: this changes the shared table `users`, once for every tenant [public.users]
        ");
    }
}
