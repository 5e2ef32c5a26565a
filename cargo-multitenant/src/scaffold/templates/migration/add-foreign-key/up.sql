{#-
A foreign key that new rows must hold; those that are there are not read. The migration after it is made of
validate-foreign-key.

    tier, name    as in create-table
    table         the table's name
    column        the name of its column
    foreign_key   the constraint's name
    references    the other table and its column: table, column
-#}
ALTER TABLE {{ table }}
    ADD CONSTRAINT {{ foreign_key }} FOREIGN KEY ({{ column }}) REFERENCES {{ references.table }} ({{ references.column }}) NOT VALID;
