//! A table that nobody has marked, wherever a query can name one.

use diesel::dsl::exists;
use diesel::prelude::*;
use multitenant_runtime::{RunQueryDsl, TenantConn};

diesel::table! { users (id) { id -> Integer, name -> Text, } }
diesel::table! { plans (id) { id -> Integer, name -> Text, } }
diesel::table! { secrets (id) { id -> Integer, user_id -> Integer, word -> Text, } }
diesel::joinable!(secrets -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, plans, secrets);
multitenant_runtime::tenant_tables! { users }
multitenant_runtime::shared_tables! { plans }

type Secret = (i32, i32, String);

async fn selects(conn: &mut TenantConn) -> QueryResult<()> {
    secrets::table.load::<Secret>(conn).await?; //~ ERROR `secrets::table` is not declared as a tenant or shared table
    secrets::table.filter(secrets::id.eq(1)).first::<Secret>(conn).await?; //~ ERROR `secrets::table` is not declared
    secrets::table.select(secrets::id).get_result::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    let _ = secrets::table.load_stream::<Secret>(conn).await?; //~ ERROR `secrets::table` is not declared
    secrets::table.into_boxed().load::<Secret>(conn).await?; //~ ERROR `secrets::table` is not declared
    secrets::table.group_by(secrets::id).select(secrets::id).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    let alias = diesel::alias!(secrets as alias);
    alias.load::<Secret>(conn).await?; //~ ERROR `secrets::table` is not declared
    users::table.into_boxed().inner_join(secrets::table).select(users::id).load::<i32>(conn).await?; //~ ERROR E0277
    Ok(())
}

async fn joins(conn: &mut TenantConn) -> QueryResult<()> {
    users::table.inner_join(secrets::table).select(users::id).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    users::table.left_join(secrets::table).select(users::id).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    users::table.inner_join(secrets::table).into_boxed().select(users::id).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    let on = plans::id.eq_any(secrets::table.select(secrets::user_id));
    users::table.inner_join(plans::table.on(on)).select(users::id).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    Ok(())
}

async fn subqueries(conn: &mut TenantConn) -> QueryResult<()> {
    let ids = secrets::table.select(secrets::user_id);
    let word = secrets::table.select(secrets::word).limit(1).single_value();
    let user = users::table.select(users::id);
    user.filter(users::id.eq_any(ids)).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    user.filter(exists(ids.filter(secrets::user_id.eq(users::id)))).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    user.filter(users::name.nullable().eq(word)).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    user.order(word).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    users::table.select(word).load::<Option<String>>(conn).await?; //~ ERROR `secrets::table` is not declared
    diesel::select(exists(ids)).get_result::<bool>(conn).await?; //~ ERROR `secrets::table` is not declared
    let joined = users::table.inner_join(secrets::table).select(users::id);
    plans::table.filter(plans::id.eq_any(joined)).select(plans::id).load::<i32>(conn).await?; //~ ERROR `secrets::table` is not declared
    Ok(())
}

async fn writes(conn: &mut TenantConn) -> QueryResult<()> {
    diesel::insert_into(secrets::table).values(secrets::word.eq("x")).execute(conn).await?; //~ ERROR `secrets::table` is not declared
    diesel::update(secrets::table).set(secrets::word.eq("x")).execute(conn).await?; //~ ERROR `secrets::table` is not declared
    diesel::delete(secrets::table).execute(conn).await?; //~ ERROR `secrets::table` is not declared
    let ids = users::table.filter(users::id.eq_any(secrets::table.select(secrets::user_id)));
    diesel::delete(ids).execute(conn).await?; //~ ERROR `secrets::table` is not declared
    diesel::update(ids).set(users::name.eq("x")).execute(conn).await?; //~ ERROR `secrets::table` is not declared
    Ok(())
}

fn main() {
    let _ = (selects, joins, subqueries, writes);
}
