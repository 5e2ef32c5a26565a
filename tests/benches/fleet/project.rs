//! The project whose tenants are migrated, and fleets of them.

use std::path::PathBuf;

use multitenant_runtime::{MigrationSet, Migrator, Scope, Settings, SettingsText, State, Tier};

use super::measuring::server::{Server, connect};

/// Tenants at once, for ours and for the floor.
pub(crate) const JOBS: usize = 4;

/// A set of migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    /// A table.
    One,
    /// The same table, then a column more.
    Small,
    /// Five tables with keys and indexes, in five migrations.
    Five,
}

const ONE: diesel_migrations::EmbeddedMigrations = diesel_migrations::embed_migrations!("benches/fleet/migrations/one");
const SMALL: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("benches/fleet/migrations/small");
const FIVE: diesel_migrations::EmbeddedMigrations =
    diesel_migrations::embed_migrations!("benches/fleet/migrations/five");

impl Set {
    pub(crate) fn migrations(self) -> MigrationSet {
        let name = match self {
            Self::One => "one",
            Self::Small => "small",
            Self::Five => "five",
        };
        MigrationSet::from_folder(Tier::Tenant, &folder(name)).unwrap()
    }

    /// The same for Diesel's own harness.
    pub(crate) fn embedded(self) -> diesel_migrations::EmbeddedMigrations {
        match self {
            Self::One => ONE,
            Self::Small => SMALL,
            Self::Five => FIVE,
        }
    }

    /// The statements of each migration.
    pub(crate) fn statements(self) -> Vec<Vec<String>> {
        let up = |version: &str| std::fs::read_to_string(folder(version).join("up.sql")).unwrap();
        let split =
            |sql: String| sql.split(';').map(|sql| sql.trim().to_owned()).filter(|sql| !sql.is_empty()).collect();
        let set = match self {
            Self::One => "one",
            Self::Small => "small",
            Self::Five => "five",
        };
        self.migrations()
            .migrations()
            .iter()
            .map(|migration| split(up(&format!("{set}/{}", migration.name()))))
            .collect()
    }

    /// A query for how many tenants have all that the set makes.
    fn complete(self) -> &'static str {
        match self {
            Self::One => {
                "SELECT count(*) FROM pg_class WHERE relname = 'notes' AND relnamespace::regnamespace::text LIKE 'tenant%'"
            }
            Self::Small => "SELECT count(*) FROM pg_attribute WHERE attname = 'priority'",
            Self::Five => {
                "SELECT count(*) FROM (SELECT relnamespace FROM pg_class WHERE relname IN ('users', 'products', \
                 'orders', 'order_lines', 'invoices', 'users_name', 'products_price', 'orders_user_id', \
                 'orders_placed_at', 'order_lines_product_id', 'invoices_issued_on') \
                 AND relnamespace::regnamespace::text LIKE 'tenant%' GROUP BY 1 HAVING count(*) = 11) AS complete"
            }
        }
    }
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("benches/fleet/migrations").join(name)
}

/// The id of a tenant.
pub(crate) fn id(i: usize) -> String {
    format!("t{i:05}")
}

/// The schema of a tenant.
pub(crate) fn schema(i: usize) -> String {
    format!("tenant_{}", id(i))
}

pub(crate) fn migrator(url: &str, set: Set) -> Migrator {
    let shared = MigrationSet::from_folder(Tier::Shared, &folder("shared")).unwrap();
    let settings = Settings::try_from(SettingsText::DEFAULT).unwrap();
    Migrator::from_sets(Some(shared), set.migrations(), settings).database_url(url).jobs(JOBS).build().unwrap()
}

/// A database with a shared schema, a state table, and registered tenants whose schemas are empty.
pub(crate) async fn prepare(server: &Server, database: &str, tenants: usize) {
    server.control(&format!("CREATE DATABASE {database}")).await;
    let url = server.url(database);
    migrator(&url, Set::One).migrate(Scope::all()).await.unwrap();
    let client = connect(&url).await;
    let all: Vec<usize> = (0..tenants).collect();
    for some in all.chunks(500) {
        let schemas: String = some.iter().map(|&i| format!("CREATE SCHEMA {};", schema(i))).collect();
        client.batch_execute(&schemas).await.unwrap();
    }
    let rows =
        format!("INSERT INTO tenants SELECT 't' || lpad(i::text, 5, '0') FROM generate_series(0, {tenants} - 1) i");
    client.batch_execute(&rows).await.unwrap();
    client.batch_execute("ANALYZE").await.unwrap();
    leave(server, database, client).await;
}

/// Brings every tenant to a set.
pub(crate) async fn migrate(server: &Server, database: &str, set: Set) {
    let url = server.url(database);
    migrator(&url, set).migrate(Scope::all()).await.unwrap();
    let client = connect(&url).await;
    client.batch_execute("ANALYZE").await.unwrap();
    leave(server, database, client).await;
}

/// Waits until nobody is connected, so that the database can be copied.
async fn leave(server: &Server, database: &str, client: tokio_postgres::Client) {
    drop(client);
    let sql = format!("SELECT count(*)::text FROM pg_stat_activity WHERE datname = '{database}'");
    while server.ask(&sql).await != "0" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// Asserts that every tenant has the set's tables, and a history that says so.
pub(crate) async fn assert_complete(url: &str, set: Set, tenants: usize) {
    let complete: i64 = connect(url).await.query_one(set.complete(), &[]).await.unwrap().get(0);
    assert_eq!(complete, i64::try_from(tenants).unwrap(), "tenants that have it all");
    let plan = migrator(url, set).plan(Scope::all()).await.unwrap();
    assert_eq!(plan.tenants.len(), tenants, "registered tenants");
    let behind = plan.tenants.iter().filter(|tenant| tenant.state != State::UpToDate).count();
    assert_eq!(behind, 0, "tenants whose history says otherwise");
}
