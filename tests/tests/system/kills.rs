//! `kill -9` at random moments: the next run goes on, and no tenant is ever in between.
//!
//! The moments come from a seed, which each test says, and takes from `MULTITENANT_SEED`.

use std::time::Duration;

use multitenant_runtime::{Error, NewTenant, Scope, SeedSet, State};

use super::counted::{Middle, Origin, PENDING, fleet, holdings, whole};
use super::environment::{say, size};
use super::fleet::{Fleet, HISTORY};
use super::leftovers::assert_none;
use super::moments::Moments;
use super::worker::Worker;

async fn killed_and_run_again(middle: Middle) {
    let n = size(30, 200);
    let fleet = fleet(n, Origin::Ours, middle).await;
    let mut moments = Moments::new("migrate");
    let mut kills = 0;
    let limit = Duration::from_millis(250);
    // At first short lives, then one that may finish.
    while kills < size(12, 60) {
        let mut worker = Worker::ready(fleet.url(), fleet.folder(), 3, &["migrate"]);
        worker.go();
        // Not a synchronisation: the moment is to be any.
        tokio::time::sleep(moments.below(limit)).await;
        let ended = worker.kill();
        if ended.status.success() {
            break;
        }
        assert_eq!(ended.error, "", "it was killed, and did not fail");
        kills += 1;
        for (i, holding) in holdings(&fleet, n).await.iter().enumerate() {
            // What is outside a transaction may be half done as long as it is not recorded.
            let half_done = middle == Middle::Outside && holding.starts_with("1 2|");
            let versions: Vec<&str> = holding.split('|').next().unwrap().split_whitespace().collect();
            assert_eq!(versions, PENDING[..versions.len()], "tenant_{i}: {holding}");
            assert!(half_done || *holding == whole(&versions), "tenant_{i} is in between: {holding}");
        }
    }
    say(&format!("killed {kills} times"));
    let mut last = Worker::ready(fleet.url(), fleet.folder(), 3, &["migrate"]);
    last.go();
    let ended = last.end();
    assert!(ended.status.success(), "{ended:?}");
    assert_eq!(ended.done.unwrap().0, n);
    for (i, holding) in holdings(&fleet, n).await.iter().enumerate() {
        assert_eq!(*holding, whole(&PENDING), "tenant_{i}");
    }
    assert_none(&fleet).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_continued() {
    killed_and_run_again(Middle::InTransaction).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_is_continued_outside_of_transactions_too() {
    killed_and_run_again(Middle::Outside).await;
}

/// Schemas, with whether they are marked as unfinished, and rows of the registry, in one snapshot.
const TENANTS: &str = "SELECT coalesce(s.nspname, 'no schema') || ' ' || coalesce(t.id, 'no row') || ' ' || \
    (d.description IS NOT NULL) FROM (SELECT * FROM pg_namespace WHERE nspname LIKE 'tenant\\_%') s \
    LEFT JOIN pg_description d ON d.objoid = s.oid AND d.classoid = 'pg_namespace'::regclass \
    FULL JOIN tenants t ON s.nspname = 'tenant_' || t.id ORDER BY 1";

/// Registered tenants whose seed is not done, or done and not recorded.
const UNSEEDED: &str = "SELECT id FROM tenants WHERE (xpath('/row/whole/text()', query_to_xml('SELECT (SELECT count(*) FROM ' \
    || quote_ident('tenant_' || id) || '.t1) = 50 AND (SELECT count(*) FROM ' || quote_ident('tenant_' || id) \
    || '.__multitenant_seeds) = 1 AS whole', false, true, '')))[1]::text <> 'true'";

async fn killed_creations(fleet: Fleet, middle: Middle) -> Fleet {
    let mut fleet = fleet.shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);");
    for i in 1..=6 {
        fleet = fleet.tenant(&format!("{i}_t"), &format!("CREATE TABLE t{i} (id int PRIMARY KEY, other int);"));
    }
    if middle == Middle::Outside {
        fleet = fleet.tenant_outside("4_index", "CREATE INDEX CONCURRENTLY t1_other ON t1 (other);");
        std::fs::remove_dir_all(fleet.folder().join("tenant/4_t")).unwrap();
    }
    // A part of each creation; and it takes a while, so that many are killed in it.
    let fleet = fleet.write(
        "seeds/tenant/1.sql",
        "INSERT INTO t1 SELECT i FROM generate_series(1, 50) i;\nSELECT pg_sleep(0.03);\nUPDATE t1 SET other = id;",
    );
    let seeds = SeedSet::from_folder(&fleet.folder().join("seeds")).unwrap();
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    let mut moments = Moments::new("create");
    // About as long as it takes.
    let limit = Duration::from_millis(if middle == Middle::Outside { 430 } else { 190 });
    let (mut whole, mut absent, mut marked) = (0, 0, 0);
    for i in 0..size(20, 120) {
        let id = format!("k{i}");
        let mut worker = Worker::ready(fleet.url(), fleet.folder(), 1, &["create", &id]);
        worker.go();
        tokio::time::sleep(moments.below(limit)).await;
        let ended = worker.kill();
        let confirmed = ended.status.success();
        // The server may still be at what it had received.
        for tenant in fleet.texts(TENANTS).await.iter().filter(|tenant| tenant.starts_with(&format!("tenant_{id} "))) {
            let says: Vec<&str> = tenant.split(' ').collect();
            match (says[1] == "no", says.last().copied()) {
                (false, Some("false")) => whole += 1,
                // Unfinished: not in the registry, and marked.
                (true, Some("true")) if middle == Middle::Outside => marked += 1,
                _ => panic!("in between: {tenant}"),
            }
        }
        // Nobody is served half a tenant.
        let plan = fleet.migrator().plan(Scope::all()).await.unwrap();
        assert!(plan.tenants.iter().all(|tenant| tenant.state == State::UpToDate), "{plan:?}");
        let there = plan.tenants.iter().any(|tenant| tenant.target.tenant().unwrap().as_str() == id);
        assert!(there || !confirmed, "it said that it is created");
        absent += usize::from(!there);
        assert_eq!(fleet.texts(UNSEEDED).await, [""; 0], "a tenant without its seed");
        // The next one makes it, or finds it whole.
        match fleet.migrator().create_tenant(NewTenant::new(&id).unwrap().seeded(&seeds)).await {
            Ok(report) => assert_eq!((report.applied.len(), report.seeded.len()), (6, 1)),
            Err(Error::Incomplete(report)) => {
                let failure = report.targets[0].failure.as_ref().unwrap();
                assert!(failure.message.contains("exists already"), "{failure}");
            }
            Err(error) => panic!("{error}"),
        }
        let plan = fleet.migrator().plan(Scope::tenant(id.parse().unwrap())).await.unwrap();
        assert_eq!((plan.tenants[0].state, plan.tenants[0].applied.len()), (State::UpToDate, 6), "{id}");
    }
    say(&format!("creations: {whole} whole, {absent} absent, {marked} of them unfinished at first sight"));
    assert!(fleet.texts(TENANTS).await.iter().all(|tenant| tenant.ends_with(" false")));
    assert_eq!(fleet.texts(UNSEEDED).await, [""; 0]);
    assert_none(&fleet).await;
    fleet
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_creation_is_whole_or_absent() {
    drop(killed_creations(Fleet::new().await, Middle::InTransaction).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_creation_in_steps_is_never_served() {
    drop(killed_creations(Fleet::new().await, Middle::Outside).await);
}

/// The tenants' roles of this database, and the schemas that they may use.
const ROLES: &str = "SELECT r.rolname || ' ' || coalesce(string_agg(n.nspname, ','), 'nothing') FROM pg_roles r \
    LEFT JOIN pg_namespace n ON n.nspname LIKE 'tenant\\_%' AND has_schema_privilege(r.rolname, n.oid, 'USAGE') \
    WHERE starts_with(r.rolname, current_database() || '_tenant_') GROUP BY r.rolname ORDER BY 1";

async fn killed_creations_with_roles(middle: Middle) {
    let fleet = Fleet::new().await.with_roles();
    let database = fleet.one("SELECT current_database()::text").await;
    let fleet = killed_creations(fleet, middle).await;
    let roles = fleet.texts(ROLES).await;
    assert_eq!(roles.len(), size(20, 120), "{roles:?}");
    for role in roles {
        let (role, schemas) = role.split_once(' ').unwrap();
        assert_eq!(role.strip_prefix(&format!("{database}_")), Some(schemas), "each may use its own alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_creation_with_a_role_is_whole_or_absent() {
    killed_creations_with_roles(Middle::InTransaction).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_creation_with_a_role_in_steps_is_never_served() {
    killed_creations_with_roles(Middle::Outside).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_again_says_what_to_do() {
    let fleet = Fleet::new()
        .await
        .tenant_outside("1_half", "CREATE TABLE first (id int);\n\nSELECT pg_sleep(1);\nCREATE TABLE second (id int);");
    fleet.schemas(2, "").await;
    let mut worker = Worker::ready(fleet.url(), fleet.folder(), 2, &["migrate"]);
    worker.go();
    fleet
        .until(
            "SELECT count(*) = 2 FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = current_database()",
        )
        .await;
    worker.kill();
    // Whether the server has ended them by then or not.
    let Err(Error::Incomplete(report)) = fleet.migrator().migrate(Scope::all()).await else { panic!("half done") };
    for target in &report.targets {
        let failure = target.failure.as_ref().unwrap();
        assert_eq!((failure.sqlstate.as_deref(), failure.line), (Some("42P07"), Some(1)), "{failure:?}");
        let hint = failure.hint.as_deref().unwrap();
        assert!(hint.contains("what an interrupted run of this same migration left"), "{hint}");
    }
    assert_eq!(fleet.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'second'").await, "0");
    // As the hint says.
    fleet.sql("DROP TABLE tenant_0.first; DROP TABLE tenant_1.first").await;
    assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invalid_index_is_named_with_its_cure() {
    for create in
        ["CREATE INDEX CONCURRENTLY a_id ON a (id);", "CREATE INDEX CONCURRENTLY IF NOT EXISTS a_id ON a (id);"]
    {
        let fleet = Fleet::new().await.tenant_outside("1_index", create);
        fleet.schemas(1, "CREATE TABLE a (id int)").await;
        let reader = fleet.client().await;
        reader.batch_execute("BEGIN; LOCK TABLE tenant_0.a IN ROW EXCLUSIVE MODE").await.unwrap();
        let migrator = fleet.migrator();
        let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
        let building = "FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX CONCURRENTLY%' AND wait_event_type = 'Lock' \
             AND datname = current_database()";
        fleet.until(&format!("SELECT count(*) = 1 {building}")).await;
        fleet.texts(&format!("SELECT pg_terminate_backend(pid)::text {building}")).await;
        reader.batch_execute("COMMIT").await.unwrap();
        let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("the index is invalid") };
        let failure = report.targets[0].failure.as_ref().unwrap();
        let hint = failure.hint.as_deref().unwrap();
        assert!(hint.contains("DROP INDEX CONCURRENTLY \"tenant_0\".\"a_id\""), "{failure:?}");
        assert_eq!(fleet.one(&format!("SELECT count(*)::text FROM tenant_0.{HISTORY}")).await, "0");
        fleet.sql("DROP INDEX CONCURRENTLY \"tenant_0\".\"a_id\"").await;
        assert_eq!(fleet.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 1);
        assert_none(&fleet).await;
    }
}
