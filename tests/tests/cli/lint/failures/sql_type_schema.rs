//! `sql-type-schema`

use diesel::pg::Pg;
use diesel::query_builder::QueryId;
use diesel::sql_types::{HasSqlType, SqlType};
use diesel_async::RunQueryDsl;

use super::case::{Case, Label, allowed, forbidden};
use super::code::{mood, mood_of_public};

const RULE: &str = "sql-type-schema";

const MIGRATIONS: &str = "-- file: shared/1_mood/up.sql
create type mood as enum ('glad', 'sad');
create table notes (id int primary key, mood mood not null);
-- file: src/schema.rs
";

/// The shared table is named with its schema, and the path leads to the tenant alone.
async fn insert<T>(case: &Case) -> Result<(), String>
where
    Pg: HasSqlType<T>,
    T: SqlType + QueryId + Send + 'static,
{
    let insert = diesel::sql_query("insert into public.notes values (1, $1)").bind::<T, _>(Label("glad"));
    insert.execute(&mut case.diesel("tenant_a").await).await.map(drop).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_it_is_looked_for_depends_on_the_path() {
    let text = MIGRATIONS.to_owned() + include_str!("code/mood.rs");
    let case = forbidden(RULE, &text, &["src/schema.rs:2"]).await;
    case.shared("public").await.unwrap();
    let error = insert::<mood::Mood>(&case).await.unwrap_err();
    assert!(error.contains("mood"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_schema_it_is_found_from_everywhere() {
    let text = MIGRATIONS.to_owned() + include_str!("code/mood_of_public.rs");
    let case = allowed(RULE, &text).await;
    case.shared("public").await.unwrap();
    insert::<mood_of_public::Mood>(&case).await.unwrap();
}
