//! What a copy would lose without a word, or could not be loaded.

use multitenant_runtime::{Anonymise, AnonymiseRules, CloneOptions, TenantDump};

use super::{NOTHING, contents, id, new, portrait, refusal, small, standing};

#[tokio::test(flavor = "multi_thread")]
async fn the_rule_of_a_parent_is_its_heirs_too() {
    let project = small(&["a"]).await;
    let migrator = project.migrator();
    project
        .sql(
            "SET search_path = tenant_a; CREATE TABLE par (id int, email text, phone text);
             CREATE TABLE chi (more text) INHERITS (par); CREATE TABLE \"Grand\" () INHERITS (chi);
             INSERT INTO par VALUES (1, 'real@x', '1'); INSERT INTO chi VALUES (2, 'real@x', '2', 'm');
             INSERT INTO \"Grand\" VALUES (3, 'real@x', '3', 'm');
             CREATE TABLE parts (at int, email text) PARTITION BY RANGE (at);
             CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (9);
             CREATE TABLE hist (old jsonb); INSERT INTO parts VALUES (1, 'real@x')",
        )
        .await;
    let rules = AnonymiseRules::new()
        .column("par.email", Anonymise::Constant("none@x".to_owned()))
        .unwrap()
        .column("parts.email", Anonymise::Constant("none@x".to_owned()))
        .unwrap()
        .column("par.phone", Anonymise::Constant("p".to_owned()))
        .unwrap()
        .column("chi.phone", Anonymise::Constant("c".to_owned()))
        .unwrap();
    let copy = migrator.clone_tenant(&id("a"), new("b"), CloneOptions::anonymised(rules)).await.unwrap();
    assert_eq!(
        project.one("SELECT string_agg(email || phone, ' ' ORDER BY id) FROM tenant_b.par").await,
        "none@xp none@xc none@xc"
    );
    assert_eq!(project.one("SELECT string_agg(email, ' ') FROM tenant_b.parts").await, "none@x");
    assert_eq!((copy.anonymised, copy.without_rules), (7, vec!["hist".to_owned(), "users".to_owned()]));
    let said = AnonymiseRules::new().column("par.phone", Anonymise::Hash).unwrap();
    project.sql("SET search_path = tenant_a; CREATE UNIQUE INDEX ON \"Grand\" (email)").await;
    let rules = said.column("par.email", Anonymise::Constant("x".to_owned())).unwrap();
    let said = refusal(migrator.clone_tenant(&id("a"), new("c"), CloneOptions::anonymised(rules)).await);
    assert!(said.contains("Grand.email") && said.contains("unique"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_objects_are_not_lost() {
    let project = small(&["a"]).await;
    let migrator = project.migrator();
    project
        .sql(
            "SET search_path = tenant_a, public; CREATE DOMAIN lo AS oid; CREATE DOMAIN lo2 AS lo;
             CREATE TABLE docs (id int, body oid, more lo2, relation oid);
             INSERT INTO docs VALUES (1, lo_from_bytea(0, 'x'), lo_from_bytea(0, 'y'), 'docs'::regclass)",
        )
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    let dumped = refusal(migrator.dump_tenant(&id("a"), &file, false).await);
    let cloned = refusal(migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await);
    for said in [dumped, cloned] {
        assert!(said.contains("docs.body, docs.more") && said.contains("large objects"), "{said}");
        assert!(!said.contains("docs.relation"), "{said}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    // Without the rows there is nothing to lose.
    migrator.clone_tenant(&id("a"), new("b"), CloneOptions::structure()).await.unwrap();
    project.sql("SET search_path = tenant_a; SELECT lo_unlink(body), lo_unlink(more) FROM docs; UPDATE docs SET body = NULL, more = NULL").await;
    migrator.dump_tenant(&id("a"), &file, false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_dumped_can_be_loaded_and_is_the_same() {
    let project = small(&["a"]).await;
    let migrator = project.migrator();
    project
        .sql(
            "SET search_path = tenant_a, public;
             CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
             CREATE TABLE ev (y int, m int) PARTITION BY RANGE (y);
             CREATE TABLE ev24 PARTITION OF ev FOR VALUES FROM (24) TO (25) PARTITION BY RANGE (m);
             CREATE TABLE ev24a PARTITION OF ev24 FOR VALUES FROM (0) TO (6);
             CREATE TABLE ev24b PARTITION OF ev24 FOR VALUES FROM (6) TO (13);
             CREATE TRIGGER t4 AFTER INSERT ON ev FOR EACH ROW EXECUTE FUNCTION nothing();
             ALTER TABLE ev24 DISABLE TRIGGER t4; ALTER TABLE ev24b ENABLE ALWAYS TRIGGER t4;
             CREATE FUNCTION one_more(bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT $1 + 1';
             CREATE AGGREGATE cnt0(*) (SFUNC = one_more, STYPE = bigint, INITCOND = '0');
             COMMENT ON AGGREGATE cnt0(*) IS 'counts'; GRANT EXECUTE ON FUNCTION cnt0() TO pg_monitor;
             CREATE TABLE p (a int NOT NULL, b int, CONSTRAINT positive CHECK (b > 0));
             CREATE TABLE q (d int);
             CREATE TABLE c (z int, a int NOT NULL, b int, d int, CONSTRAINT positive CHECK (b > 0)); ALTER TABLE c INHERIT p, INHERIT q;
             ALTER TABLE p ADD CONSTRAINT odd CHECK (a <> 2);
             CREATE TABLE cc () INHERITS (c);
             CREATE FUNCTION whole() RETURNS SETOF c LANGUAGE sql AS 'SELECT * FROM c';
             INSERT INTO c VALUES (1, 3, 4, 5); INSERT INTO cc VALUES (6, 7, 8, 9);
             CREATE TABLE kept (id int, n int, PRIMARY KEY (id) WITH (fillfactor = 55), UNIQUE (n) WITH (fillfactor = 66));
             CREATE INDEX ix ON kept ((n + 1), (id + 1)) WITH (fillfactor = 44); ALTER INDEX ix ALTER COLUMN 2 SET STATISTICS 77;
             CREATE STATISTICS st ON id, n FROM kept; ALTER STATISTICS st SET STATISTICS 300",
        )
        .await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    migrator.dump_tenant(&id("a"), &file, false).await.unwrap();
    migrator.load_tenant(&TenantDump::open(&file).unwrap(), new("b")).await.unwrap();
    migrator.clone_tenant(&id("a"), new("c"), CloneOptions::data()).await.unwrap();
    let client = project.client().await;
    let expected = contents(&client, "tenant_a").await;
    for copy in ["b", "c"] {
        assert_eq!(portrait(&migrator, copy).await.differences(&portrait(&migrator, "a").await), []);
        assert_eq!(contents(&client, &format!("tenant_{copy}")).await, expected);
        assert_eq!(project.one(&format!("SELECT c::text FROM ONLY tenant_{copy}.c")).await, "(1,3,4,5)");
        let states = format!(
            "SELECT string_agg(tgrelid::regclass || tgenabled::text, ' ' ORDER BY tgrelid::regclass::text) FROM pg_trigger WHERE tgname = 't4' AND tgrelid::regclass::text LIKE 'tenant_{copy}.%'"
        );
        assert_eq!(project.one(&states).await.replace(&format!("tenant_{copy}."), ""), "evO ev24D ev24aD ev24bA");
        let kept = format!(
            "SELECT string_agg(relname || array_to_string(reloptions, ','), ' ' ORDER BY relname) FROM pg_class WHERE reloptions IS NOT NULL AND relnamespace = 'tenant_{copy}'::regnamespace"
        );
        assert_eq!(project.one(&kept).await, "ixfillfactor=44 kept_n_keyfillfactor=66 kept_pkeyfillfactor=55");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_triggers_are_disabled_is_neither_cloned_nor_dumped() {
    let project = small(&["a"]).await;
    let migrator = project.migrator();
    project
        .sql(
            "SET search_path = tenant_a; CREATE TABLE one (id int PRIMARY KEY);
             CREATE TABLE two (one int CONSTRAINT of_one REFERENCES one); ALTER TABLE two DISABLE TRIGGER ALL",
        )
        .await;
    let folder = tempfile::tempdir().unwrap();
    let dumped = refusal(migrator.dump_tenant(&id("a"), folder.path().join("x"), false).await);
    let cloned = refusal(migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await);
    for said in [dumped, cloned] {
        assert!(said.contains("of_one") && said.contains("ENABLE TRIGGER ALL"), "{said}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_file_is_not_replaced_by_a_dump() {
    let project = small(&["a"]).await;
    let folder = tempfile::tempdir().unwrap();
    let (pipe, link, kept) = (folder.path().join("pipe"), folder.path().join("link"), folder.path().join("kept"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    std::fs::write(&kept, "kept").unwrap();
    std::os::unix::fs::symlink(&kept, &link).unwrap();
    for file in [&pipe, &link] {
        let before = std::fs::symlink_metadata(file).unwrap().file_type();
        let said = project.migrator().dump_tenant(&id("a"), file, true).await.unwrap_err().to_string();
        assert!(said.contains("is no regular file"), "{said}");
        assert_eq!(std::fs::symlink_metadata(file).unwrap().file_type(), before);
    }
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "kept");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
}
