//! What is asked on a terminal.

use super::case::{COLUMNS, described, project};
use crate::terminal::on_a_terminal;

#[tokio::test]
#[expect(clippy::disallowed_macros, reason = "a test that is left out says so")]
async fn a_new_name_is_asked_for_and_keeps_the_rows() {
    let tenant = "create table orders (id serial primary key, note text not null, total int, left_over int); \
                  create table items (id int primary key, order_id int references orders, order_note text);";
    let code =
        "table! { purchases { id -> Int4, remark -> Text, total -> Nullable<Int4>, left_over -> Nullable<Int4>, } }
                table! { items { id -> Int4, order_id -> Nullable<Int4>, order_note -> Nullable<Text>, } }";
    let project = project("", tenant, code).await;
    project.run(&["migrate"]).code(0);
    project.sql("insert into tenant_a.orders (note) values ('mine'); insert into tenant_a.items values (1, 1)").await;
    let before = described(&project).await;
    let args = ["generate", "tenant", "change", "--from-schema"];
    // Whoever says no is told what would be lost, and nothing is written.
    let Some(answer) = on_a_terminal(&project, &args, "n") else {
        eprintln!("skipped: there is no `script` of util-linux");
        return;
    };
    answer.code(13).says(&["Is purchases the new name of orders?", "the table orders with all of its rows"]);
    let answer = on_a_terminal(&project, &args, "yy").unwrap().code(0);
    answer.says(&["Is purchases the new name of orders?", "Is purchases.remark the new name of purchases.note?"]);
    project.run(&["migrate"]).code(0);
    let rows =
        "select remark || ' ' || order_id from tenant_a.purchases join tenant_a.items on order_id = purchases.id";
    assert_eq!(project.texts(rows).await, ["mine 1"]);
    assert_eq!(
        project.texts(COLUMNS).await,
        [
            "items.id int4 NO",
            "items.order_id int4 YES",
            "items.order_note text YES",
            "purchases.id int4 NO nextval('tenant_a.orders_id_seq'::regclass)",
            "purchases.remark text NO",
            "purchases.total int4 YES",
            "purchases.left_over int4 YES",
        ]
    );
    project.run(&["rollback", "tenants", "--steps", "1", "--yes"]).code(0);
    assert_eq!(described(&project).await, before);
    assert_eq!(project.texts("select note from tenant_a.orders").await, ["mine"]);
}
