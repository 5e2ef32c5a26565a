#[derive(diesel::query_builder::QueryId, diesel::sql_types::SqlType)]
#[diesel(postgres_type(name = "mood", schema = "public"))]
pub(crate) struct Mood;
