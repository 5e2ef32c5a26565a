//! Queries that a tenant's and a shared connection run, as futures that are `Send`.
#![allow(dead_code)]

use multitenant_runtime::prelude::*;
use multitenant_runtime::{SharedConn, TenantConn};

mod schema {
    diesel::table! { users (id) { id -> Integer, name -> Text, } }
    diesel::table! { posts (id) { id -> Integer, user_id -> Integer, } }
    diesel::table! { app.plans (id) { id -> Integer, name -> Text, } }
    diesel::joinable!(posts -> users (user_id));
    diesel::allow_tables_to_appear_in_same_query!(users, posts, plans);
    multitenant_runtime::tenant_tables! { users, posts }
    multitenant_runtime::shared_tables! { plans }
}
use schema::{plans, posts, users};

/// With Diesel's prelude, the name of the trait is imported over it, as with diesel-async.
mod beside_diesels_prelude {
    use diesel::prelude::*;
    use multitenant_runtime::{RunQueryDsl, TenantConn};

    use super::schema::users;

    pub(crate) async fn names(conn: &mut TenantConn) -> QueryResult<Vec<String>> {
        users::table.select(users::name).load(conn).await
    }
}

async fn tenant(conn: &mut TenantConn) -> QueryResult<()> {
    beside_diesels_prelude::names(conn).await?;
    let _: Vec<(i32, String)> = users::table.inner_join(posts::table).select(users::all_columns).load(conn).await?;
    let _: String = plans::table.select(plans::name).first(conn).await?;
    let writers = users::table.filter(diesel::dsl::exists(posts::table.filter(posts::user_id.eq(users::id))));
    let _: i64 = writers.count().get_result(conn).await?;
    diesel::insert_into(plans::table).values(plans::name.eq("x")).execute(conn).await?;
    let name = String::from("x");
    conn.transaction::<_, diesel::result::Error, _>(async |conn| {
        diesel::update(users::table).set(users::name.eq(&name)).execute(conn).await
    })
    .await?;
    Ok(())
}

async fn shared(conn: &mut SharedConn) -> QueryResult<()> {
    let _: Vec<(i32, String)> = plans::table.load(conn).await?;
    diesel::delete(plans::table.find(1)).execute(conn).await?;
    Ok(())
}

fn sent<F: Future + Send + 'static>(_: F) {}

fn run(mut one: TenantConn, mut two: SharedConn) {
    sent(async move {
        tenant(&mut one).await.ok();
        shared(&mut two).await.ok();
    });
}

fn main() {
    let _ = run;
}
