{#-
    tier, name   as in create-table
-#}
-- Undoes up.sql in {{ "a tenant's" if tier == "tenant" else "the shared" }} schema.
