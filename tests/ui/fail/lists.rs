use multitenant_runtime::{shared_tables, tenant_tables};

tenant_tables! {} //~ ERROR no table is named

shared_tables! {
    "plans", //~ ERROR expected
    plans::table, //~ ERROR leave out `::table`
    plans orders, //~ ERROR expected `,`
    3, //~ ERROR expected
    ::other::schema::plans, //~ ERROR only the crate that declares a table can mark it
}

fn main() {}
