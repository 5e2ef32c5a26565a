use multitenant_runtime::TenantTable;

diesel::table! { users (id) { id -> Integer, name -> Text, } }

#[derive(TenantTable)]
#[multitenant(unique(name), index(nam))] //~ ERROR cannot find value `nam`
struct User;

fn main() {}
