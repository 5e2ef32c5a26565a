//! Every way to mark a table, and that the mark is what the traits say.
#![deny(missing_docs, unreachable_pub)]

use multitenant_runtime::table::{Marked, Shared, Tenant};
use multitenant_runtime::{SharedTable, TenantTable, tenant_tables};

mod schema {
    diesel::table! { users (id) { id -> Integer, name -> Text, } }
    diesel::table! { user_orders (id) { id -> Integer, } }
    diesel::table! { plans (id) { id -> Integer, } }
    diesel::table! { items (id) { id -> Integer, } }
    diesel::table! { countries (id) { id -> Integer, } }
    diesel::table! { notes (id) { id -> Integer, } }
    diesel::table! { logs (id) { id -> Integer, } }
    diesel::table! { colours (id) { id -> Integer, } }
    diesel::table! { audit.events (id) { id -> Integer, } }
    multitenant_runtime::shared_tables! { colours }
}
mod nested {
    pub(crate) mod schema {
        diesel::table! { tags (id) { id -> Integer, } }
    }
}
use diesel::prelude::*;
use schema::{plans, user_orders};

/// By its default name.
#[derive(Queryable, TenantTable)]
#[allow(dead_code)]
struct UserOrder {
    id: i32,
}

/// By a path, beside other options of Diesel, and in lists of several attributes.
#[derive(Queryable, Identifiable, AsChangeset, TenantTable)]
#[diesel(primary_key(id), treat_none_as_null = true, table_name = crate::schema::users)]
#[diesel(check_for_backend(diesel::pg::Pg))]
#[allow(dead_code)]
struct Person<'a> {
    id: i32,
    name: &'a str,
}

/// A further struct of a marked table.
#[derive(Insertable, TenantTable)]
#[diesel(table_name = schema::users)]
#[multitenant(same_table)]
#[allow(dead_code)]
struct NewPerson<'a> {
    name: &'a str,
}

#[derive(SharedTable)]
#[allow(dead_code)]
struct Plan;

/// As Diesel 1 had it.
#[derive(TenantTable)]
#[table_name = "user_orders"]
#[multitenant(same_table)]
#[allow(dead_code)]
struct Bought;

/// What the macros write passes lints that a project may have on.
#[deny(warnings, unused_qualifications)]
mod strict {
    #![allow(dead_code)]
    use super::schema;

    #[derive(multitenant_runtime::SharedTable)]
    #[diesel(table_name = crate::schema::countries)]
    struct Country;

    #[derive(multitenant_runtime::SharedTable)]
    #[diesel(table_name = crate::schema::countries)]
    #[multitenant(same_table)]
    struct NewCountry;

    multitenant_runtime::tenant_tables! { schema::notes }

    fn in_a_function() {
        diesel::table! { inner (id) { id -> Integer, } }
        multitenant_runtime::tenant_tables! { crate::schema::logs }
        #[derive(multitenant_runtime::SharedTable)]
        #[diesel(table_name = inner)]
        struct Inner;
    }
}

tenant_tables! { schema::items, crate::nested::schema::tags }
multitenant_runtime::tenant_tables! { self::schema::events, }

fn tenant<T: TenantTable + Marked<Tier = Tenant>>(_: T) {}
fn shared<T: SharedTable + Marked<Tier = Shared>>(_: T) {}

fn main() {
    tenant(schema::users::table);
    tenant(user_orders::table);
    tenant(schema::items::table);
    tenant(nested::schema::tags::table);
    tenant(schema::events::table);
    shared(plans::table);
    shared(schema::colours::table);
}
