{#-
For all else.

    tier, name   as in create-table
-#}
{% if tier == "tenant" %}
-- Applied to every tenant's schema: name no schema, the search_path has the tenant's first.
{% else %}
-- Applied to the shared schema.
{% endif %}
