//! A package without a configuration, whose folders have the usual names.

const MIGRATIONS: multitenant_runtime::EmbeddedMigrations = multitenant_runtime::embed_migrations!();
const _: () = assert!(MIGRATIONS.settings().jobs == 4);

fn main() {}
