//! `extension-without-schema`

use super::case::{allowed, forbidden};

const RULE: &str = "extension-without-schema";

/// `SCHEMA` is what is said of the schema.
const MIGRATIONS: &str = "-- file: shared/1_citext/up.sql
create extension if not exists citextSCHEMA;
-- file: tenant/1_people/up.sql
create table people (id int primary key, mail citext);
";

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_to_whatever_comes_first() {
    let case = forbidden(RULE, &MIGRATIONS.replace("SCHEMA", ""), &["shared/1_citext/up.sql:1"]).await;
    // As on a database whose role has a path of its own.
    case.run("public", "create schema ops").await.unwrap();
    case.shared("ops, public").await.unwrap();
    let error = case.tenant("a").await.unwrap_err();
    assert!(error.contains("\"citext\" does not exist"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_it_the_path_does_not_matter() {
    let case = allowed(RULE, &MIGRATIONS.replace("SCHEMA", " with schema public")).await;
    case.run("public", "create schema ops").await.unwrap();
    case.shared("ops, public").await.unwrap();
    case.tenant("a").await.unwrap();
    case.tenant("b").await.unwrap();
}
