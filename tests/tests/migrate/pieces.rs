//! Tenants with more objects than the server can lock at once, on a server that can lock few.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{
    Error, MigrationSet, Migrator, NewTenant, OldTenant, Scope, Selection, Settings, SettingsText, TenantId, Tier,
};
use tokio_postgres::Client;

/// More than fit: some nine objects each.
const TABLES: usize = 150;

struct Small {
    server: EmbeddedServer,
    folder: tempfile::TempDir,
}

impl Small {
    async fn new() -> Self {
        let server = EmbeddedServer::builder()
            .setting("max_locks_per_transaction", "10")
            .setting("max_connections", "20")
            .setting("autovacuum", "off")
            .start()
            .unwrap();
        let folder = tempfile::tempdir().unwrap();
        for (file, sql) in [
            ("shared/1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);"),
            ("tenant/1_users", "CREATE TABLE users (id serial PRIMARY KEY, name text);"),
        ] {
            std::fs::create_dir_all(folder.path().join(file)).unwrap();
            std::fs::write(folder.path().join(file).join("up.sql"), sql).unwrap();
        }
        let small = Self { server, folder };
        small.migrator().migrate(Scope::all()).await.unwrap();
        small.tenant("big", TABLES).await;
        small
    }

    fn migrator(&self) -> Migrator {
        let set = |tier, name| MigrationSet::from_folder(tier, &self.folder.path().join(name)).unwrap();
        let settings = Settings::try_from(SettingsText { role_per_tenant: true, ..SettingsText::DEFAULT }).unwrap();
        Migrator::from_sets(Some(set(Tier::Shared, "shared")), set(Tier::Tenant, "tenant"), settings)
            .database_url(self.server.url("postgres"))
            .build()
            .unwrap()
    }

    async fn client(&self) -> Client {
        let (client, connection) =
            tokio_postgres::connect(&self.server.url("postgres"), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// A tenant with so many tables beside its own, which refer to each other, and views on some.
    async fn tenant(&self, id: &str, tables: usize) {
        self.migrator().create_tenant(NewTenant::new(id).unwrap()).await.unwrap();
        let client = self.client().await;
        client
            .batch_execute(&format!(
                "SET search_path = tenant_{id}; CREATE TABLE parts (id int) PARTITION BY LIST (id)"
            ))
            .await
            .unwrap();
        for i in 0..tables {
            let sql = match i % 10 {
                0 => format!("CREATE TABLE part{i} PARTITION OF parts FOR VALUES IN ({i})"),
                1 => format!("CREATE VIEW view{i} AS SELECT id FROM users"),
                2 => format!("CREATE SEQUENCE number{i}"),
                _ => format!("CREATE TABLE t{i} (id serial PRIMARY KEY, name text UNIQUE, u int REFERENCES users)"),
            };
            client.batch_execute(&sql).await.unwrap();
        }
    }

    /// Schemas, rows, state rows and roles that are there beside the small ones.
    async fn left(&self) -> (Vec<String>, i64, i64, i64) {
        let client = self.client().await;
        let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^(tenant|dropped)_' ORDER BY 1";
        let schemas = client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect();
        let sql = "SELECT (SELECT count(*) FROM tenants), (SELECT count(*) FROM multitenant.targets WHERE tenant IS NOT NULL), \
                   (SELECT count(*) FROM pg_roles WHERE rolname ~ '^postgres_(tenant|dropped)_')";
        let row = client.query_one(sql, &[]).await.unwrap();
        (schemas, row.get(0), row.get(1), row.get(2))
    }
}

fn big() -> TenantId {
    TenantId::new("big").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_transaction_cannot_hold_goes_in_pieces() {
    let small = Small::new().await;
    let client = small.client().await;
    let failure = client.batch_execute("BEGIN; DROP SCHEMA tenant_big CASCADE").await.unwrap_err();
    assert_eq!(failure.code().unwrap().code(), "53200", "the server is as small as it is meant to be");
    client.batch_execute("ROLLBACK").await.unwrap();
    small.tenant("little", 3).await;
    let dropped = small.migrator().drop_tenant(&big()).await.unwrap();
    assert_eq!(dropped.target.schema().as_str(), "tenant_big");
    assert!(dropped.role.is_some() && dropped.role_left.is_none(), "{dropped:?}");
    assert_eq!(small.left().await, (vec!["tenant_little".to_owned()], 1, 1, 1));
    // One that fits goes as ever.
    small.migrator().drop_tenant(&TenantId::new("little").unwrap()).await.unwrap();
    assert_eq!(small.left().await, (vec![], 0, 0, 0));
    let error = small.migrator().drop_tenant(&big()).await.unwrap_err();
    assert!(matches!(error, Error::UnknownTenants(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_interrupted_is_gone_for_everybody_and_dropped_by_the_next() {
    let small = Small::new().await;
    let client = small.client().await;
    // One table cannot be dropped now.
    client.batch_execute("BEGIN; LOCK TABLE tenant_big.t3 IN ACCESS SHARE MODE").await.unwrap();
    let migrator = small.migrator();
    let run = tokio::spawn(async move { migrator.drop_tenant(&big()).await });
    let other = small.client().await;
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DROP TABLE%' AND wait_event_type = 'Lock'";
    while other.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    run.abort();
    let _ = run.await;
    client.batch_execute("COMMIT").await.unwrap();
    let (schemas, rows, states, _) = small.left().await;
    assert!(schemas.len() == 1 && schemas[0].starts_with("dropped_"), "{schemas:?}");
    assert_eq!((rows, states), (0, 0));
    // Nobody migrates it, and nobody lists it; who is about to drop it again is told.
    let report = small.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.targets.len(), 1, "{report:?}");
    assert!(small.migrator().list_tenants(Selection::All, false).await.unwrap().plan.tenants.is_empty());
    let overview = small.migrator().tenant_overview(&big()).await.unwrap();
    assert!(!overview.is_registered && overview.left_over.len() == 1, "{overview:?}");
    // A new one of that id is another one.
    small.tenant("big", 1).await;
    small.migrator().drop_tenant(&big()).await.unwrap();
    assert_eq!(small.left().await, (vec![], 0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_begun_where_something_stands_against_it() {
    let small = Small::new().await;
    let client = small.client().await;
    for (make, remove, says) in [
        ("CREATE VIEW seen AS SELECT id FROM tenant_big.users", "DROP VIEW seen", "view public.seen"),
        (
            "CREATE TABLE bills (tenant text REFERENCES tenants); INSERT INTO bills VALUES ('big')",
            "DROP TABLE bills",
            "23503",
        ),
        (
            "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; \
             CREATE TRIGGER keep BEFORE DELETE ON tenants FOR EACH ROW EXECUTE FUNCTION keep()",
            "DROP TRIGGER keep ON tenants",
            "still has the tenant",
        ),
    ] {
        client.batch_execute(make).await.unwrap();
        let Err(Error::Database(failure)) = small.migrator().drop_tenant(&big()).await else { panic!("{make}") };
        assert!(failure.to_string().contains(says), "{make}: {failure}");
        assert_eq!(small.left().await, (vec!["tenant_big".to_owned()], 1, 1, 1), "{make}");
        client.batch_execute(remove).await.unwrap();
    }
    // Two at once: one does it, or both do it together, and nothing is left.
    let (one, other) = (small.migrator(), small.migrator());
    let id = big();
    let (first, second) = tokio::join!(one.drop_tenant(&id), other.drop_tenant(&id));
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    assert_eq!(small.left().await, (vec![], 0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_stays_registered_is_missing() {
    let small = Small::new().await;
    small.migrator().drop_tenant(OldTenant::new(&big()).left_registered()).await.unwrap();
    assert_eq!(small.left().await, (vec![], 1, 0, 0));
}
