//! A database with two tenants, in whose rows their names stand.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::testing::{TestDatabase, TestingError};
use multitenant_runtime::{
    EmbeddedMigrations, EmbeddedSet, Migrator, OnBehind, RegistryText, RoutedConn, SettingsText, SharedConn,
    TenantConn, TenantPool,
};

pub(crate) const TENANTS: [&str; 2] = ["one", "two"];

const SHARED: &str = "CREATE TABLE plans (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'free');
    INSERT INTO plans (name) VALUES ('small'), ('large');
    CREATE TABLE secrets (id serial PRIMARY KEY, user_id int NOT NULL, word text NOT NULL);
    INSERT INTO secrets (user_id, word) VALUES (1, 'hush');";

const TENANT: &str = "CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL, boss int);
    INSERT INTO users (name, boss) VALUES ('ann of {}', NULL), ('bob of {}', 1);
    CREATE TABLE posts (id serial PRIMARY KEY, user_id int NOT NULL, title text NOT NULL, score int NOT NULL);
    INSERT INTO posts (user_id, title, score) VALUES
        (1, 'first of {}', 1), (1, 'second of {}', 5), (2, 'third of {}', 2);";

pub(crate) struct Database {
    pool: TenantPool,
    _made: TestDatabase,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let made = TestDatabase::from_template("scope", async |url: &str| {
            let mut conn = AsyncPgConnection::establish(url).await?;
            let mut sql = SHARED.to_owned();
            for tenant in TENANTS {
                sql += &format!("CREATE SCHEMA tenant_{tenant}; SET search_path = tenant_{tenant};");
                sql += &TENANT.replace("{}", tenant);
            }
            conn.batch_execute(&sql).await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
        });
        let made: Result<TestDatabase, TestingError> = made.await;
        let made = made.unwrap();
        Self { pool: pool(made.url()), _made: made }
    }

    pub(crate) async fn tenant(&self, name: &str) -> TenantConn {
        self.pool.tenant(name).await.unwrap()
    }

    pub(crate) async fn shared(&self) -> SharedConn {
        self.pool.shared().await.unwrap()
    }

    pub(crate) async fn routed(&self, name: &str) -> RoutedConn {
        self.pool.routed(name).await.unwrap()
    }
}

/// Over schemas that no migration has made.
fn pool(url: &str) -> TenantPool {
    let settings = SettingsText { registry: RegistryText::List { ids: &TENANTS }, ..SettingsText::DEFAULT };
    let migrations = EmbeddedMigrations::new(None, EmbeddedSet::new("", &[]), settings);
    let migrator = Migrator::embedded(migrations).database_url(url).build().unwrap();
    migrator.pool().on_behind(OnBehind::Serve).build().unwrap()
}

/// Runs the test on a connection of each tenant, at the same time, as tasks: so its future has to be `Send`.
pub(crate) async fn for_each_tenant<F>(test: fn(TenantConn, &'static str) -> F)
where
    F: Future<Output = diesel::QueryResult<()>> + Send + 'static,
{
    let database = Database::new().await;
    let mut tasks = Vec::new();
    for tenant in TENANTS {
        tasks.push(tokio::spawn(test(database.tenant(tenant).await, tenant)));
    }
    for task in tasks {
        task.await.unwrap().unwrap();
    }
}

/// What the tenant's rows say.
pub(crate) fn of(tenant: &str, texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| format!("{text} of {tenant}")).collect()
}
