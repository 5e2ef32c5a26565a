//! `--tier` and `--table`.

use super::shop;

#[test]
fn tables_are_chosen_and_what_they_leave_is_said() {
    let project = shop();
    let answer = project.run(&["export", "--format", "mermaid", "--tier", "shared"]).code(0);
    assert!(answer.stdout.contains("shared_plans[") && !answer.stdout.contains("tenant_"), "{}", answer.stdout);
    let answer = project.run(&["export", "--format", "mermaid", "--table", "orders,order_users"]).code(0);
    assert!(!answer.stdout.contains("users ||") && answer.stdout.contains("tenant_orders ||--o{ tenant_order_users"));
    answer.complains(&["orders: orders_user_id_fkey leads to the tenant table users, which is not exported"]);
    let document = project.run(&["export", "--format", "json-schema", "--table", "orders"]).code(0).json();
    // A type of the other tier comes with the column that is of it.
    let names = |tier: &str| document["$defs"][tier]["$defs"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(
        (names("shared"), names("tenant")),
        (vec!["currency".into()], vec!["order_state".into(), "orders".into()])
    );
    let answer = project.run(&["export", "--format", "rust", "--tier", "tenant"]).code(0);
    assert!(!answer.stdout.contains("joinable!(users -> plans"), "{}", answer.stdout);
}

#[test]
fn a_table_that_is_not_there_is_named_with_one_that_is() {
    let project = shop();
    let export = |args: &[&str]| project.run(&[&["export", "--format", "rust"], args].concat()).code(4);
    export(&["--table", "ordes"]).complains(&["there is no table \"ordes\": did you mean \"orders\"?"]);
    export(&["--table", "xyz"]).complains(&["there is no table \"xyz\": there are plans, order_users, orders, users"]);
    export(&["--table", "plans", "--tier", "tenant"]).complains(&["other tier", "--tier shared"]);
    assert_eq!(export(&["--table", "../../evil"]).stdout, "");
}
