//! What the types do not show: refused before it is sent, where it is not named.

use diesel::dsl::{count_star, exists, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::result::Error;
use diesel::sql_types::{BigInt, Bool, Integer, Text};
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

const UNIONS: [&str; 5] = [
    "true UNION SELECT word FROM secrets",
    "true union all (select word from public.secrets)",
    "true INTERSECT SELECT word FROM secrets",
    "true EXCEPT SELECT word FROM \"secrets\"",
    "true UNION TABLE secrets",
];

fn is_refused<T: std::fmt::Debug>(result: &QueryResult<T>, sql: &str, conn: &mut TenantConn) {
    let refused = matches!(result, Err(Error::QueryBuilderError(error)) if {
        let text = error.to_string();
        text.contains("where its types do not show") || text.starts_with("this statement has a comment")
    });
    assert!(refused, "{sql}: {result:?}");
    assert!(!conn.is_in_doubt());
}

/// Diesel puts no parentheses around it: it may go on with the statement.
#[tokio::test]
async fn in_sql_that_continues_the_statement() {
    let (_database, mut conn) = conn().await;
    let conn = &mut conn;
    let names = || users::table.select(users::name);
    for text in UNIONS {
        is_refused(&names().filter(sql::<Bool>(text)).load::<String>(conn).await, text, conn);
        let bound = sql::<Bool>("").bind::<Bool, _>(true).sql(&text[4..]);
        is_refused(&names().filter(bound).load::<String>(conn).await, text, conn);
        is_refused(&names().order(sql::<Bool>(text)).load::<String>(conn).await, text, conn);
        is_refused(&names().order(users::id).then_order_by(sql::<Bool>(text)).load::<String>(conn).await, text, conn);
        let grouped = names().group_by(users::name);
        is_refused(&grouped.having(sql::<Bool>(text)).load::<String>(conn).await, text, conn);
        is_refused(&names().into_boxed().filter(sql::<Bool>(text)).load::<String>(conn).await, text, conn);
        is_refused(&names().into_boxed().order(sql::<Bool>(text)).load::<String>(conn).await, text, conn);
        is_refused(&diesel::select(sql::<Text>(text)).load::<String>(conn).await, text, conn);
        // Once named, it is not known in a subquery either.
        let twice = names().filter(sql::<Bool>(text)).filter(users::id.eq_any(posts::table.select(posts::user_id)));
        is_refused(&twice.load::<String>(conn).await, text, conn);
    }
    let group = sql::<Text>("name UNION SELECT word FROM secrets");
    is_refused(&users::table.group_by(group).select(count_star()).load::<i64>(conn).await, "group by", conn);
    for text in [
        "word FROM secrets --",
        "word FROM secrets /*",
        "word FROM secrets WHERE true UNION SELECT name",
        "word FROM secrets, users UNION SELECT name",
        "(TABLE secrets)",
        "name FROM users; DELETE FROM secrets; SELECT name",
        "1; DELETE",
        "$1FROM secrets",
        "1FROM secrets UNION SELECT 1",
    ] {
        is_refused(&users::table.select(sql::<Text>(text)).load::<String>(conn).await, text, conn);
        is_refused(&users::table.select(sql::<Text>(text)).into_boxed().load::<String>(conn).await, text, conn);
    }
    let delete = diesel::delete(users::table.filter(users::id.eq(7))).returning(sql::<Text>("name, (TABLE secrets)"));
    is_refused(&delete.get_results::<String>(conn).await, "returning", conn);
    let update = diesel::update(users::table).set(users::name.eq(sql::<Text>("word FROM secrets")));
    is_refused(&update.execute(conn).await, "set", conn);
    let insert = diesel::insert_into(users::table).values(users::name.eq(sql::<Text>("'x') --")));
    is_refused(&insert.execute(conn).await, "values", conn);
}

/// A struct whose `as_select` has SQL of its own.
#[derive(Queryable, Selectable, Debug)]
#[diesel(table_name = users)]
struct Word {
    #[diesel(select_expression = sql::<Text>("word FROM secrets UNION SELECT name"))]
    #[diesel(select_expression_type = SqlLiteral<Text>)]
    #[expect(dead_code, reason = "never loaded")]
    word: String,
}

#[tokio::test]
async fn in_sql_of_a_structs_selection() {
    let (_database, mut conn) = conn().await;
    let query = users::table.select(Word::as_select());
    is_refused(&query.load::<Word>(&mut conn).await, "as_select", &mut conn);
}

#[tokio::test]
async fn sql_that_names_no_table_runs() {
    let (_database, mut conn) = conn().await;
    let conn = &mut conn;
    for text in [
        "true",
        "now() - interval '1 day' < now()",
        "lower(name) = name",
        "name IS DISTINCT FROM 'x'",
        "extract(epoch FROM now()) > 1.5e3",
        "substring(name from 1 for 3) IN ('ann', 'bob')",
        "\"users\".\"name\" ~ '^[ab]' AND users.id < 1000000.",
        "id IN (SELECT id FROM users)",
        "'a; -- /* $$' <> name",
    ] {
        let query = users::table.filter(sql::<Bool>(text)).order(sql::<Text>("lower(name)")).select(users::id);
        assert_eq!(query.load::<i32>(conn).await.as_deref(), Ok(&[1, 2][..]), "{text}");
        let boxed = users::table.into_boxed().filter(sql::<Bool>(text)).select(count_star());
        assert_eq!(boxed.first::<i64>(conn).await, Ok(2), "{text}");
    }
    assert_eq!(users::table.select(sql::<BigInt>("count(*)")).first::<i64>(conn).await, Ok(2));
    let joined = users::table.inner_join(posts::table).filter(sql::<Bool>("score > ").bind::<Integer, _>(4));
    assert_eq!(joined.select(posts::title).load::<String>(conn).await.unwrap(), ["second of one"]);
    let boss = diesel::alias!(users as boss);
    let of_boss = boss.filter(sql::<Bool>("boss.id = 1")).select(boss.field(users::id));
    assert_eq!(of_boss.load::<i32>(conn).await, Ok(vec![1]));
    let update = diesel::update(users::table.find(1)).set(users::name.eq(sql::<Text>("upper(name)")));
    assert_eq!(update.returning(users::name).get_result::<String>(conn).await.as_deref(), Ok("ANN OF ONE"));
    let insert = diesel::insert_into(users::table).values(users::name.eq(sql::<Text>("upper('x')")));
    assert_eq!(insert.returning(users::name).get_result::<String>(conn).await.as_deref(), Ok("X"));
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
