{#-
New columns of a table that is there. One without a default may be null, since code of the release before does not
write it. Unique columns and references have indexes, which are migrations of their own (add-index).

    tier, name   as in create-table
    table        the table's name
    columns      as in create-table; nullable is true of those without a default
-#}
ALTER TABLE {{ table }}
{% for column in columns %}
    ADD COLUMN {{ column.name }} {{ column.type }}
    {%- if not column.nullable %} NOT NULL{% endif %}
    {%- if column.default %} DEFAULT {{ column.default }}{% endif %}
    {%- if column.references %} CONSTRAINT {{ column.foreign_key }} REFERENCES {{ column.references.table }} ({{ column.references.column }}){% endif %}
    {{- "," if not loop.last else ";" }}
{% endfor %}
