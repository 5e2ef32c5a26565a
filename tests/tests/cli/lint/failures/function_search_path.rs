//! `function-search-path`

use super::case::{allowed, forbidden};

const RULE: &str = "function-search-path";

/// `SET` is what the functions say of their path.
const MIGRATIONS: &str = "-- file: tenant/1_orders/up.sql
create table orders (id int primary key, price int);
create table changes (id int generated always as identity primary key, order_id int);
create function total() returns bigint language sql SETas 'select sum(price) from orders';
create function noted() returns trigger language plpgsql SETas
    $$ begin insert into changes (order_id) values (new.id); return new; end $$;
create trigger noted after insert on orders for each row execute function noted();
";
const ROWS: [(&str, &str); 2] =
    [("a", "insert into orders values (1, 10)"), ("b", "insert into orders values (1, 999)")];

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_path_decides_whose_rows_they_are() {
    let places = ["tenant/1_orders/up.sql:3", "tenant/1_orders/up.sql:4"];
    let case = forbidden(RULE, &MIGRATIONS.replace("SET", ""), &places).await.all().await;
    for (id, sql) in ROWS {
        case.as_tenant(id, sql).await.unwrap();
    }
    assert_eq!(case.rows_of("b", "select tenant_a.total()").await, ["999"], "the function of a returns what is b's");

    // A job or a restore that names the schema: one trigger fails, or writes to another tenant.
    let insert = "insert into tenant_a.orders values (2, 20)";
    assert!(case.run("public", insert).await.unwrap_err().contains("\"changes\" does not exist"));
    case.run("tenant_b", insert).await.unwrap();
    assert_eq!(case.rows_of("b", "select order_id from changes order by id").await, ["1", "2"], "the second is a's");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_path_of_their_own_it_does_not() {
    let text = MIGRATIONS.replace("SET", "set search_path from current ");
    let case = allowed(RULE, &text).await.all().await;
    for (id, sql) in ROWS {
        case.as_tenant(id, sql).await.unwrap();
    }
    assert_eq!(case.rows_of("b", "select tenant_a.total()").await, ["10"]);
    case.run("public", "insert into tenant_a.orders values (2, 20)").await.unwrap();
    assert_eq!(case.rows_of("a", "select order_id from changes order by id").await, ["1", "2"]);
    assert_eq!(case.rows_of("b", "select order_id from changes order by id").await, ["1"]);
}
