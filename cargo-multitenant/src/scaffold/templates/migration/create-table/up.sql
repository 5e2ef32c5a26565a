{#-
A new table.

    tier         "tenant" or "shared"
    name         the migration's name
    table        the table's name
    uuid         whether its id is a uuid; else the database counts
    columns      those asked for, each with: name, type, nullable, unique, default (SQL or none),
                 references (none, or with table and column), and the names index, key and foreign_key
    timestamps   whether it has created_at and updated_at
    soft_delete  whether it has deleted_at
-#}
CREATE TABLE {{ table }} (
{% if uuid %}
    id uuid PRIMARY KEY DEFAULT gen_random_uuid()
{%- else %}
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY
{%- endif %}
{%- for column in columns %},
    {{ column.name }} {{ column.type }}
    {%- if not column.nullable %} NOT NULL{% endif %}
    {%- if column.default %} DEFAULT {{ column.default }}{% endif %}
    {%- if column.unique %} CONSTRAINT {{ column.key }} UNIQUE{% endif %}
    {%- if column.references %} CONSTRAINT {{ column.foreign_key }} REFERENCES {{ column.references.table }} ({{ column.references.column }}){% endif %}
{%- endfor %}
{%- if timestamps %},
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
{%- endif %}
{%- if soft_delete %},
    deleted_at timestamptz
{%- endif %}

);
{% for column in columns if column.references and not column.unique %}

CREATE INDEX {{ column.index }} ON {{ table }} ({{ column.name }});
{% endfor %}
