use multitenant_runtime::{SharedTable, TenantTable, shared_tables, tenant_tables};

diesel::table! { users (id) { id -> Integer, } }
diesel::table! { orders (id) { id -> Integer, } }
diesel::table! { plans (id) { id -> Integer, } }
diesel::table! { tags (id) { id -> Integer, } }
diesel::table! { items (id) { id -> Integer, } }

#[derive(TenantTable)] //~ ERROR E0119
struct User;

#[derive(TenantTable)] //~ ERROR E0119 … `users::table`
#[diesel(table_name = users)]
struct NewUser;

#[derive(TenantTable)] //~ ERROR E0119 … `orders::table`
struct Order;

tenant_tables! {
    orders, //~ ERROR E0119 … `orders::table`
    tags, //~ ERROR E0119 … `tags::table`
}

#[derive(
    TenantTable, //~ ERROR E0119 … `plans::table`
    SharedTable, //~ ERROR E0119 … `plans::table`
)]
struct Plan;

shared_tables! {
    tags, //~ ERROR E0119 … `tags::table`
    items, //~ ERROR E0119
    items, //~ ERROR E0119 … `items::table`
}

fn main() {}
