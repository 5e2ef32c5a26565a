use multitenant_runtime::{EmbeddedMigrations, embed_migrations};

const ALL: EmbeddedMigrations = embed_migrations!(
    folder = "x", //~ ERROR unknown argument `folder`: expected `config`, `shared` or `tenant`
    shared = migrations, //~ ERROR `shared` is a path: write it as a text
    tenant = "", //~ ERROR `tenant` is empty
    config = "fixtures/config/nowhere.toml",
    config = "fixtures/config/keys.toml", //~ ERROR `config` is given twice
    "migrations", //~ ERROR arguments have names: write `tenant = "…"`
);

const CONFIG: EmbeddedMigrations = embed_migrations!(
    config = "fixtures/config/nowhere.toml", //~ ERROR the configuration fixtures/config/nowhere.toml does not exist in
);

const FOLDERS: EmbeddedMigrations = embed_migrations!(
    shared = "fixtures/nowhere", //~ ERROR the folder fixtures/nowhere does not exist in
    tenant = "fixtures/good/multitenant.toml", //~ ERROR the folder fixtures/good/multitenant.toml does not exist in
);

const SAME: EmbeddedMigrations = embed_migrations!(
    shared = "fixtures/good/tenant",
    tenant = "./fixtures/good/tenant/", //~ ERROR fixtures/good/tenant holds both the shared and the tenants' migrations
);

const NOTHING: EmbeddedMigrations = embed_migrations!(); //~ ERROR there is neither a multitenant.toml nor a folder migrations/tenant
//~^ ERROR create the folder (`cargo multitenant generate tenant NAME`), or a multitenant.toml
//~^^ ERROR embed_migrations!(tenant = "…")

fn main() {
    let _ = (ALL, CONFIG, FOLDERS, SAME, NOTHING);
}
