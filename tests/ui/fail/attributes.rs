use multitenant_runtime::{SharedTable, TenantTable};

#[derive(TenantTable)]
#[multitenant(same_tabel)] //~ ERROR unknown option `same_tabel`: `multitenant` knows `same_table`
#[diesel(table_name = "users")] //~ ERROR the table is a path: write `table_name = users`, without quotes
struct User {
    #[multitenant(same_table)] //~ ERROR write it on the struct, not on a field
    id: i32,
}

#[derive(SharedTable)]
#[diesel(table_name = plans::table)] //~ ERROR leave out `::table`
#[multitenant(same_table = true, same_table, same_table)] //~ ERROR `same_table` takes no value
//~^ ERROR `same_table` is given twice: remove one
struct Plan;

#[derive(TenantTable)]
enum Colour {} //~ ERROR only a struct stands for a table

#[derive(SharedTable)]
#[multitenant] //~ ERROR expected
struct Country;

#[derive(TenantTable)]
#[diesel(table_name = ::other::schema::users)] //~ ERROR only the crate that declares a table can mark it
struct Foreign;

fn main() {}
