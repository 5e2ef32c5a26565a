//! `tenant-enum-type`

use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::sql_types::{HasSqlType, SqlType};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

use super::case::{Case, Label, allowed, forbidden, path_of};
use super::code::{mood, mood_of_public};

const RULE: &str = "tenant-enum-type";

/// `FILE` is the migration that makes the type.
const MIGRATIONS: &str = "-- file: FILE
create type mood as enum ('glad', 'sad');
-- file: tenant/2_notes/up.sql
create table notes (id int primary key, mood mood not null);
-- file: src/schema.rs
";

/// A connection of a pool serves tenant `a`, and then `b`.
async fn serve_both<T>(case: &Case) -> Result<(), String>
where
    Pg: HasSqlType<T>,
    T: SqlType + QueryId + Send + 'static,
{
    let mut connection = case.diesel(&path_of("a")).await;
    for id in ["a", "b"] {
        connection.batch_execute(&format!("SET search_path = {}", path_of(id))).await.unwrap();
        let insert = diesel::sql_query("insert into notes values (1, $1)").bind::<T, _>(Label("glad"));
        insert.execute(&mut connection).await.map_err(|error| format!("{id}: {error}"))?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_takes_one_tenants_type_for_the_next_ones() {
    let text = MIGRATIONS.replace("FILE", "tenant/1_mood/up.sql") + include_str!("code/mood.rs");
    let case = forbidden(RULE, &text, &["tenant/1_mood/up.sql:1"]).await.all().await;
    let error = serve_both::<mood::Mood>(&case).await.unwrap_err();
    assert!(error.starts_with("b: ") && error.contains("tenant_a.mood"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_type_for_all_is_the_same_for_all() {
    let text = MIGRATIONS.replace("FILE", "shared/1_mood/up.sql") + include_str!("code/mood_of_public.rs");
    let case = allowed(RULE, &text).await.all().await;
    serve_both::<mood_of_public::Mood>(&case).await.unwrap();
}
