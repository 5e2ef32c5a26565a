//! `no-cascade-delete`

use super::case::{allowed, forbidden};

const RULE: &str = "no-cascade-delete";

/// `ACTION` is what the key does.
const MIGRATIONS: &str = "-- file: shared/1_users/up.sql
create table users (id int primary key);
insert into users values (1);
-- file: tenant/1_orders/up.sql
create table orders (id int primary key, user_id int references users (id) on delete ACTION);
create index orders_user_id on orders (user_id);
insert into orders values (1, 1);
";

#[tokio::test(flavor = "multi_thread")]
async fn one_delete_takes_rows_out_of_all_tenants() {
    let case =
        forbidden(RULE, &MIGRATIONS.replace("ACTION", "cascade"), &["tenant/1_orders/up.sql:1"]).await.all().await;
    case.as_tenant("a", "delete from users").await.unwrap();
    assert_eq!(case.rows_of("b", "select id from orders").await, [] as [&str; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_restricts_keeps_them() {
    let case = allowed(RULE, &MIGRATIONS.replace("ACTION", "restrict")).await.all().await;
    assert!(case.as_tenant("a", "delete from users").await.unwrap_err().contains("foreign key"));
    assert_eq!(case.rows_of("b", "select id from orders").await, ["1"]);
}
