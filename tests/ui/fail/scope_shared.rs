//! Tenants' tables on a connection to the shared schema.

use diesel::prelude::*;
use multitenant_runtime::scope::TouchingDsl;
use multitenant_runtime::{RunQueryDsl, SharedConn};

diesel::table! { users (id) { id -> Integer, name -> Text, } }
diesel::table! { plans (id) { id -> Integer, name -> Text, } }
diesel::allow_tables_to_appear_in_same_query!(users, plans);
multitenant_runtime::tenant_tables! { users }
multitenant_runtime::shared_tables! { plans }

async fn shared(conn: &mut SharedConn) -> QueryResult<()> {
    users::table.load::<(i32, String)>(conn).await?; //~ ERROR `users::table` is a tenants' table; a shared connection cannot touch it … check out a tenant's connection: `pool.tenant(id)`
    plans::table.inner_join(users::table.on(users::id.eq(plans::id))).select(plans::id).load::<i32>(conn).await?; //~ ERROR `users::table` is a tenants' table
    let ids = plans::id.eq_any(users::table.select(users::id));
    plans::table.filter(ids).select(plans::id).load::<i32>(conn).await?; //~ ERROR `users::table` is a tenants' table
    diesel::delete(users::table).execute(conn).await?; //~ ERROR `users::table` is a tenants' table
    diesel::insert_into(users::table).values(users::name.eq("x")).execute(conn).await?; //~ ERROR `users::table` is a tenants' table
    users::table.select(users::id).touching((users::table,)).load::<i32>(conn).await?; //~ ERROR `users::table` is a tenants' table
    Ok(())
}

fn main() {
    let _ = shared;
}
