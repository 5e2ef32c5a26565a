//! What is no query whose tables the types show, and ways around the scope.

use diesel::prelude::*;
use multitenant_runtime::scope::{ScopedConnection, TouchingDsl};
use multitenant_runtime::{RunQueryDsl, TenantConn};

diesel::table! { users (id) { id -> Integer, name -> Text, } }
diesel::table! { secrets (id) { id -> Integer, word -> Text, } }
diesel::allow_tables_to_appear_in_same_query!(users, secrets);
multitenant_runtime::tenant_tables! { users }

async fn unseen(conn: &mut TenantConn) -> QueryResult<()> {
    diesel::sql_query("SELECT 1").execute(conn).await?; //~ ERROR cannot be run in a scope … `.touching((…))`
    let names = users::table.select(users::name);
    names.union(names).load::<String>(conn).await?; //~ ERROR cannot be run in a scope … `.touching((…))`
    let update = diesel::update(users::table).into_boxed().set(users::name.eq("x"));
    update.execute(conn).await?; //~ ERROR BoxedWhereClause
    diesel::delete(users::table).into_boxed().execute(conn).await?; //~ ERROR BoxedWhereClause
    names.touching((users::table, secrets::table)).load::<String>(conn).await?; //~ ERROR `secrets::table` is not declared
    Ok(())
}

/// A connection's own connection is not to be had.
fn around(conn: &mut TenantConn) {
    let _ = conn.parts().connection; //~ ERROR E0599
}

fn around_by_the_bound<C: ScopedConnection>(conn: &mut C) {
    let _ = conn.parts().connection; //~ ERROR E0616
}

/// It is no connection of Diesel's, nor of diesel-async's.
fn is_connection<C: diesel::Connection>() {}
fn is_async_connection<C: diesel_async::AsyncConnectionCore>() {}

mod by_diesel_async {
    use diesel::QueryDsl;
    use diesel_async::RunQueryDsl;
    use multitenant_runtime::TenantConn;

    pub(crate) async fn load(conn: &mut TenantConn) -> diesel::QueryResult<Vec<i32>> {
        super::secrets::table.select(super::secrets::id).load(conn).await //~ ERROR E0277 … DerefMut
    }
}

fn main() {
    let _ = (unseen, around, around_by_the_bound::<TenantConn>);
    let _ = by_diesel_async::load;
    is_connection::<TenantConn>(); //~ ERROR E0277
    is_async_connection::<TenantConn>(); //~ ERROR E0277
}
