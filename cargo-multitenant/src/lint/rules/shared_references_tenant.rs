//! `shared-references-tenant`

use multitenant_runtime::Tier;

use crate::finding::Place;
use crate::lint::context::{At, Context};
use crate::lint::rule::{Check, rule};
use crate::lint::schema::RustStruct;
use crate::lint::sink::Sink;
use crate::lint::sql::{Class, Object, Role, Verb};

rule! {
    /// ## What it does
    ///
    /// Finds shared migrations that name what only tenants have: a foreign key to a tenant's table, a view, a trigger or
    /// a function over one, a statement that reads, writes or changes one.
    ///
    /// ## Why is this bad?
    ///
    /// There is no such table in the shared schema. Where the statement works all the same, since `search_path` led into
    /// some tenant's schema, it is bound to that tenant: `DROP SCHEMA` is then refused, and with `CASCADE` it takes the
    /// shared constraint or view along, without a word.
    ///
    /// ## Example
    ///
    /// ```sql
    /// -- a shared migration; `orders` is a tenant's table
    /// CREATE TABLE payments (order_id bigint REFERENCES orders (id));
    /// ```
    ///
    /// ## Use instead
    ///
    /// ```sql
    /// CREATE TABLE payments (tenant text, order_id bigint);
    /// ```
    "shared-references-tenant": Error, Isolation, Check::Statement(check),
    also: Check::Project(associations),
}

fn check(at: &At<'_>, sink: &mut Sink<'_>) {
    if at.tier() != Tier::Shared {
        return;
    }
    for object in &at.statement.objects {
        if let Some(origin) = only_tenants(at, object) {
            let how = match object.role {
                Role::ForeignKey => "a foreign key of the shared schema leads to",
                Role::On => "something is made in the shared schema on",
                Role::Subject => "a shared migration changes",
                _ => "a shared migration names",
            };
            sink.report(
                at.place(object.name.span()),
                format!("{how} `{}`, which only tenants have", object.name.name()),
            )
            .related(origin, "the tenants' is made here")
            .help("keep the value without a foreign key, or move this to the tenants' migrations")
            .object(object.name.name())
            .around(at.place(at.statement.span.clone()));
        }
    }
}

/// `belongs_to` of a shared struct that leads to a tenant's.
fn associations(cx: &Context<'_>, sink: &mut Sink<'_>) {
    let structs = || cx.project.rust.iter().flat_map(|file| &file.structs);
    let tier = |item: &RustStruct| {
        let (path, place) = item.tables.first()?;
        cx.marking.tier_of(cx.project, path, place)
    };
    for item in structs().filter(|item| !item.belongs_to.is_empty() && tier(item) == Some(Tier::Shared)) {
        for (parent, place) in &item.belongs_to {
            let Some(parent) = structs().find(|other| other.name == *parent) else { continue };
            if tier(parent) == Some(Tier::Tenant) {
                sink.report(
                    place.clone(),
                    format!("the shared `{}` belongs to the tenants' `{}`", item.name, parent.name),
                )
                .related(parent.place.clone(), "a tenant's")
                .help("a shared row belongs to no tenant's: keep the tenant's id and the row's without an association")
                .object(item.name.clone());
            }
        }
    }
}

/// Where the tenants' table of this name is made, if the shared schema has and had none.
fn only_tenants(at: &At<'_>, object: &Object) -> Option<Place> {
    let changes = matches!(at.statement.verb, Verb::Alter | Verb::Drop | Verb::Comment | Verb::Grant | Verb::Revoke);
    let is_use = match object.role {
        Role::ForeignKey | Role::Read | Role::Write | Role::On | Role::Parent | Role::Partition | Role::Lock => true,
        Role::Subject => changes && !at.statement.flags.if_exists,
        _ => false,
    };
    let name = &object.name;
    if object.class != Class::Table
        || !is_use
        || name.schema.as_ref().is_some_and(|s| s.text != at.before.shared_schema())
    {
        return None;
    }
    if at.before.shared.is_opaque || at.cx.catalog.shared.is_opaque {
        return None;
    }
    let is_there = at.before.shared.relations.contains_key(name.name())
        || at.cx.catalog.shared.relations.contains_key(name.name())
        // A view of the catalog, or what a function or the statement itself calls so.
        || name.name().starts_with("pg_")
        || (object.role != Role::Subject && at.statement.subjects().any(|subject| subject.name.name() == name.name()));
    if is_there {
        return None;
    }
    Some(at.cx.catalog.tenant.relations.get(name.name())?.origin.place.clone())
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
            create table payments (id int, o int references orders (id));
            create view v as select * from orders;
            create function f() returns void language plpgsql as $$ begin delete from orders; end $$;
            alter table orders add x int;
            drop table orders;
            -- file: tenant/1_a/up.sql
            create table orders (id int primary key);
        "), @"
        shared/1_a/up.sql:1:61 error: a foreign key of the shared schema leads to `orders`, which only tenants have [orders]
        shared/1_a/up.sql:2:44 error: a shared migration names `orders`, which only tenants have [orders]
        shared/1_a/up.sql:3:87 error: a shared migration names `orders`, which only tenants have [orders]
        shared/1_a/up.sql:4:25 error: a shared migration changes `orders`, which only tenants have [orders]
        shared/1_a/up.sql:5:24 error: a shared migration changes `orders`, which only tenants have [orders]
        ");
    }

    #[test]
    fn associations_count() {
        assert_snapshot!(check(&RULE, "
            -- file: src/schema.rs
            table! { public.payments { id -> Int4, } }
            table! { orders { id -> Int4, } }
            #[derive(Identifiable, TenantTable)]
            struct Order { id: i32 }
            #[derive(Identifiable, Associations, SharedTable)]
            #[diesel(belongs_to(Order))]
            struct Payment { id: i32, order_id: i32 }
        "), @"src/schema.rs:6:33 error: the shared `Payment` belongs to the tenants' `Order` [Order]");
    }

    #[test]
    fn stays_silent() {
        silent(
            &RULE,
            "
            -- file: shared/1_a/up.sql
            create table users (id int primary key);
            create table payments (id int, o int references users (id));
            with orders as (select 1) select * from orders;
            drop table old; drop table if exists orders; alter table if exists orders add x int;
            create table orders_too (id int); alter table orders_too rename to orders_2;
            -- file: tenant/1_a/up.sql
            create table orders (id int primary key, u int references users (id));
        ",
        );
    }
}
