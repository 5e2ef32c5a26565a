//! A package with a configuration of its own.

const MIGRATIONS: multitenant_runtime::EmbeddedMigrations = multitenant_runtime::embed_migrations!();
const _: () = assert!(MIGRATIONS.settings().jobs == 7);

fn main() {}
