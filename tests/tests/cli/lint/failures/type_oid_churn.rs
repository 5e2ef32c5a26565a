//! `type-oid-churn`

use diesel_async::RunQueryDsl;

use super::case::{Case, Label, allowed, forbidden, path_of};
use super::code::mood;

const RULE: &str = "type-oid-churn";

/// `CHANGE` is how the type gets its new label.
const MIGRATIONS: &str = "-- file: tenant/1_notes/up.sql
create type mood as enum ('glad', 'sad');
create table notes (id int generated always as identity primary key, mood mood not null);
-- file: tenant/2_moods/up.sql
CHANGE
-- file: src/schema.rs
";

/// A connection has served the tenant before it is migrated, and serves it after.
async fn serve_before_and_after(case: &Case) -> Result<(), String> {
    let mut connection = case.diesel(&path_of("a")).await;
    let insert = || diesel::sql_query("insert into notes (mood) values ($1)").bind::<mood::Mood, _>(Label("glad"));
    case.next("a").await;
    insert().execute(&mut connection).await.unwrap();
    case.tenant("a").await.unwrap();
    insert().execute(&mut connection).await.map(drop).map_err(|error| error.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_remember_a_type_that_is_gone() {
    let change = "alter type mood rename to mood_before;
create type mood as enum ('glad', 'sad', 'calm');
alter table notes alter column mood type mood using mood::text::mood;
drop type mood_before;";
    let text = MIGRATIONS.replace("CHANGE", change) + include_str!("code/mood.rs");
    let case = forbidden(RULE, &text, &["tenant/2_moods/up.sql:2"]).await;
    let error = serve_before_and_after(&case).await.unwrap_err();
    assert!(error.contains("cache lookup failed"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_grows_stays_the_same() {
    let change = "alter type mood add value 'calm';";
    let case = allowed(RULE, &(MIGRATIONS.replace("CHANGE", change) + include_str!("code/mood.rs"))).await;
    serve_before_and_after(&case).await.unwrap();
}
