{#-
A row to begin with, in SQL. Seeds run again and again, so it must be there once, however often.

    tier, name   as in migration/create-table
    table        the table's name
    columns      those that are written, each with: name, value (SQL)
    unique       whether the columns hold a key, so that the same row once more is a conflict
-#}
{% if unique %}
INSERT INTO {{ table }} ({{ columns | map(attribute="name") | join(", ") }})
VALUES ({{ columns | map(attribute="value") | join(", ") }})
ON CONFLICT DO NOTHING;
{% else %}
INSERT INTO {{ table }} ({{ columns | map(attribute="name") | join(", ") }})
SELECT {{ columns | map(attribute="value") | join(", ") }}
WHERE NOT EXISTS (SELECT FROM {{ table }})
ON CONFLICT DO NOTHING;
{% endif %}
