{#-
The table goes, with its rows.

    tier, name, table, uuid, columns, timestamps, soft_delete: as in up.sql
-#}
DROP TABLE {{ table }};
