use multitenant_runtime::{SharedTable, TenantTable};

diesel::table! { users (id) { id -> Integer, } }
diesel::table! { plans (id) { id -> Integer, } }
diesel::table! { posts (id) { id -> Integer, } }

multitenant_runtime::tenant_tables! { users }
multitenant_runtime::shared_tables! { plans }

#[derive(TenantTable)]
#[diesel(table_name = plans)] //~ ERROR the table is marked as shared: derive `SharedTable`
#[multitenant(same_table)]
struct NewPlan;

#[derive(SharedTable)]
#[diesel(table_name = users)] //~ ERROR the table is marked as the tenants': derive `TenantTable`
#[multitenant(same_table)]
struct NewUser;

#[derive(TenantTable)]
#[diesel(table_name = posts)] //~ ERROR `posts::table` is not declared as a tenant or shared table
#[multitenant(same_table)]
struct NewPost;

fn tenant<T: TenantTable>(_: T) {}

fn main() {
    tenant(posts::table); //~ ERROR `posts::table` is not declared as a tenant table
    tenant(plans::table); //~ ERROR E0271
}
