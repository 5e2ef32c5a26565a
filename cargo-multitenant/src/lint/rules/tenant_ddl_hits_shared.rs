//! `tenant-ddl-hits-shared`

use crate::lint::catalog::{Home, Origin};
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Object, Role, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds tenants' migrations that change what the shared migrations have made: `ALTER`, `COMMENT`, `GRANT`, an index,
    /// a trigger or a policy on a shared table. It counts what the name means, with or without a schema.
    ///
    /// `DROP` and `IF EXISTS` are `tenant-drop-falls-through`'s.
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
    let changes = matches!(statement.verb, Verb::Create | Verb::Alter | Verb::Comment | Verb::Grant | Verb::Revoke);
    if !at.is_tenant() || !at.runs_now() || !changes || statement.flags.if_exists || statement.flags.temporary {
        return;
    }
    for object in &statement.objects {
        let is_target = match object.role {
            Role::On | Role::Partition => true,
            Role::Subject => statement.verb != Verb::Create || is_replaced(at, object),
            _ => false,
        };
        if let Some(origin) = is_target.then(|| shared(at, object)).flatten() {
            let what = match statement.verb {
                Verb::Create if object.role == Role::On => format!("{} is made on", statement.class.with_article()),
                Verb::Create => "is replaced:".to_owned(),
                Verb::Comment => "a comment is written on".to_owned(),
                Verb::Grant | Verb::Revoke => "privileges change on".to_owned(),
                _ => "this changes".to_owned(),
            };
            sink.report(
                at.place(object.name.span()),
                format!("{what} the shared {} `{}`, once for every tenant", object.class.noun(), object.name.name()),
            )
            .label(if object.name.schema.is_some() { "" } else { "the tenant's schema has none of this name" })
            .related(origin.place.clone(), "the shared one is made here")
            .help("do it in a shared migration")
            .object(object.name.name())
            .around(at.place(statement.span.clone()));
        }
    }
}

/// Whether CREATE OR REPLACE finds something to replace: only where the schema is named, or the path leads there.
fn is_replaced(at: &At<'_>, object: &Object) -> bool {
    at.statement.flags.or_replace && object.name.schema.is_some()
}

/// Where the shared object is made that the name means.
fn shared<'a>(at: &At<'a>, object: &Object) -> Option<&'a Origin> {
    if at.before.tenant.is_opaque && object.name.schema.is_none() {
        return None;
    }
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
    fn unknown_is_no_verdict() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table users (id int);
            -- file: tenant/1_a/up.sql
            do $$ begin execute 'create table ' || 'users ()'; end $$;
            alter table users add note text;
        ",
        );
    }
}
