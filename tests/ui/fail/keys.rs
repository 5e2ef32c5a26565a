use multitenant_runtime::embed_migrations;

fn main() {
    embed_migrations!(config = "fixtures/config/keys.toml");
    //~^ ERROR fixtures/config/keys.toml:1:1: unknown key `formt`: did you mean `format`?
    //~^^ ERROR fixtures/config/keys.toml:2:1: unknown key `stray` outside any section
    //~^^^ ERROR fixtures/config/keys.toml:4:1: unknown key `urls` in [database]: did you mean `url`?
    //~^^^^ ERROR fixtures/config/keys.toml:5:19: database.max_connections: 0 connections reach nothing
    //~^^^^^ ERROR fixtures/config/keys.toml:6:15: database.migrate_url: this is a number: write a text
    //~^^^^^^ ERROR fixtures/config/keys.toml:8:12: isolation.strategy: unknown strategy
    //~^^^^^^^ ERROR fixtures/config/keys.toml:9:19: isolation.role_per_tenant: this is a text: write `true` or `false`
    //~^^^^^^^^ ERROR fixtures/config/keys.toml:10:15: isolation.search_path: this is a text: write a list of texts
    //~^^^^^^^^^ ERROR fixtures/config/keys.toml:11:1: unknown key `schema_nam` in [isolation]: did you mean `schema_name`?
    //~^^^^^^^^^^ ERROR fixtures/config/keys.toml:13:7: tenants.ids: `ids` belongs to source = "list", and the source is "table"
    //~^^^^^^^^^^^ ERROR fixtures/config/keys.toml:14:1: unknown key `quer` in [tenants]: did you mean `query`?
    //~^^^^^^^^^^^^ ERROR fixtures/config/keys.toml:15:2: unknown section [migration]: did you mean [migrations]?
    //~^^^^^^^^^^^^^ ERROR fixtures/config/keys.toml:18:8: migrations.jobs: this is a number: write a whole number from 0
    //~^^^^^^^^^^^^^^ ERROR fixtures/config/keys.toml:19:16: migrations.lock_timeout: this is a number: write a text
    //~^^^^^^^^^^^^^^^ ERROR fixtures/config/keys.toml:20:17: migrations.shared_folder: is empty
    //~^^^^^^^^^^^^^^^^ ERROR fixtures/config/keys.toml:21:10: the folder migrations/nowhere does not exist in
}
