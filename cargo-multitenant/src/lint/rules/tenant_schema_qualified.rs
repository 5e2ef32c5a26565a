//! `tenant-schema-qualified`

use super::cross_tenant_reference::is_tenant_s;
use crate::lint::catalog::Home;
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Object, Role};

rule! {
    /// ## What it does
    ///
    /// Finds names with a schema in tenants' migrations.
    ///
    /// A name in `pg_catalog` or `information_schema` is fine, and so is one that the shared migrations make, where it
    /// is only referred to. Names of extensions are fine in the shared schema, if a shared migration makes an extension,
    /// and in the schemas of `lint.extension_schemas`.
    ///
    /// ## Why is this bad?
    ///
    /// A tenant's migration runs once for every tenant, each time with that tenant's schema first in `search_path`.
    /// A name with a schema leaves the tenant's: the first tenant's run makes the table in `public`, the second one's
    /// fails because it exists, or worse, changes it once more.
    ///
    /// ## Example
    ///
    /// ```sql
    /// CREATE TABLE public.orders (id bigint PRIMARY KEY);
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE orders (id bigint PRIMARY KEY);
    /// ```
    "tenant-schema-qualified": Error, Isolation, Check::Statement(check),
}

const SYSTEM: [&str; 3] = ["pg_catalog", "information_schema", "pg_temp"];

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    if !at.is_tenant() {
        return;
    }
    for object in &at.statement.objects {
        check_object(at, object, sink);
    }
}

fn check_object(at: &At<'_>, object: &Object, sink: &mut Sink<'_>) {
    let name = &object.name;
    let schema = match (object.class, &name.schema) {
        // A statement about a schema is global-object-in-tenant's.
        (Class::Schema, _) if object.role == Role::Subject => return,
        (Class::Schema, _) => &name.name,
        (_, Some(schema)) => schema,
        (_, None) => return,
    };
    if is_allowed(at, object, &schema.text) {
        return;
    }
    let place = at.place(schema.span.clone());
    let message = if object.class == Class::Schema {
        format!("a tenant's migration names the schema `{}`", schema.text)
    } else {
        format!("a tenant's migration names the {} `{}` with its schema", object.class.noun(), name.shown())
    };
    let finding = sink
        .report(place, message)
        .label("it is the same one for every tenant")
        .object(name.shown())
        .around(at.place(at.statement.span.clone()));
    let dotted = at.text(schema.span.end..schema.span.end + 1) == ".";
    let may_be_an_extensions = matches!(object.role, Role::Call | Role::TypeUse)
        && at.before.home_of(&schema.text) == Home::Other
        && !at.cx.catalog.others.contains_key(&schema.text);
    if may_be_an_extensions {
        finding.help(format!(
            "if an extension has its things in `{}`, name it in lint.extension_schemas; else leave it out",
            schema.text
        ));
    } else if object.class != Class::Schema && dotted {
        finding
            .help("leave the schema out: the tenant's is first in search_path")
            .fix(at.place(schema.span.start..name.name.span.start), "");
    }
}

fn is_allowed(at: &At<'_>, object: &Object, schema: &str) -> bool {
    // One tenant's is cross-tenant-reference's.
    if SYSTEM.contains(&schema) || schema.starts_with("pg_toast") || is_tenant_s(at.cx, schema) {
        return true;
    }
    let makes = object.role == Role::Subject && at.statement.verb == crate::lint::sql::Verb::Create;
    if makes || object.class == Class::Schema {
        return false;
    }
    let is_extension_s = at.cx.extension_schemas.iter().any(|known| known == schema)
        || at.cx.catalog.extension_schemas.iter().any(|known| known == schema);
    let may_be_extension_s = matches!(object.role, Role::Call | Role::TypeUse)
        || matches!(object.class, Class::OperatorFamily | Class::Collation);
    if is_extension_s && may_be_extension_s {
        return true;
    }
    // What is shared is rightly named with its schema; what a tenant's migration does to it, other rules judge.
    at.before.home_of(schema) == Home::Shared && is_shared(at, object)
}

fn is_shared(at: &At<'_>, object: &Object) -> bool {
    let (name, tier) = (&object.name, at.tier());
    // Not by a tenant's that went astray.
    let by_shared = |place: &crate::finding::Place| at.is_shared_migration_s(place);
    match object.class {
        Class::Type | Class::Domain => {
            let relation = at.before.relation(name, tier).map(|found| &found.entry.origin.place);
            at.before.type_entry(name, tier).map(|found| &found.entry.origin.place).or(relation).is_some_and(by_shared)
        }
        Class::Routine => at.before.routine(name, tier).is_some_and(|found| by_shared(&found.entry.origin.place)),
        _ => at.before.relation(name, tier).is_some_and(|found| by_shared(&found.entry.origin.place)),
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
            create table public.orders (id int, mood public.mood, u int references other.users);
            create index i on public.orders (id);
            select public.f(1), public.orders.id from public.orders;
            alter table orders set schema public;
            do $$ begin drop table app.x; end $$;
            create function f() returns int language sql as 'select id from public.orders';
        "), @"
        tenant/1_a/up.sql:1:26 error: a tenant's migration names the table `public.orders` with its schema [public]
        tenant/1_a/up.sql:1:54 error: a tenant's migration names the type `public.mood` with its schema [public]
        tenant/1_a/up.sql:1:84 error: a tenant's migration names the table `other.users` with its schema [other]
        tenant/1_a/up.sql:2:31 error: a tenant's migration names the table `public.orders` with its schema [public]
        tenant/1_a/up.sql:3:20 error: a tenant's migration names the function `public.f` with its schema [public]
        tenant/1_a/up.sql:3:33 error: a tenant's migration names the table `public.orders` with its schema [public]
        tenant/1_a/up.sql:3:55 error: a tenant's migration names the table `public.orders` with its schema [public]
        tenant/1_a/up.sql:4:43 error: a tenant's migration names the schema `public` [public]
        tenant/1_a/up.sql:5:36 error: a tenant's migration names the table `app.x` with its schema [app]
        tenant/1_a/up.sql:6:77 error: a tenant's migration names the table `public.orders` with its schema [public]
        ");
    }

    #[test]
    fn an_extensions_schema_is_not_simply_left_out() {
        use crate::lint::testing::{lint, rule};
        let fixes = |text: &str| {
            let (_, linted) = lint(&[rule("tenant-schema-qualified")], text);
            linted.findings.iter().map(|finding| finding.fix.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(fixes("select cron.schedule('x', '0 0 * * *', 'select 1');"), [false]);
        assert_eq!(fixes("select public.f(1);"), [true]);
        assert_eq!(
            fixes("-- file: shared/1_a/up.sql\ncreate table app.t ();\n-- file: tenant/1_a/up.sql\nselect app.f(1);"),
            [true]
        );
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table users (id int primary key);
            create type mood as enum ('a');
            create extension citext;
            -- file: tenant/1_a/up.sql
            create table orders (id int, u int references public.users, mood public.mood, e public.citext);
            create table log (id extensions.uuid default extensions.gen());
            insert into orders select 1 from pg_catalog.pg_class, information_schema.tables;
            select 1 from tenant_acme.orders;
            select orders.id from orders, public.users where pg_catalog.now() is null;
        ",
        );
    }

    #[test]
    fn shared_migrations_may() {
        silent(&RULE, "-- file: shared/1_a/up.sql\ncreate table public.users (id int);");
    }
}
