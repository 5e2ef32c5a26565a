{#-
The structs of a table, put at the end of the file with the others.

    tier         "tenant" or "shared"
    table        the table's name
    path         where `table!` has it, as in crate::schema::orders
    model        the struct's name, as in Order
    mark         "TenantTable" or "SharedTable"
    columns      all of them, each with: name, rust (its type)
    new_columns  those that a new row is made of, each with: name, rust; one that the database can fill in is an Option
-#}
/// A row of `{{ table }}`.
#[derive(
    Debug,
    Clone,
    PartialEq,
    diesel::Identifiable,
    diesel::Queryable,
    diesel::Selectable,
    multitenant_runtime::{{ mark }},
)]
#[diesel(table_name = {{ path }}, check_for_backend(diesel::pg::Pg))]
pub struct {{ model }} {
{% for column in columns %}
    pub {{ column.name }}: {{ column.rust }},
{% endfor %}
}
{% if new_columns %}

/// What a new row of `{{ table }}` is made of; `None` is what the database puts in.
#[derive(Debug, Clone, PartialEq, diesel::Insertable)]
#[diesel(table_name = {{ path }}, check_for_backend(diesel::pg::Pg))]
pub struct New{{ model }} {
{% for column in new_columns %}
    pub {{ column.name }}: {{ column.rust }},
{% endfor %}
}
{% endif %}
