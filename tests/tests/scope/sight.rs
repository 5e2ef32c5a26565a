//! What the types do not show: refused before it is sent, where it is not named.

use diesel::dsl::{exists, sql};
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{Bool, Integer};
use multitenant_runtime::scope::TouchingDsl;
use multitenant_runtime::{RunQueryDsl, TenantConn};

use crate::database::Database;
use crate::schema::{plans, posts, secrets, users};

/// That this was refused because of the table, and that the connection is none the worse.
fn refused<T: std::fmt::Debug>(result: QueryResult<T>, table: &str, conn: &mut TenantConn) {
    let Err(Error::QueryBuilderError(error)) = result else { panic!("not refused: {result:?}") };
    let expected = format!("this query names the table {table} where its types do not show whether that is marked");
    assert!(error.to_string().starts_with(&expected), "{error}");
    assert!(!conn.is_in_doubt());
}

async fn conn() -> (Database, TenantConn) {
    let database = Database::new().await;
    let conn = database.tenant("one").await;
    (database, conn)
}

#[tokio::test]
async fn in_boxed_queries() {
    let (_database, mut conn) = conn().await;
    let conn = &mut conn;
    let of_them = users::id.eq_any(secrets::table.select(secrets::user_id));
    let query = users::table.select(users::id).into_boxed().filter(of_them);
    refused(query.load::<i32>(conn).await, r#""secrets""#, conn);
    let query =
        users::table.select(users::id).into_boxed().filter(exists(secrets::table.select(secrets::id).into_boxed()));
    refused(query.first::<i32>(conn).await, r#""secrets""#, conn);
    let of_them = users::id.eq_any(secrets::table.select(secrets::user_id).distinct().into_boxed());
    refused(users::table.select(users::id).filter(of_them).load::<i32>(conn).await, r#""secrets""#, conn);
    let query = users::table.select(users::id).filter(exists(secrets::table.select(secrets::id))).into_boxed();
    refused(query.load_stream::<i32>(conn).await.map(drop), r#""secrets""#, conn);
}

#[tokio::test]
async fn in_subqueries_that_are_boxed_and_in_subqueries_of_those() {
    let (_database, mut conn) = conn().await;
    let conn = &mut conn;
    let boxed = secrets::table.select(secrets::user_id).into_boxed();
    let query = plans::table.filter(plans::id.eq_any(boxed)).select(plans::id);
    refused(query.load::<i32>(conn).await, r#""secrets""#, conn);
    let inner = secrets::table.select(secrets::word).limit(1).single_value();
    let query = plans::table.filter(plans::name.nullable().eq_any(users::table.select(inner))).select(plans::id);
    refused(query.load::<i32>(conn).await, r#""secrets""#, conn);
    let inner = posts::table.filter(posts::id.eq_any(secrets::table.select(secrets::id))).select(posts::user_id);
    let query = users::table.filter(users::id.eq_any(inner)).select(users::id);
    refused(query.load::<i32>(conn).await, r#""secrets""#, conn);
}

#[tokio::test]
async fn in_clauses_whose_types_cannot_be_named() {
    let (_database, mut conn) = conn().await;
    let conn = &mut conn;
    let word = || secrets::table.select(secrets::word).limit(1).single_value();
    let query = users::table.group_by(users::name).having(users::name.nullable().eq(word())).select(users::name);
    refused(query.load::<String>(conn).await, r#""secrets""#, conn);
    let update = diesel::update(users::table).set(users::name.eq(word().assume_not_null()));
    refused(update.execute(conn).await, r#""secrets""#, conn);
    let insert = diesel::insert_into(users::table).values(users::name.eq(word().assume_not_null()));
    refused(insert.execute(conn).await, r#""secrets""#, conn);
    let copy = secrets::table.select(secrets::word).insert_into(users::table).into_columns(users::name);
    refused(copy.execute(conn).await, r#""secrets""#, conn);
    let upsert = diesel::insert_into(users::table).values((users::id.eq(1), users::name.eq("x")));
    let upsert = upsert.on_conflict(users::id).do_update().set(users::name.eq(word().assume_not_null()));
    refused(upsert.execute(conn).await, r#""secrets""#, conn);
}

#[tokio::test]
async fn in_sql_of_the_applications_own() {
    let (_database, mut conn) = conn().await;
    let conn = &mut conn;
    let query = users::table.filter(sql::<Bool>("EXISTS (SELECT FROM public.secrets)")).select(users::id);
    refused(query.load::<i32>(conn).await, "public.secrets", conn);
    let query = diesel::select(sql::<Integer>("(select id from secrets s join posts using (id) limit 1)"));
    refused(query.get_result::<i32>(conn).await, "secrets", conn);
    let delete = diesel::delete(users::table.filter(sql::<Bool>("id IN (SELECT user_id FROM secrets)")));
    refused(delete.execute(conn).await, "secrets", conn);
}

#[tokio::test]
async fn where_others_are_named() {
    let (_database, mut conn) = conn().await;
    let conn = &mut conn;
    let union = || users::table.select(users::name).union_all(secrets::table.select(secrets::word));
    refused(union().touching((users::table, posts::table)).load::<String>(conn).await, r#""secrets""#, conn);
    let update = diesel::update(secrets::table).into_boxed().set(secrets::word.eq("x"));
    refused(update.touching((users::table,)).execute(conn).await, r#""secrets""#, conn);
    let raw = diesel::sql_query("SELECT word AS name FROM secrets");
    refused(raw.touching((users::table,)).execute(conn).await, "secrets", conn);
}

/// Whoever has the connection next for the same tenant would find what one of these has set.
#[tokio::test]
async fn what_changes_the_settings_of_a_connection() {
    let (_database, mut conn) = conn().await;
    let refused = |result: QueryResult<usize>| {
        let Err(Error::QueryBuilderError(error)) = result else { panic!("not refused: {result:?}") };
        assert!(error.to_string().starts_with("this statement may change what is set"), "{error}");
    };
    for command in
        ["SET search_path = tenant_two", "begin", " (SET ROLE x)", "RESET ALL", "DO $$ BEGIN END $$", "", ";"]
    {
        refused(diesel::sql_query(command).touching((users::table,)).execute(&mut conn).await);
    }
    for expression in [
        "set_config('search_path', 'tenant_two', false)",
        "pg_catalog.\"Set_Config\"('a.b', '', true)",
        "pg_advisory_lock(1)",
        "(pg_try_advisory_lock_shared (1, 2))",
    ] {
        let query = users::table.filter(sql::<Bool>(expression).is_not_null()).select(users::id);
        refused(query.load::<i32>(&mut conn).await.map(|_| 0));
        let raw = format!("SELECT {expression} FROM \"users\"");
        refused(diesel::sql_query(raw).touching((users::table,)).execute(&mut conn).await);
    }
    assert!(!conn.is_in_doubt());
}
