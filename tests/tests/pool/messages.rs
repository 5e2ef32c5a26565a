//! How many messages a checkout sends, by the server's own log.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Scope, TenantPool};

use super::shop::{NAME, Shop, Who};

struct Counted {
    server: EmbeddedServer,
    pool: TenantPool,
    _shop: Shop,
}

/// What is sent besides the one query of each use, by the text.
impl Counted {
    async fn new(tenants: &[&str]) -> Self {
        Self::prepared(tenants, false).await
    }

    async fn prepared(tenants: &[&str], role_per_tenant: bool) -> Self {
        let server = EmbeddedServer::builder()
            .setting("log_statement", "all")
            .setting("log_line_prefix", "%a|")
            .start()
            .unwrap();
        let mut shop = Shop::on(server.url("postgres"));
        shop.settings.role_per_tenant = role_per_tenant;
        shop.add(tenants).await;
        // Looking up is not counted among what a checkout sends, but once.
        let pool = shop.pool_of(1);
        Self { server, pool, _shop: shop }
    }

    /// The messages that the pool's connections have sent so far.
    fn sent(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.server.folder().join("log")).unwrap();
        let ours = log.lines().filter_map(|line| line.strip_prefix(NAME)?.strip_prefix('|').map(str::to_owned));
        ours.filter(|line| line.contains("LOG:  statement:") || line.contains("LOG:  execute")).collect()
    }

    /// Uses the pool once for each id, and gives what was sent.
    async fn uses(&self, ids: &[&str]) -> Vec<String> {
        let before = self.sent().len();
        for id in ids {
            let mut conn = self.pool.tenant(id).await.unwrap();
            assert_eq!(conn.who().await.unwrap(), format!("tenant_{id}"));
        }
        self.sent().split_off(before)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn none_for_the_same_tenant_and_one_for_another() {
    let counted = Counted::new(&["a", "b"]).await;
    let first = counted.uses(&["a", "b"]).await;
    assert_eq!(
        first.iter().filter(|sent| sent.contains("pg_namespace")).count(),
        2,
        "each is looked up once: {first:#?}"
    );
    // The path, its assertion, and nothing else but the query: one statement of each is logged.
    let same = counted.uses(&["b", "b", "b"]).await;
    assert_eq!(same.len(), 3, "{same:#?}");
    assert!(same.iter().all(|sent| sent.contains("\"mark\"")), "{same:#?}");
    let switches = counted.uses(&["a", "b", "a"]).await;
    let (queries, others): (Vec<_>, Vec<_>) = switches.iter().partition(|sent| sent.contains("\"mark\""));
    assert_eq!((queries.len(), others.len()), (3, 3), "{switches:#?}");
    assert!(others.iter().all(|sent| sent.contains("SET search_path") && sent.contains("LOCK TABLE")), "{others:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_taken_on_and_off_in_the_messages_that_are_sent_anyway() {
    let (without, with) = (Counted::new(&["a", "b"]).await, Counted::prepared(&["a", "b"], true).await);
    for ids in [["a", "b"], ["b", "b"], ["a", "b"]] {
        let (without, with) = (without.uses(&ids).await, with.uses(&ids).await);
        assert_eq!(without.len(), with.len(), "{without:#?} {with:#?}");
        assert!(!without.iter().any(|sent| sent.contains("ROLE")), "{without:#?}");
        let roles = with.iter().filter(|sent| sent.contains("SET ROLE \"postgres_tenant_")).count();
        assert_eq!(roles, if ids == ["b", "b"] { 0 } else { 2 }, "{with:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_is_one_query_however_many_tenants() {
    let counted = Counted::new(&[]).await;
    counted._shop.sql("INSERT INTO tenants (id) SELECT 't' || i FROM generate_series(1, 100) i").await;
    counted._shop.builder().create_schemas(true).build().unwrap().migrate(Scope::all()).await.unwrap();
    let first = counted.uses(&["t1"]).await;
    // On the way in: whether it is the server, once for the pool; time zone and encoding, which Diesel sets; path off,
    // the look-up; path on; the query.
    assert!(first.len() <= 7, "{first:#?}");
    let next = counted.uses(&["t2"]).await;
    assert_eq!(next.len(), 4, "{next:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_that_served_a_tenant_last_is_preferred() {
    let shop = Shop::with(&["a", "b", "c"]).await;
    let pool = shop.pool_of(3);
    let mut conns = [pool.tenant("a").await.unwrap(), pool.tenant("b").await.unwrap(), pool.tenant("c").await.unwrap()];
    let mut pids = Vec::new();
    for conn in &mut conns {
        pids.push(conn.pid().await);
    }
    drop(conns);
    for _ in 0..3 {
        for (id, pid) in [("c", pids[2]), ("a", pids[0]), ("b", pids[1])] {
            assert_eq!(pool.tenant(id).await.unwrap().pid().await, pid);
        }
    }
}
