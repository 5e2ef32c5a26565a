//! The database whose tenants are asked, and what is asked of them.

use std::path::PathBuf;

use multitenant_runtime::{MigrationSet, Migrator, Scope, Settings, SettingsText, Tier};

use super::measuring::server::{Server, connect};

pub(crate) const DATABASE: &str = "requests";

/// Rows of each tenant.
pub(crate) const NOTES: i32 = 10;

/// Connections that each contender may have, but for the pool per tenant.
pub(crate) const CONNECTIONS: usize = 10;

diesel::table! {
    notes (id) {
        id -> Integer,
        body -> Text,
    }
}

multitenant_runtime::tenant_tables! { notes }

/// The id of a tenant.
pub(crate) fn id(tenant: usize) -> String {
    format!("t{tenant:05}")
}

/// The schema of a tenant.
pub(crate) fn schema(tenant: usize) -> String {
    format!("tenant_{}", id(tenant))
}

/// What a row holds.
pub(crate) fn body(tenant: usize, note: i32) -> String {
    format!("{} note {note}", schema(tenant))
}

pub(crate) fn migrator(url: &str) -> Migrator {
    let set = |tier, name: &str| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/requests/migrations").join(name);
        MigrationSet::from_folder(tier, &folder).unwrap()
    };
    let settings = Settings::try_from(SettingsText::DEFAULT).unwrap();
    Migrator::from_sets(Some(set(Tier::Shared, "shared")), set(Tier::Tenant, "tenant"), settings)
        .database_url(url)
        .jobs(4)
        .build()
        .unwrap()
}

/// Makes the database, with so many tenants: schemas and rows of the registry by plain SQL, tables, histories and
/// state rows by the migrator, as an application would have them.
pub(crate) async fn prepare(server: &Server, tenants: usize) {
    server.control(&format!("CREATE DATABASE {DATABASE}")).await;
    let url = server.url(DATABASE);
    migrator(&url).migrate(Scope::all()).await.unwrap();
    let client = connect(&url).await;
    let all: Vec<usize> = (0..tenants).collect();
    for some in all.chunks(500) {
        let schemas: String = some.iter().map(|&tenant| format!("CREATE SCHEMA {};", schema(tenant))).collect();
        let rows: Vec<String> = some.iter().map(|&tenant| format!("('{}')", id(tenant))).collect();
        client.batch_execute(&format!("{schemas} INSERT INTO tenants VALUES {}", rows.join(","))).await.unwrap();
    }
    let report = migrator(&url).migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, tenants);
    for sql in ["VACUUM ANALYZE", "CHECKPOINT"] {
        client.batch_execute(sql).await.unwrap();
    }
}
