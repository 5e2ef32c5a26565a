//! What Diesel knows of both schemas. The shared tables are named with theirs; the tenants' are not, and so are
//! found by the `search_path`.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    public.plans (id) {
        id -> Integer,
        name -> Text,
        monthly_price -> Integer,
    }
}

table! {
    users (id) {
        id -> Integer,
        name -> Text,
        plan_id -> Integer,
    }
}

table! {
    orders (id) {
        id -> Integer,
        user_id -> Integer,
        total -> Integer,
    }
}

joinable!(users -> plans (plan_id));
joinable!(orders -> users (user_id));
allow_tables_to_appear_in_same_query!(plans, users, orders);
