//! `kill -9` while tenants are renamed, archived, restored and dropped: each is done, or not begun, and the next goes on.
//!
//! The moments come from a seed, as in `kills.rs`.

use std::time::Duration;

use multitenant_runtime::embedded::EmbeddedServer;
use multitenant_runtime::{Error, NewTenant, Scope, Selection, State, TenantId};

use super::environment::{say, size};
use super::fleet::Fleet;
use super::leftovers::assert_none;
use super::moments::Moments;
use super::worker::Worker;

fn id(id: &str) -> TenantId {
    TenantId::new(id).unwrap()
}

async fn shop(fleet: Fleet) -> Fleet {
    let fleet = fleet
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY, archived_at timestamptz);")
        .tenant("1_users", "CREATE TABLE users (id serial PRIMARY KEY, name text);")
        .archiving();
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    fleet
}

/// Nobody is at work: the server may still be at what it had received.
const QUIET: &str = "SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() \
    AND backend_type = 'client backend' AND state <> 'idle'";

/// Schema, row's id and role, of all that there is: nothing has one and not the others.
const WHOLE: &str = "SELECT concat_ws(' ', s.nspname, t.id, r.rolname IS NOT NULL, st.tenant IS NOT NULL) FROM \
    (SELECT oid, nspname FROM pg_namespace WHERE nspname ~ '^(archived_)?tenant_') s \
    FULL JOIN tenants t ON s.nspname = CASE WHEN archived_at IS NULL THEN 'tenant_' ELSE 'archived_tenant_' END || t.id \
    LEFT JOIN pg_roles r ON r.rolname = current_database() || '_' || s.nspname \
    LEFT JOIN multitenant.targets st ON st.schema_name = s.nspname ORDER BY 1";

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_change_is_done_or_not_begun() {
    let fleet = shop(Fleet::new().await.with_roles()).await;
    fleet.migrator().create_tenant(NewTenant::new("a").unwrap()).await.unwrap();
    let mut moments = Moments::new("change");
    let limit = Duration::from_millis(300);
    let (mut done, mut not_begun) = (0, 0);
    for i in 0..size(40, 240) {
        let before = fleet.texts(WHOLE).await;
        let (change, expected): (&[&str], [&str; 2]) = match (i % 2, before[0].as_str()) {
            (0, "tenant_a a t t") => (&["rename", "a", "b"], ["tenant_a a t t", "tenant_b b t t"]),
            (0, "tenant_b b t t") => (&["rename", "b", "a"], ["tenant_b b t t", "tenant_a a t t"]),
            (_, "tenant_a a t t") => (&["archive", "a"], ["tenant_a a t t", "archived_tenant_a a t f"]),
            (_, "tenant_b b t t") => (&["archive", "b"], ["tenant_b b t t", "archived_tenant_b b t f"]),
            (_, "archived_tenant_a a t f") => (&["restore", "a"], ["archived_tenant_a a t f", "tenant_a a t f"]),
            (_, "archived_tenant_b b t f") => (&["restore", "b"], ["archived_tenant_b b t f", "tenant_b b t f"]),
            (_, other) => panic!("in between: {other}"),
        };
        let mut worker = Worker::ready(fleet.url(), fleet.folder(), 1, change);
        worker.go();
        tokio::time::sleep(moments.below(limit)).await;
        let confirmed = worker.kill().status.success();
        fleet.until(QUIET).await;
        let after = fleet.texts(WHOLE).await;
        assert!(after.len() == 1 && expected.contains(&&*after[0]), "{change:?}: {before:?}, then {after:?}");
        assert!(!confirmed || after[0] == expected[1], "it said that it was done: {after:?}");
        if after[0] == expected[1] {
            done += 1;
        } else {
            not_begun += 1;
        }
        // What is restored is read by the next run, which notes how it stands.
        fleet.migrator().migrate(Scope::all()).await.unwrap();
    }
    say(&format!("changes: {done} done, {not_begun} not begun"));
    assert_none(&fleet).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_dropping_is_whole_or_absent_and_goes_on() {
    let server = EmbeddedServer::builder()
        .setting("max_locks_per_transaction", "10")
        .setting("max_connections", "20")
        .start()
        .unwrap();
    let fleet = shop(Fleet::on(server.url("postgres")).with_roles()).await;
    let mut moments = Moments::new("drop");
    let (mut whole, mut set_aside, mut gone) = (0, 0, 0);
    for i in 0..size(8, 40) {
        let name = format!("k{i}");
        fleet.migrator().create_tenant(NewTenant::new(&name).unwrap()).await.unwrap();
        // Every other one is more than one transaction can hold.
        let tables = if i % 2 == 0 { 3 } else { 80 };
        let client = fleet.client().await;
        for t in 0..tables {
            let sql = format!("CREATE TABLE tenant_{name}.t{t} (id serial PRIMARY KEY, name text UNIQUE)");
            client.batch_execute(&sql).await.unwrap();
        }
        let mut worker = Worker::ready(fleet.url(), fleet.folder(), 1, &["drop", &name]);
        worker.go();
        tokio::time::sleep(moments.below(Duration::from_millis(if i % 2 == 0 { 300 } else { 600 }))).await;
        let confirmed = worker.kill().status.success();
        fleet.until(QUIET).await;
        let list = fleet.migrator().list_tenants(Selection::All, false).await.unwrap();
        let is_there = list.plan.tenants.iter().any(|tenant| tenant.target.tenant().unwrap().as_str() == name);
        assert!(list.plan.tenants.iter().all(|tenant| tenant.state == State::UpToDate), "{list:?}");
        let sql = format!(
            "SELECT count(*)::text FROM pg_class WHERE relnamespace = to_regnamespace('tenant_{name}') AND relkind = 'r'"
        );
        // Who finds it finds it whole.
        let left = fleet.one(&sql).await;
        assert_eq!(left, if is_there { (tables + 2).to_string() } else { "0".to_owned() });
        assert!(!(confirmed && is_there), "it said that it is dropped");
        match fleet.migrator().drop_tenant(&id(&name)).await {
            Ok(_) if is_there => whole += 1,
            Ok(_) => set_aside += 1,
            Err(Error::UnknownTenants(_)) => gone += 1,
            Err(error) => panic!("{error}"),
        }
        let rest = "SELECT (SELECT count(*) FROM pg_namespace WHERE nspname ~ '^(dropped|tenant)_') \
                    || ' ' || (SELECT count(*) FROM tenants) || ' ' || (SELECT count(*) FROM pg_roles WHERE rolname ~ '^postgres_(dropped|tenant)_')";
        assert_eq!(fleet.one(rest).await, "0 0 0");
    }
    say(&format!("droppings: {whole} not begun, {set_aside} set aside, {gone} gone"));
}
