{#-
Back to a foreign key that rows from before need not hold.

    tier, name, table, column, foreign_key, references: as in add-foreign-key
-#}
ALTER TABLE {{ table }}
    DROP CONSTRAINT {{ foreign_key }},
    ADD CONSTRAINT {{ foreign_key }} FOREIGN KEY ({{ column }}) REFERENCES {{ references.table }} ({{ references.column }}) NOT VALID;
