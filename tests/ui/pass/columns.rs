//! What attributes say of columns, keys and indexes: they carry nothing at run time.
#![deny(missing_docs, unreachable_pub)]

use diesel::prelude::*;
use multitenant_runtime::{SharedEnum, SharedTable, TenantEnum, TenantTable};

mod schema {
    diesel::table! { plans (id) { id -> Text, region -> Text, price -> Int4, } }
    diesel::table! {
        orders (id) {
            id -> Int8, plan_id -> Text, region -> Text, total -> Numeric, doubled -> Numeric, email -> Text,
            at -> Timestamptz, r#type -> Text,
        }
    }
}
use schema::{orders, plans};

/// On the struct and on its fields.
#[derive(Queryable, SharedTable)]
#[multitenant(unique(region, price), check(name = "plans_price_check", "price >= 0"), allow(prefer-uuid-pk))]
#[allow(dead_code)]
struct Plan {
    id: String,
    #[multitenant(sql_type = "varchar(40)", index)]
    region: String,
    #[multitenant(default = "0", unique)]
    price: i32,
}

/// Everything that there is.
#[derive(Queryable, TenantTable)]
#[multitenant(
    index(columns(email, "lower(email)"), name = "orders_by_email", unique, method = "btree", filter = "total > 0", include(at)),
    index(plan_id, region),
    unique(columns(email, r#type), name = "one_each"),
    foreign_key(columns(plan_id, region), references = "public.plans(id, region)", on_delete = "restrict", name = "of_plan"),
    check("total >= 0")
)]
#[allow(dead_code)]
struct Order {
    #[multitenant(identity = "always")]
    id: i64,
    #[multitenant(references = "plans(id)", on_delete = "cascade", on_update = "no action")]
    plan_id: String,
    region: String,
    #[multitenant(check = "total < 1000000")]
    total: String,
    #[multitenant(generated = "total * 2")]
    doubled: String,
    email: String,
    #[multitenant(default = "now()")]
    at: i64,
    r#type: String,
}

/// A further struct of a table may say more.
#[derive(Insertable, TenantTable)]
#[diesel(table_name = orders)]
#[multitenant(same_table, index(at))]
struct NewOrder<'a> {
    #[multitenant(index)]
    email: &'a str,
}

/// Labels are in snake case, unless something else is said.
#[derive(TenantEnum)]
#[multitenant(type_name = "mood")]
#[allow(dead_code)]
enum Mood {
    Glad,
    #[multitenant(label = "so so")]
    SoSo,
}

/// The type is named as the enum.
#[derive(SharedEnum)]
#[allow(dead_code)]
enum OrderState {
    Open,
}

fn main() {
    let _ = NewOrder { email: "" };
}
