{#-
The columns go, with what was in them.

    tier, name, table, columns: as in up.sql
-#}
ALTER TABLE {{ table }}
{% for column in columns %}
    DROP COLUMN {{ column.name }}{{ "," if not loop.last else ";" }}
{% endfor %}
