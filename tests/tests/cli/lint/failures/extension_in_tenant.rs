//! `extension-in-tenant`

use super::case::{allowed, forbidden};

const RULE: &str = "extension-in-tenant";

const TABLE: &str = "create table people (id int primary key, mail citext);\n";
const EXTENSIONS: &str =
    "select nspname from pg_extension join pg_namespace n on n.oid = extnamespace where extname = 'citext'";

#[tokio::test(flavor = "multi_thread")]
async fn the_first_tenant_has_it_and_takes_it_away() {
    let text = format!("-- file: tenant/1_people/up.sql\ncreate extension if not exists citext;\n{TABLE}");
    let case = forbidden(RULE, &text, &["tenant/1_people/up.sql:1"]).await;
    case.tenant("a").await.unwrap();
    assert_eq!(case.rows("public", EXTENSIONS).await, ["tenant_a"]);
    let error = case.tenant("b").await.unwrap_err();
    assert!(error.contains("\"citext\" does not exist"), "{error}");
    case.run("public", "drop schema tenant_a cascade").await.unwrap();
    assert_eq!(case.rows("public", EXTENSIONS).await, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn in_the_shared_schema_all_have_it() {
    let shared = "-- file: shared/1_citext/up.sql\ncreate extension if not exists citext with schema public;\n";
    let case = allowed(RULE, &format!("{shared}-- file: tenant/1_people/up.sql\n{TABLE}")).await.all().await;
    case.run("public", "drop schema tenant_a cascade").await.unwrap();
    case.as_tenant("b", "insert into people values (1, 'A'::citext)").await.unwrap();
}
