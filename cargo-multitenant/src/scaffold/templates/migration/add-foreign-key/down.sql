{#-
The foreign key goes.

    tier, name, table, column, foreign_key, references: as in up.sql
-#}
ALTER TABLE {{ table }} DROP CONSTRAINT {{ foreign_key }};
