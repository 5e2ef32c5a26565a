{#-
The index goes.

    tier, name, table, index, unique, columns: as in up.sql
-#}
DROP INDEX CONCURRENTLY {{ index }};
