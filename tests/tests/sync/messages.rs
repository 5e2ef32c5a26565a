//! How many messages a checkout sends, by the server's own log.

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::sync::TenantPool;

use super::place::{Place, Who};
use super::shop::{NAME, Shop};

/// The messages that the pool's connections have sent so far.
fn sent(server: &EmbeddedServer) -> Vec<String> {
    let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
    let ours = log.lines().filter_map(|line| line.strip_prefix(NAME)?.strip_prefix('|').map(str::to_owned));
    ours.filter(|line| line.contains("LOG:  statement:") || line.contains("LOG:  execute")).collect()
}

#[test]
fn none_for_the_same_tenant_and_one_for_another() {
    let server =
        EmbeddedServer::builder().setting("log_statement", "all").setting("log_line_prefix", "%a|").start().unwrap();
    let place = Place::on(Shop::on(server.url("postgres")), &["a", "b"]);
    let pool: TenantPool = place.pool_of(1);
    let uses = |ids: &[&str]| {
        let before = sent(&server).len();
        for id in ids {
            assert_eq!(pool.tenant(id).unwrap().who().unwrap(), format!("tenant_{id}"));
        }
        sent(&server).split_off(before)
    };
    let first = uses(&["a", "b"]);
    assert_eq!(first.iter().filter(|sent| sent.contains("pg_namespace")).count(), 2, "one look each: {first:#?}");
    let same = uses(&["b", "b", "b"]);
    assert_eq!(same.len(), 3, "{same:#?}");
    assert!(same.iter().all(|sent| sent.contains("\"mark\"")), "{same:#?}");
    let switches = uses(&["a", "b", "a"]);
    let (queries, others): (Vec<_>, Vec<_>) = switches.iter().partition(|sent| sent.contains("\"mark\""));
    assert_eq!((queries.len(), others.len()), (3, 3), "{switches:#?}");
    assert!(others.iter().all(|sent| sent.contains("search_path") && sent.contains("LOCK TABLE")), "{others:#?}");
}

#[test]
fn the_connection_that_served_a_tenant_last_is_preferred() {
    let place = Place::with(&["a", "b", "c"]);
    let pool = place.pool_of(3);
    let mut conns = ["a", "b", "c"].map(|id| pool.tenant(id).unwrap());
    let pids = conns.each_mut().map(Who::pid);
    drop(conns);
    for _ in 0..3 {
        for (id, pid) in [("c", pids[2]), ("a", pids[0]), ("b", pids[1])] {
            assert_eq!(pool.tenant(id).unwrap().pid(), pid);
        }
    }
}
