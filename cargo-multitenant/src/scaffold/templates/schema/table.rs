{#-
The table as Diesel knows it, put at the end of the file with the others.

    tier         "tenant" or "shared"
    table        the table's name
    schema       the shared schema, of a shared table; else none
    columns      all of them, each with: name, diesel (its type, with Nullable)
    joins        tables that it refers to, each with: table, path (its module, or none where it is declared in the
                 same file) and column (none where there are several ways to join)
-#}
diesel::table! {
    {{ schema ~ "." if schema else "" }}{{ table }} (id) {
{% for column in columns %}
        {{ column.name }} -> {{ column.diesel }},
{% endfor %}
    }
}
{% for join in joins %}

{% if join.path %}
const _: () = {
    use {{ join.path }}::{{ join.table }};
{% if join.column %}
    diesel::joinable!({{ table }} -> {{ join.table }} ({{ join.column }}));
{% endif %}
    diesel::allow_tables_to_appear_in_same_query!({{ table }}, {{ join.table }});
};
{% else %}
{% if join.column %}
diesel::joinable!({{ table }} -> {{ join.table }} ({{ join.column }}));
{% endif %}
diesel::allow_tables_to_appear_in_same_query!({{ table }}, {{ join.table }});
{% endif %}
{% endfor %}
