//! `cross-tenant-reference`

use super::case::{allowed, forbidden};

const RULE: &str = "cross-tenant-reference";

/// `FROM` is where the rows of the second migration come from.
const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
create table orders (id int primary key, note text);
-- file: tenant/2_copies/up.sql
insert into orders select id + 100, note from FROM;
";

#[tokio::test(flavor = "multi_thread")]
async fn every_tenant_gets_one_tenants_rows() {
    let case = forbidden(RULE, &MIGRATIONS.replace("FROM", "tenant_a.orders"), &["tenant/2_copies/up.sql:1"]).await;
    case.next("a").await;
    case.as_tenant("a", "insert into orders values (1, 'secret of a')").await.unwrap();
    case.tenant("b").await.unwrap();
    assert_eq!(case.rows_of("b", "select note from orders").await, ["secret of a"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_schema_it_gets_its_own() {
    let case = allowed(RULE, &MIGRATIONS.replace("FROM", "orders")).await;
    case.next("a").await;
    case.as_tenant("a", "insert into orders values (1, 'secret of a')").await.unwrap();
    case.tenant("b").await.unwrap();
    assert_eq!(case.rows_of("b", "select note from orders").await, [] as [&str; 0]);
}
