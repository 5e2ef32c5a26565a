//! `shared-references-tenant`

use super::case::{allowed, forbidden};

const RULE: &str = "shared-references-tenant";

/// `ORDER` is the column that leads to an order.
const MIGRATIONS: &str = "-- file: shared/1_payments/up.sql
create table payments (id int primary key, ORDER);
-- file: tenant/1_orders/up.sql
create table orders (id int primary key);
";
const KEYS: &str = "select count(*) from pg_constraint where conrelid = 'public.payments'::regclass and contype = 'f'";

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_table_is_bound_to_one_tenant_or_cannot_be_made() {
    let text = MIGRATIONS.replace("ORDER", "order_id int references orders (id)");
    let case = forbidden(RULE, &text, &["shared/1_payments/up.sql:1"]).await;
    let error = case.shared("public").await.unwrap_err();
    assert!(error.contains("does not exist"), "{error}");

    // A path that leads into a tenant's schema, as a hand or a role's setting leaves it.
    case.tenant("a").await.unwrap();
    case.tenant("b").await.unwrap();
    case.shared("public, tenant_a").await.unwrap();
    case.as_tenant("b", "insert into orders values (7)").await.unwrap();
    let error = case.as_tenant("b", "insert into payments values (1, 7)").await.unwrap_err();
    assert!(error.contains("violates foreign key constraint"), "{error}");
    assert!(case.run("public", "drop schema tenant_a restrict").await.is_err());
    assert_eq!(case.rows("public", KEYS).await, ["1"]);
    case.run("public", "drop schema tenant_a cascade").await.unwrap();
    assert_eq!(case.rows("public", KEYS).await, ["0"], "the shared constraint went with the tenant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_id_binds_nobody() {
    let case = allowed(RULE, &MIGRATIONS.replace("ORDER", "tenant text, order_id int")).await.all().await;
    case.as_tenant("b", "insert into orders values (7); insert into payments values (1, 'b', 7)").await.unwrap();
    case.run("public", "drop schema tenant_a cascade").await.unwrap();
    assert_eq!(case.rows("public", "select tenant from payments").await, ["b"]);
}
