{#-
The same in Rust, with the project's library at hand.

    tier, name, table, columns, unique: as in seed.sql
-#}
use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

/// Rows of `{{ table }}` to begin with, which are there once, however often this runs.
pub async fn seed(conn: &mut AsyncPgConnection) -> QueryResult<()> {
    diesel::sql_query(
        r"INSERT INTO {{ table }} ({{ columns | map(attribute="name") | join(", ") }})
{% if unique %}
        VALUES ({{ columns | map(attribute="value") | join(", ") }})
{% else %}
        SELECT {{ columns | map(attribute="value") | join(", ") }}
        WHERE NOT EXISTS (SELECT FROM {{ table }})
{% endif %}
        ON CONFLICT DO NOTHING",
    )
    .execute(conn)
    .await?;
    Ok(())
}
