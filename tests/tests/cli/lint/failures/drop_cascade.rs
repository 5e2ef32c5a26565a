//! `drop-cascade`

use super::case::{Case, allowed, forbidden};

const RULE: &str = "drop-cascade";

/// `DROP` is how the template goes.
const MIGRATIONS: &str = "-- file: shared/1_rates/up.sql
create table rates (id int primary key);
-- file: shared/2_goes/up.sql
drop table rates DROP;
";

/// What depends on the shared table in a tenant's schema.
async fn view_of_a(case: &Case) -> Vec<String> {
    case.rows("public", "select to_regclass('tenant_a.todays_rates') is not null").await
}

async fn with_a_view(case: &Case) {
    case.run("public", "create table rates (id int primary key); create view tenant_a.todays_rates as table rates")
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reaches_into_the_tenants_schemas() {
    let case = forbidden(RULE, &MIGRATIONS.replace("DROP", "cascade"), &["shared/2_goes/up.sql:1"]).await;
    with_a_view(&case).await;
    case.run("public", &case.script("shared/2_goes/up.sql")).await.unwrap();
    assert_eq!(view_of_a(&case).await, ["f"], "gone without a word");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_it_postgresql_says_what_depends() {
    let case = allowed(RULE, &MIGRATIONS.replace(" DROP", "")).await;
    with_a_view(&case).await;
    let error = case.run("public", &case.script("shared/2_goes/up.sql")).await.unwrap_err();
    assert!(error.contains("depend"), "{error}");
    assert_eq!(view_of_a(&case).await, ["t"]);
}
