//! The tables of these tests, and one that nobody has marked.

use diesel::prelude::*;

diesel::table! { users (id) { id -> Integer, name -> Text, boss -> Nullable<Integer>, } }
diesel::table! { posts (id) { id -> Integer, user_id -> Integer, title -> Text, score -> Integer, } }
diesel::table! { plans (id) { id -> Integer, name -> Text, } }
diesel::table! { secrets (id) { id -> Integer, user_id -> Integer, word -> Text, } }
diesel::joinable!(posts -> users (user_id));
diesel::joinable!(secrets -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(users, posts, plans, secrets);

multitenant_runtime::tenant_tables! { users, posts }
multitenant_runtime::shared_tables! { plans }

#[diesel::declare_sql_function]
extern "SQL" {
    fn upper(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

diesel::infix_operator!(Matches, " ~ ", diesel::sql_types::Bool);

#[derive(Queryable, Selectable, Identifiable, AsChangeset, Debug, PartialEq, Clone)]
#[diesel(table_name = users, treat_none_as_null = true)]
pub(crate) struct User {
    pub(crate) id: i32,
    pub(crate) name: String,
    pub(crate) boss: Option<i32>,
}

#[derive(Queryable, Selectable, Identifiable, Associations, Debug, PartialEq, Clone)]
#[diesel(table_name = posts, belongs_to(User))]
pub(crate) struct Post {
    pub(crate) id: i32,
    pub(crate) user_id: i32,
    pub(crate) title: String,
    pub(crate) score: i32,
}

#[derive(Insertable)]
#[diesel(table_name = posts)]
pub(crate) struct NewPost<'a> {
    pub(crate) user_id: i32,
    pub(crate) title: &'a str,
    pub(crate) score: i32,
}
