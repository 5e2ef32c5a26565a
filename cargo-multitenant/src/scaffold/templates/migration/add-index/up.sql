{#-
An index that is built while others write. It must be the only statement, see metadata.toml.

    tier, name   as in create-table
    table        the table's name
    index        the index's name
    unique       whether no two rows may have the same values
    columns      the names of its columns
-#}
CREATE {% if unique %}UNIQUE {% endif %}INDEX CONCURRENTLY {{ index }} ON {{ table }} ({{ columns | join(", ") }});
