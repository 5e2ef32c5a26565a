//! `security-definer-search-path`

use super::case::{allowed, forbidden};

const RULE: &str = "security-definer-search-path";

/// `SET` is what the function says of its path.
const MIGRATIONS: &str = "-- file: shared/1_members/up.sql
create table members (name text primary key, is_admitted boolean not null);
insert into members values ('mallory', false);
create function secret_for(who text) returns text language sql security definer SETas
    $$ select 'the secret' from members where name = who and is_admitted $$;
";

/// What somebody does who may call the function and nothing else.
async fn secrets_of_mallory(case: &super::case::Case) -> Vec<String> {
    let role = case.role("mallory");
    case.run("public", &format!("create role {role}")).await.unwrap();
    let attack = format!(
        "set role {role};
         create temporary table members (name text, is_admitted boolean);
         insert into members values ('mallory', true);
         select secret_for('mallory');
         drop table members"
    );
    let secrets = case.rows("public", &attack).await;
    case.run("public", &format!("drop role {role}")).await.unwrap();
    secrets.into_iter().filter(|secret| secret != "NULL").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_caller_decides_what_the_owners_rights_are_used_on() {
    let text = MIGRATIONS.replace("SET", "");
    let case = forbidden(RULE, &text, &["shared/1_members/up.sql:3"]).await;
    case.shared("public").await.unwrap();
    assert_eq!(secrets_of_mallory(&case).await, ["the secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn temporary_tables_come_first_unless_they_are_said_to_be_last() {
    let text = MIGRATIONS.replace("SET", "set search_path = public ");
    let case = forbidden(RULE, &text, &["shared/1_members/up.sql:3"]).await;
    case.shared("public").await.unwrap();
    assert_eq!(secrets_of_mallory(&case).await, ["the secret"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_whole_path_of_its_own_nobody_else_decides() {
    let text = MIGRATIONS.replace("SET", "set search_path = public, pg_temp ");
    let case = allowed(RULE, &text).await;
    case.shared("public").await.unwrap();
    assert_eq!(secrets_of_mallory(&case).await, [] as [&str; 0]);
}
