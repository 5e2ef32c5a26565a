use multitenant_runtime::embed_migrations;

fn main() {
    embed_migrations!(config = "fixtures/config/newer.toml"); //~ ERROR fixtures/config/newer.toml:1:10: format: the configuration has format 2, and this version understands up to 1: upgrade
    embed_migrations!(config = "fixtures/config/older.toml"); //~ ERROR older.toml:1:10: format: there is no such format
    embed_migrations!(config = "fixtures/config/syntax.toml"); //~ ERROR fixtures/config/syntax.toml:2:
    embed_migrations!(config = "fixtures/config/latin1.toml"); //~ ERROR fixtures/config/latin1.toml cannot be read: it is not UTF-8
    embed_migrations!(config = "fixtures/config/query.toml"); //~ ERROR query.toml:2:10: tenants.source: this source needs `query`
    //~^ ERROR query.toml:3:7: tenants.ids: `ids` belongs to source = "list", and the source is "query"
    embed_migrations!(config = "fixtures/config/list.toml"); //~ ERROR list.toml:2:10: tenants.source: this source needs `ids`
    embed_migrations!(config = "fixtures/config/source.toml"); //~ ERROR source.toml:2:10: tenants.source: unknown source
    embed_migrations!(config = "fixtures/config/section.toml"); //~ ERROR section.toml:1:11: tenants: this is a section: write `[tenants]`
    //~^ ERROR section.toml:3:17: the folder nowhere does not exist in
    embed_migrations!(config = "fixtures/misunderstood/multitenant.toml"); //~ ERROR misunderstood/multitenant.toml:2:10: migrations.folder: this is a number: write a text
    embed_migrations!(config = "fixtures/config/same.toml"); //~ ERROR migrations/tenant holds both the shared and the tenants' migrations
}
