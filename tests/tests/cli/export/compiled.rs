//! What is exported as Rust compiles, and can be queried and inserted.

#[expect(unreachable_pub, clippy::upper_case_acronyms, reason = "it is exported for a file of its own")]
mod schema {
    include!("../../../fixtures/export/schema.rs");
}

use diesel::pg::Pg;
use diesel::prelude::*;

use schema::{Currency, OrderNew, OrderState, UserNew, orders, plans, users};

#[test]
fn rows_are_read_joined_and_inserted() {
    let sql = |query: &dyn std::fmt::Display| query.to_string();
    let read = users::table.inner_join(plans::table).select((schema::User::as_select(), schema::Plan::as_select()));
    let text = sql(&diesel::debug_query::<Pg, _>(&read));
    assert!(text.contains("\"users\".\"2nd try\"") && text.contains("INNER JOIN \"public\".\"plans\""), "{text}");
    let user = UserNew { plan_id: 1, email: "a@b".to_owned(), flags: None, type_: Some(2), _2nd_try: None };
    let text = sql(&diesel::debug_query::<Pg, _>(&diesel::insert_into(users::table).values(&user)));
    assert!(text.contains("VALUES ($1, $2, DEFAULT, $3, DEFAULT)"), "{text}");
    let order = OrderNew {
        id: None,
        user_id: 1,
        state: Some(OrderState::Paid),
        states: Some(vec![Some(OrderState::New), None]),
        currency: Some(Currency::UsDollar),
        span: None,
        waits: None,
    };
    let text = sql(&diesel::debug_query::<Pg, _>(&diesel::insert_into(orders::table).values(&order)));
    assert!(text.contains("Paid") && text.contains("UsDollar"), "{text}");
}

#[test]
fn tables_are_marked() {
    fn tier<T: multitenant_runtime::table::Marked>() -> &'static str {
        std::any::type_name::<T::Tier>().rsplit("::").next().unwrap()
    }
    assert_eq!((tier::<plans::table>(), tier::<orders::table>()), ("Shared", "Tenant"));
}
