use multitenant_runtime::{CloneOptions, Scope, State};

use super::{NOTHING, WHOLE, contents, everything, filled, id, new, portrait, refusal, small, standing};

#[tokio::test(flavor = "multi_thread")]
async fn a_clone_has_all_that_its_source_has() {
    let project = filled().await;
    let migrator = project.migrator();
    let odd = "It's \"é\", a\\b";
    let copy = migrator.clone_tenant(&id("a"), new(odd), CloneOptions::data()).await.unwrap();
    assert_eq!((copy.from.as_str(), copy.pending.len(), copy.is_proven), ("a", 0, true));
    let schema = format!("tenant_{odd}");
    assert_eq!(standing(&project, odd, &schema).await, WHOLE);
    assert_eq!(portrait(&migrator, odd).await.differences(&portrait(&migrator, "a").await), []);
    let client = project.client().await;
    let (expected, found) = (contents(&client, "tenant_a").await, contents(&client, &schema).await);
    assert!(expected.len() > 130, "{}", expected.len());
    assert_eq!(expected, found);
    // The rows of a hash are where it sends them, all of them.
    let hashed = "SELECT count(*)::text FROM hashed WHERE m = 'Happy'";
    assert_eq!(client.query_one(hashed, &[]).await.unwrap().get::<_, String>(0), "1");
    // No trigger has fired, and what comes next is the next.
    assert_eq!(client.query_one("SELECT count(*) FROM audit", &[]).await.unwrap().get::<_, i64>(0), 2 + 61 + 2);
    client
        .batch_execute("INSERT INTO users (email, name) VALUES ('c@x', 'c'); SELECT * FROM happy_people()")
        .await
        .unwrap();
    let next = client.query_one("SELECT max(id) FROM users", &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(next, 9);
    let of_source = client.query_one("SELECT count(*) FROM tenant_a.users", &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(of_source, 2);
    let plan = migrator.plan(Scope::tenants()).await.unwrap();
    assert!(plan.tenants.iter().all(|t| t.state == State::UpToDate && !t.state_row_is_stale()), "{plan:?}");
    // A clone of the clone: nothing of it was lost on the way.
    migrator.clone_tenant(&id(odd), new("c"), CloneOptions::data()).await.unwrap();
    assert_eq!(portrait(&migrator, "c").await.differences(&portrait(&migrator, "a").await), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_structure_alone_has_the_history_and_no_rows() {
    let project = filled().await;
    let migrator = project.migrator();
    let copy = migrator.clone_tenant(&id("a"), new("b"), CloneOptions::structure()).await.unwrap();
    assert_eq!(copy.rows, 0);
    assert_eq!(portrait(&migrator, "b").await.differences(&portrait(&migrator, "a").await), []);
    let client = project.client().await;
    let found = contents(&client, "tenant_b").await;
    let rows =
        found.iter().filter(|line| !line.contains("_seq: ") && !line.starts_with("tickets: ")).collect::<Vec<_>>();
    assert!(rows.len() == 2 && rows[0].contains("\"version\": \"1\"") && rows[1].starts_with("of_totals"), "{rows:?}");
    client.batch_execute("INSERT INTO users (email, name) VALUES ('c@x', 'c')").await.unwrap();
    assert_eq!(client.query_one("SELECT max(id) FROM users", &[]).await.unwrap().get::<_, i64>(0), 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_a_copy_is_none_and_leaves_nothing() {
    let project = everything().await;
    let migrator = project.migrator();
    migrator.create_tenant(new("a")).await.unwrap();
    for (sql, undo, expected) in [
        ("CREATE COLLATION odd (LOCALE = 'C')", "DROP COLLATION odd", "collation odd"),
        ("CREATE TYPE shell", "DROP TYPE shell", "type shell"),
        (
            "CREATE FUNCTION names() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM tenant_a.users'",
            "DROP FUNCTION names",
            "names()",
        ),
        (
            "CREATE TABLE tenant_a.pg_class (id int); CREATE VIEW v AS SELECT * FROM tenant_a.pg_class",
            "DROP VIEW v; DROP TABLE tenant_a.pg_class",
            "tenant_a.pg_class",
        ),
    ] {
        project.sql(&format!("SET search_path = tenant_a, public; {sql}")).await;
        let said = refusal(migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await);
        assert!(said.contains(expected), "{sql}: {said}");
        assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
        project.sql(&format!("SET search_path = tenant_a, public; {undo}")).await;
    }
    migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_is_refused() {
    let project = small(&["a", "b"]).await;
    let migrator = project.migrator();
    let clone = async |new_id: &str| migrator.clone_tenant(&id("a"), new(new_id), CloneOptions::data()).await;
    assert!(refusal(clone("b").await).contains("the schema tenant_b exists already"));
    assert!(
        refusal(clone("a").await).contains("exists already") || refusal(clone("a").await).contains("no copy of itself")
    );
    let unknown = migrator.clone_tenant(&id("x"), new("y"), CloneOptions::data()).await.unwrap_err();
    assert!(unknown.to_string().contains("no tenant"), "{unknown}");
    assert!(clone(&"n".repeat(60)).await.is_err());
    migrator.archive_tenant(&id("b")).await.unwrap();
    assert!(refusal(clone("b").await).contains("archived"));
    // One that is archived can be copied: its data is there.
    let copy = migrator.clone_tenant(&id("b"), new("c"), CloneOptions::data()).await.unwrap();
    assert_eq!((copy.rows, standing(&project, "c", "tenant_c").await), (1, WHOLE.to_owned()));
}
