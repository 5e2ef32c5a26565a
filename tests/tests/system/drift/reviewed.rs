//! What a comparison must not do to others, and what must not count as a difference.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use multitenant_runtime::{DriftOptions, Scope, Scratch};

use super::project::{create, drift, lines, of};
use crate::fleet::Fleet;

const SHARED: &str = "CREATE TABLE tenants (id text PRIMARY KEY); CREATE TABLE plans (id int PRIMARY KEY, name text); \
                      CREATE SEQUENCE numbers;";

/// All lines of all targets.
fn all(report: &multitenant_runtime::DriftReport) -> Vec<String> {
    report
        .targets
        .iter()
        .flat_map(|target| lines(target).into_iter().map(|l| format!("{}: {l}", target.target)))
        .collect()
}

/// A project whose tenants refer to a shared table, with the tenant `a`; the replay is slow.
async fn referring(shared: &str) -> Fleet {
    let fleet = Fleet::new().await.shared("1_plans", shared).tenant(
        "1_users",
        "CREATE TABLE users (id int, plan int REFERENCES public.plans); SELECT nextval('public.numbers');",
    );
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    create(&fleet, "a").await;
    let fleet = fleet.tenant("2_slow", "SELECT pg_sleep(1);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    fleet.sql("INSERT INTO plans VALUES (1, 'small')").await;
    fleet
}

/// How often a shared table could not be written to during a comparison, whether one was seen at its work, and what came
/// of it.
async fn refusals(fleet: &Fleet, scratch: Scratch) -> (usize, bool, multitenant_runtime::DriftReport) {
    let migrator = fleet.migrator();
    let options = DriftOptions::new(Scope::all()).scratch(scratch);
    let client = fleet.client().await;
    let oid: u32 = client.query_one("SELECT 'public.plans'::regclass::oid", &[]).await.unwrap().get(0);
    client.batch_execute("SET lock_timeout = '200ms'").await.unwrap();
    let is_over = AtomicBool::new(false);
    let compare = async {
        let report = migrator.drift(options).await.unwrap();
        is_over.store(true, Ordering::Relaxed);
        report
    };
    let watch = async {
        let (mut refused, mut asleep) = (0, false);
        while !is_over.load(Ordering::Relaxed) {
            refused += usize::from(client.batch_execute("UPDATE public.plans SET name = name || 'x'").await.is_err());
            let row = client
                .query_one(
                    "SELECT (SELECT count(*) FROM pg_locks WHERE relation = $1 AND granted AND mode = 'ShareRowExclusiveLock'), \
                     EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')",
                    &[&oid],
                )
                .await
                .unwrap();
            refused += usize::try_from(row.get::<_, i64>(0)).unwrap();
            asleep |= row.get::<_, bool>(1);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        (refused, asleep)
    };
    let (report, (refused, asleep)) = tokio::join!(Box::pin(compare), watch);
    (refused, asleep, report)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comparison_keeps_nobody_from_writing_to_shared_tables() {
    let fleet = referring(SHARED).await;
    let number = fleet.one("SELECT last_value::text FROM numbers").await;
    let (refused, asleep, report) = refusals(&fleet, Scratch::Auto).await;
    assert!(asleep, "nobody saw the replay");
    assert_eq!(refused, 0);
    assert_eq!(all(&report), [] as [String; 0]);
    assert!(report.reference.ends_with("in a transaction that was rolled back"), "{}", report.reference);
    assert_eq!(fleet.one("SELECT last_value::text FROM numbers").await, number);
    // Who asks for the real one gets it.
    let (refused, _, report) = refusals(&fleet, Scratch::Transaction).await;
    assert!(refused > 0);
    assert_eq!(all(&report), [] as [String; 0]);
}

/// An extension exists once in a database: it is found where it was.
#[tokio::test(flavor = "multi_thread")]
async fn an_extension_in_the_shared_schema() {
    let fleet = referring(&format!("CREATE EXTENSION IF NOT EXISTS citext; {SHARED}"))
        .await
        .tenant("3_mail", "CREATE TABLE mails (a citext, b public.citext UNIQUE, plan int REFERENCES plans);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    let (refused, _, report) = refusals(&fleet, Scratch::Auto).await;
    assert_eq!((refused, lines(of(&report, "a"))), (0, Vec::new()));
    assert!(report.reference.ends_with("in a transaction that was rolled back"), "{}", report.reference);
    fleet.sql("DROP INDEX IF EXISTS nothing; ALTER TABLE tenant_a.mails ALTER a TYPE text").await;
    assert_eq!(all(&drift(&fleet, Scope::tenants()).await), ["tenant_a: column mails.a type: public.citext -> text"]);
}

/// What the shared migrations do not make is only in the real schema: the last way is left.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_replay_elsewhere_is_replayed_on_the_real_one_and_told() {
    let fleet = Fleet::new().await.shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY);");
    fleet.sql("CREATE TABLE plans (id int PRIMARY KEY)").await;
    let fleet = fleet.tenant("1_users", "CREATE TABLE users (id int REFERENCES public.plans);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    create(&fleet, "a").await;
    let report = drift(&fleet, Scope::tenants()).await;
    assert_eq!(all(&report), [] as [String; 0]);
    assert!(report.reference.contains("held its locks on the shared tables"), "{}", report.reference);
}

/// A foreign key has a constraint for each partition that it refers to, named in the order in which they came; what came
/// by the parent comes and goes with it.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_in_which_partitions_came_is_no_difference() {
    let fleet = Fleet::new().await.shared("1_plans", SHARED).tenant(
        "1_partitions",
        "CREATE TABLE lists (id int PRIMARY KEY, a int) PARTITION BY RANGE (id);
         CREATE INDEX first ON lists (a); CREATE INDEX second ON lists (a) WHERE a > 1;
         CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER t AFTER INSERT ON lists FOR EACH ROW EXECUTE FUNCTION nothing();
         CREATE TABLE flat (lid int REFERENCES lists);
         CREATE TABLE parts (lid int REFERENCES lists, at int) PARTITION BY RANGE (at);
         CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);
         CREATE TABLE one PARTITION OF lists FOR VALUES FROM (0) TO (10);
         CREATE TABLE two PARTITION OF lists FOR VALUES FROM (10) TO (20);",
    );
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    for id in ["a", "b"] {
        create(&fleet, id).await;
    }
    fleet
        .sql(
            "SET search_path = tenant_b; ALTER TABLE lists DETACH PARTITION one; ALTER TABLE lists DETACH PARTITION two;
             DROP TABLE one, two; CREATE TABLE two (id int PRIMARY KEY, a int); CREATE TABLE one (id int PRIMARY KEY, a int);
             CREATE INDEX ON one (a) WHERE a > 1;
             ALTER TABLE lists ATTACH PARTITION two FOR VALUES FROM (10) TO (20);
             ALTER TABLE lists ATTACH PARTITION one FOR VALUES FROM (0) TO (10);",
        )
        .await;
    let names = |id: &str| {
        format!(
            "SELECT string_agg(conname || ' ' || confrelid::regclass::text, ',' ORDER BY conname) FROM pg_constraint \
             WHERE conrelid = 'tenant_{id}.flat'::regclass AND contype = 'f'"
        )
    };
    let (a, b) = (fleet.one(&names("a")).await, fleet.one(&names("b")).await);
    assert_ne!(a.replace("tenant_a.", ""), b.replace("tenant_b.", ""), "the server names them otherwise now");
    assert_eq!(all(&drift(&fleet, Scope::tenants()).await), [] as [String; 0]);
    // One that is detached is told once, and what is disabled on one is told.
    fleet
        .sql("ALTER TABLE tenant_a.lists DETACH PARTITION tenant_a.one; ALTER TABLE tenant_b.two DISABLE TRIGGER t")
        .await;
    assert_eq!(
        all(&drift(&fleet, Scope::tenants()).await),
        [
            "tenant_a: table one parent: lists FOR VALUES FROM (0) TO (10) -> -",
            "tenant_b: trigger two.t state: enabled -> disabled",
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_ignored_takes_its_sequences_along() {
    let fleet = Fleet::new().await.shared("1_plans", SHARED).tenant("1_users", "CREATE TABLE users (id int);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    create(&fleet, "a").await;
    fleet
        .sql(
            "SET search_path = tenant_a; CREATE TABLE audit_log (id serial PRIMARY KEY, a int, b int); \
             CREATE TABLE \"audit_Log\" (\"Id\" bigserial); CREATE STATISTICS both_of_them ON a, b FROM audit_log; \
             CREATE SEQUENCE more",
        )
        .await;
    let options = DriftOptions::new(Scope::tenants()).ignore("table:audit_*".parse().unwrap());
    let report = fleet.migrator().drift(options).await.unwrap();
    let lines = all(&report);
    assert!(matches!(&lines[..], [line] if line.starts_with("tenant_a: sequence more: ")), "{lines:#?}");
    assert_eq!(report.targets[0].ignored, 5);
}

#[tokio::test]
async fn an_extension_of_the_shared_migrations_is_no_difference() {
    let available = "SELECT count(*) FROM pg_available_extensions WHERE name = 'citext'";
    let shared = "CREATE TABLE tenants (id text PRIMARY KEY); CREATE EXTENSION IF NOT EXISTS citext SCHEMA public;";
    let fleet = Fleet::new().await;
    if fleet.client().await.query_one(available, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        return;
    }
    let fleet = fleet.shared("1_tenants", shared).tenant("1_users", "CREATE TABLE users (name citext);");
    fleet.migrator().migrate(Scope::all()).await.unwrap();
    create(&fleet, "a").await;
    let report = fleet.migrator().drift(DriftOptions::new(Scope::all())).await.unwrap();
    assert_eq!(all(&report), [] as [String; 0]);
}

/// What is spawned must be known to be `Send` without following every future in it.
#[tokio::test]
async fn a_comparison_can_be_spawned() {
    let fleet = Fleet::new().await.tenant("1_users", "CREATE TABLE users (id int);");
    let migrator = fleet.migrator();
    let compared = tokio::spawn(async move { migrator.drift(DriftOptions::new(Scope::tenants())).await.map(drop) });
    compared.await.unwrap().unwrap();
}
