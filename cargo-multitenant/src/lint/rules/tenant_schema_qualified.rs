//! `tenant-schema-qualified`

use super::cross_tenant_reference::is_tenant_s;
use crate::lint::catalog::Home;
use crate::lint::context::At;
use crate::lint::rule::{Check, rule};
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Name, Object, Role, Statement, servers_types, words};

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

const LEAVE_OUT: &str = "leave the schema out: the tenant's is first in search_path";

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
        match doubt(at, object) {
            Some(Doubt::Servers) => finding.help(format!(
                "without its schema `{}` is PostgreSQL's own: give it another name, and leave the schema out",
                name.name()
            )),
            Some(Doubt::Several) => finding.help(format!(
                "`{}` without its schema is another thing here: see which one is meant, and leave the schema out",
                name.name()
            )),
            Some(Doubt::Unknown) => finding.help(LEAVE_OUT),
            None => finding.help(LEAVE_OUT).fix(at.place(schema.span.start..name.name.span.start), ""),
        };
    }
}

/// Why it is not certain that a name means the same without its schema.
enum Doubt {
    /// It is a word of the language, or something in `pg_catalog`, which is searched first.
    Servers,
    /// The statement means something else by it.
    Several,
    /// It is only referred to, and may be somewhere else, or nowhere.
    Unknown,
}

fn doubt(at: &At<'_>, object: &Object) -> Option<Doubt> {
    let name = &object.name;
    let is_quoted = at.text(name.name.span.clone()).starts_with('"');
    let is_type = matches!(object.class, Class::Type | Class::Domain);
    let is_servers_type = is_type && servers_types::is_servers_type(name.name());
    if (!is_quoted && words::is_keyword(name.name())) || is_servers_type || name.name().starts_with("pg_") {
        return Some(Doubt::Servers);
    }
    let is_other = |other: &Object| other.name.name() == name.name() && other.name.schema() != name.schema();
    let is_temporary = |statement: &Statement| {
        statement.is_temporary() && statement.subjects().any(|subject| subject.name.name() == name.name())
    };
    let rows = matches!(object.role, Role::Read | Role::Write);
    if at.statement.objects.iter().any(is_other)
        || at.script.statements.iter().any(is_temporary)
        || (rows && has_loose(at, name.name()))
    {
        return Some(Doubt::Several);
    }
    let bare = Name { schema: None, name: name.name.clone() };
    let is_tenants_first = at.before.path(&bare, at.tier()).first().is_some_and(|(home, _)| *home == Home::Tenant);
    let is_referred_to = matches!(object.role, Role::Read | Role::TypeUse | Role::Call);
    (!is_tenants_first || (is_referred_to && !is_tenants(at, object))).then_some(Doubt::Unknown)
}

fn is_tenants(at: &At<'_>, object: &Object) -> bool {
    let (space, name) = (&at.before.tenant, object.name.name());
    match object.class {
        Class::Type | Class::Domain => space.types.contains_key(name) || space.relations.contains_key(name),
        Class::Routine => space.routines.contains_key(name),
        class => class.is_relation() && space.relations.contains_key(name),
    }
}

/// Whether the word stands in the statement by itself, as the name of a WITH query or an alias does.
fn has_loose(at: &At<'_>, word: &str) -> bool {
    let (text, start) = (at.text(at.statement.span.clone()), at.statement.span.start);
    let is_skipped = |place: usize| {
        at.script.comments.iter().any(|(span, _)| span.contains(&place))
            || at.statement.literals.iter().any(|literal| literal.span.contains(&place))
            || at.statement.objects.iter().any(|object| object.name.name.span.contains(&place))
    };
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    let (mut rest, mut last) = (text, ' ');
    while let Some(first) = rest.chars().next() {
        let place = start + text.len() - rest.len();
        let length = if first == '"' {
            rest[1..].find('"').map_or(rest.len(), |end| end + 2)
        } else {
            rest.find(|c| !is_part(c)).unwrap_or(rest.len()).max(first.len_utf8())
        };
        let (token, after) = rest.split_at(length);
        let is_it = if first == '"' { token.trim_matches('"') == word } else { token.to_lowercase() == word };
        // What stands beside a dot is a column, or the table of one.
        if is_it && last != '.' && !after.starts_with('.') && !is_skipped(place) {
            return true;
        }
        (rest, last) = (after, first);
    }
    false
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
    use crate::lint::testing::{check, lint, silent};

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

    /// Of each finding, whether it is mended for certain.
    fn fixes(text: &str) -> Vec<bool> {
        let (_, linted) = lint(&[&RULE], text);
        linted.findings.iter().map(|finding| finding.fix.is_some()).collect()
    }

    #[test]
    fn an_extensions_schema_is_not_simply_left_out() {
        assert_eq!(fixes("select cron.schedule('x', '0 0 * * *', 'select 1');"), [false]);
        let f = "create function f(int) returns int language sql as 'select 1';\n";
        assert_eq!(fixes(&format!("{f}select public.f(1);")), [true]);
        assert_eq!(
            fixes(&format!(
                "-- file: shared/1_a/up.sql\ncreate table app.t ();\n-- file: tenant/1_a/up.sql\n{f}select app.f(1);"
            )),
            [true]
        );
    }

    #[test]
    fn what_is_only_referred_to_is_mended_where_the_tenant_has_it() {
        let there = "create table a (id int); create type mood as enum ('x');\n";
        for text in
            ["select * from public.a;", "create table b (m public.mood);", "select id from public.a where a.id = 1;"]
        {
            assert_eq!(fixes(text), [false], "{text}");
            assert_eq!(fixes(&format!("{there}{text}")), [true], "{text}");
            assert_eq!(fixes(&format!("{there}set search_path = public;\n{text}")), [false], "{text}");
        }
        assert_eq!(fixes("insert into public.a values (1); drop table public.b;"), [true, true]);
    }

    #[test]
    fn a_name_that_would_mean_something_else_is_not_mended() {
        let there = "create table orders (id int); create table u (id int); create table \"user\" (id int);\n\
            create type \"char\" as (a int); create type uuid as (a int); create table pg_a (id int);\n\
            create function \"left\"(int) returns int language sql as 'select 1';\n";
        for text in [
            // The very table that the statement names as well.
            "insert into orders select * from public.orders;",
            "insert into public.orders select * from orders;",
            "create temporary table orders as select * from public.orders;",
            "create temporary table orders (id int); select * from public.orders;",
            // A word of the language, or something of the server's.
            "select * from public.user;",
            "delete from public.user;",
            "create table b (c public.\"char\");",
            "create table b (c public.uuid);",
            "select * from public.pg_a;",
            "select public.left(1);",
            // A name within the statement.
            "with u as (select 1) select * from public.u;",
            "select * from orders as u, public.u;",
            "select * from orders u, public.u as v;",
        ] {
            assert_eq!(fixes(&format!("{there}{text}")), [false], "{text}");
        }
        assert_eq!(fixes(&format!("{there}insert into public.orders select * from other.orders;")), [false, false]);
        for text in [
            "select * from public.\"user\";",
            "insert into orders select * from public.u; -- u as it is",
            "select * from public.u where u.id in (select id from orders where 'u' <> '');",
        ] {
            assert_eq!(fixes(&format!("{there}{text}")), [true], "{text}");
        }
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
