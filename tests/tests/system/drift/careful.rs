//! Fixes that must not lose what is there, nor stop a script.

use multitenant_runtime::{Difference, Fix, Scope};

use super::project::{create, drift, lines, mend, of};
use crate::fleet::Fleet;

const TENANTS: &str = "CREATE TABLE tenants (id text PRIMARY KEY);";

/// A project of one migration, and the tenant `a` to which this was done.
async fn spoilt(migration: &str, plant: &str) -> Fleet {
    let fleet = Fleet::new().await.shared("1_tenants", TENANTS).tenant("1_all", migration);
    fleet.migrator().migrate(Scope::shared()).await.unwrap();
    create(&fleet, "a").await;
    fleet.sql(&format!("SET search_path = tenant_a, public; {plant}")).await;
    fleet
}

/// The tenant's differences: each one's object and fix.
async fn fixes(fleet: &Fleet) -> Vec<(String, Option<Fix>)> {
    let report = drift(fleet, Scope::tenants()).await;
    let told = |difference: &Difference| (difference.object.clone(), difference.fix.clone());
    of(&report, "a").differences.iter().map(told).collect()
}

/// Mends the tenant, and says what failed and what is left.
async fn mended(fleet: &Fleet) -> Vec<String> {
    let report = drift(fleet, Scope::tenants()).await;
    let mut wrong = mend(fleet, of(&report, "a")).await;
    wrong.extend(lines(of(&drift(fleet, Scope::tenants()).await, "a")));
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_holds_less_is_for_a_person() {
    let fleet = spoilt(
        "CREATE TABLE t (cut varchar(5), int int, rounded numeric(10, 2), second timestamptz(0), wide numeric(14, 6), wider bigint)",
        "ALTER TABLE t ALTER cut TYPE text, ALTER int TYPE float8, ALTER rounded TYPE numeric(14, 6),
         ALTER second TYPE timestamptz, ALTER wide TYPE numeric(10, 2), ALTER wider TYPE int",
    )
    .await;
    let found: Vec<(String, bool)> =
        fixes(&fleet).await.into_iter().map(|(object, fix)| (object, fix.unwrap().is_destructive)).collect();
    let expected =
        [("cut", true), ("int", true), ("rounded", true), ("second", true), ("wide", false), ("wider", false)];
    assert_eq!(found, expected.map(|(name, lossy)| (format!("t.{name}"), lossy)));
    assert_eq!(mended(&fleet).await, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_a_partitioned_table_is_made_with_its_partitions() {
    const TABLE: &str = "CREATE TABLE p (id int, at int, note text) PARTITION BY RANGE (at);
        CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (0) TO (100);
        CREATE INDEX p_at ON p (at); CREATE UNIQUE INDEX p_once ON p (at, id); ALTER TABLE p ADD CHECK (id > 0)";
    for (plant, objects) in [
        ("DROP INDEX p_at", ["p.p_at"].as_slice()),
        ("DROP INDEX p_once; ALTER TABLE p DROP CONSTRAINT p_id_check", &["p.p_id_check", "p.p_once"]),
        ("CREATE INDEX more ON p (note)", &["p.more"]),
    ] {
        let fleet = spoilt(TABLE, plant).await;
        let found = fixes(&fleet).await;
        assert_eq!(found.iter().map(|(object, _)| object.as_str()).collect::<Vec<_>>(), objects, "{plant}");
        assert!(found.iter().all(|(_, fix)| fix.as_ref().is_some_and(|fix| !fix.sql().contains("ONLY"))), "{found:?}");
        assert_eq!(mended(&fleet).await, [] as [String; 0], "{plant}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_partition_has_its_own_constraints() {
    let fleet = spoilt(
        "CREATE TABLE p (id int, at int) PARTITION BY RANGE (at); CREATE TABLE p_low PARTITION OF p FOR VALUES FROM (0) TO (9);
         ALTER TABLE p_low ADD CONSTRAINT small CHECK (id < 50), ADD CONSTRAINT one UNIQUE (id)",
        "DROP TABLE p_low",
    )
    .await;
    assert_eq!(mended(&fleet).await, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sequence_goes_on_behind_what_is_there() {
    const TABLE: &str = "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (START WITH 10), s serial,
        \"Down\" bigint GENERATED ALWAYS AS IDENTITY (START WITH -5 INCREMENT BY -1))";
    const FILL: &str = "INSERT INTO t OVERRIDING SYSTEM VALUE SELECT g, g, -g FROM generate_series(1, 20) g;";
    const PLANT: &str = "ALTER TABLE t ALTER id DROP IDENTITY, ALTER \"Down\" DROP IDENTITY, ALTER s DROP DEFAULT;
        DROP SEQUENCE t_s_seq;";
    let few = "INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1, 1, -1);";
    for (fill, expected) in [(FILL, "21 21 -21"), (few, "10 2 -5"), ("", "10 1 -5")] {
        let fleet = spoilt(TABLE, &format!("{fill} {PLANT}")).await;
        assert_eq!(mended(&fleet).await, [] as [String; 0]);
        let next = "INSERT INTO tenant_a.t DEFAULT VALUES RETURNING concat_ws(' ', id, s, \"Down\")";
        assert_eq!(fleet.one(next).await, expected, "{fill}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_cannot_be_replaced_is_for_a_person() {
    let function = |head: &str, body: i32| format!("CREATE FUNCTION {head} LANGUAGE sql AS 'select {body}';");
    let expected = ["f(a int, b int DEFAULT 1) RETURNS int", "g(a int) RETURNS int", "h(a int) RETURNS int"];
    let found =
        ["f(a int DEFAULT 2, b int DEFAULT 1) RETURNS int", "g(a int) RETURNS bigint", "h(other int) RETURNS int"];
    let migration: String = expected.iter().map(|head| function(head, 1)).collect();
    let plant: String = found.iter().map(|head| function(head, 1)).collect();
    let body = |body| function("k(a int) RETURNS int", body);
    let fleet =
        spoilt(&format!("{migration} {}", body(1)), &format!("DROP FUNCTION f, g, h, k; {plant} {}", body(2))).await;
    let fixes = fixes(&fleet).await;
    let told: Vec<(&str, Option<bool>)> =
        fixes.iter().map(|(object, fix)| (object.as_str(), fix.as_ref().map(|fix| fix.is_destructive))).collect();
    let expected = [
        ("f(a integer, b integer)", Some(true)),
        ("g(a integer)", Some(true)),
        ("h(a integer)", Some(true)),
        ("k(a integer)", Some(false)),
        ("h(other integer)", None),
    ];
    assert_eq!(told, expected);
    assert_eq!(mended(&fleet).await, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_loosens_row_security_is_for_a_person() {
    let fleet = spoilt(
        "CREATE TABLE t (id int); CREATE TABLE u (id int); ALTER TABLE u ENABLE ROW LEVEL SECURITY; CREATE TABLE v (id int);
         ALTER TABLE v ENABLE ROW LEVEL SECURITY",
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE u FORCE ROW LEVEL SECURITY; ALTER TABLE v DISABLE ROW LEVEL
         SECURITY; CREATE POLICY less ON t AS RESTRICTIVE USING (id > 0); CREATE POLICY more ON t USING (true)",
    )
    .await;
    let found: Vec<(String, bool)> =
        fixes(&fleet).await.into_iter().map(|(object, fix)| (object, fix.unwrap().is_destructive)).collect();
    let expected = [("t", true), ("u", true), ("v", false), ("t.less", true), ("t.more", false)];
    assert_eq!(found, expected.map(|(name, loosens)| (name.to_owned(), loosens)));
    assert_eq!(mended(&fleet).await, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_view_comes_back_with_what_hangs_on_it() {
    let fleet = spoilt(
        "CREATE TABLE t (id int, name text); CREATE VIEW v AS SELECT id, name FROM t;
         ALTER VIEW v ALTER id SET DEFAULT 1; ALTER VIEW v ALTER name SET DEFAULT 'a, b'::text;
         CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
         CREATE TRIGGER i INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION f();
         CREATE RULE r AS ON DELETE TO v DO INSTEAD NOTHING",
        "DROP VIEW v",
    )
    .await;
    assert_eq!(mended(&fleet).await, [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_use_goes_last() {
    let fleet = spoilt(
        "CREATE TABLE t (id int)",
        "CREATE TYPE kind AS ENUM ('a'); CREATE SEQUENCE counts; CREATE FUNCTION f() RETURNS kind LANGUAGE sql AS 'select ''a''::kind';
         CREATE TABLE more (k kind DEFAULT f(), n bigint DEFAULT nextval('counts')); CREATE VIEW of_more AS SELECT * FROM more",
    )
    .await;
    let fixes = fixes(&fleet).await;
    let objects: Vec<&str> = fixes.iter().map(|(object, _)| object.as_str()).collect();
    assert_eq!(objects, ["of_more", "more", "f()", "counts", "kind"]);
    assert!(fixes[2].1.as_ref().unwrap().is_destructive, "the table may stay");
    assert_eq!(mended(&fleet).await, [] as [String; 0]);
}
