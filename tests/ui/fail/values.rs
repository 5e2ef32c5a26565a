use multitenant_runtime::embed_migrations;

fn main() {
    embed_migrations!(config = "fixtures/config/values.toml");
    //~^ ERROR fixtures/config/values.toml:2:17: database.shared_schema: the schema belongs to PostgreSQL
    //~^^ ERROR fixtures/config/values.toml:4:15: isolation.schema_name: the schema template must hold `{id}` exactly once
    //~^^^ ERROR fixtures/config/values.toml:5:15: isolation.search_path: must begin with "{tenant}"
    //~^^^^ ERROR fixtures/config/values.toml:6:13: isolation.role_name: the template of roles must hold `{schema}` exactly once
    //~^^^^^ ERROR fixtures/config/values.toml:7:20: isolation.application_role: the name means something else
    //~^^^^^^ ERROR fixtures/config/values.toml:9:9: tenants.table: the name has more than 63 bytes
    //~^^^^^^^ ERROR fixtures/config/values.toml:10:13: tenants.id_column: the name is empty
    //~^^^^^^^^ ERROR fixtures/config/values.toml:11:17: tenants.schema_column: the name holds a NUL character
    //~^^^^^^^^^ ERROR fixtures/config/values.toml:12:10: tenants.filter: is empty
    //~^^^^^^^^^^ ERROR fixtures/config/values.toml:13:19: tenants.archived_column: the name holds a NUL character
    //~^^^^^^^^^^^ ERROR fixtures/config/values.toml:14:19: tenants.archived_schema: the template of archived schemas must hold `{schema}` exactly once
    //~^^^^^^^^^^^^ ERROR fixtures/config/values.toml:16:9: migrations.table: the name is empty
    //~^^^^^^^^^^^^^ ERROR fixtures/config/values.toml:17:16: migrations.shared_table: the name is empty
    //~^^^^^^^^^^^^^^ ERROR fixtures/config/values.toml:18:16: migrations.lock_timeout: this is no duration
    //~^^^^^^^^^^^^^^^ ERROR fixtures/config/values.toml:19:21: migrations.statement_timeout: this is no duration
    //~^^^^^^^^^^^^^^^^ ERROR fixtures/config/values.toml:20:8: migrations.jobs: 0 workers would do nothing
    embed_migrations!(config = "fixtures/config/list_value.toml"); //~ ERROR list_value.toml:3:7: tenants.ids: one of the ids is empty
    embed_migrations!(config = "fixtures/config/query_value.toml"); //~ ERROR query_value.toml:3:9: tenants.query: is empty
}
