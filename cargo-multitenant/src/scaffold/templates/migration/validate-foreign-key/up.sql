{#-
All rows are read, while others write, and the foreign key holds for them too.

    tier, name, table, column, foreign_key, references: as in add-foreign-key
-#}
ALTER TABLE {{ table }} VALIDATE CONSTRAINT {{ foreign_key }};
