//! What `migrate` prints when it is done.

use super::{configured, fixture, read, shop};

#[tokio::test]
async fn migrate_writes_it_where_it_has_a_file() {
    let project = configured(shop().await, "file = \"src/schema.rs\"");
    project.run(&["migrate", "--dry-run"]).code(0);
    project.run(&["migrate", "--to", "2026-01-01-000000"]).code(0);
    assert!(!project.path("src").exists());
    project.run(&["migrate"]).code(0).complains(&["src/schema.rs is written anew"]);
    assert_eq!(read(&project, "src/schema.rs"), fixture("tiers/both.rs"));
    let again = project.run(&["migrate"]).code(0);
    assert!(!again.stderr.contains("schema.rs"), "{}", again.stderr);

    // Where no tenant has everything, the migrations are asked.
    let project = project.migration("tenant/2026-02-01-000000_more", "create table more (id uuid primary key);");
    project.run(&["migrate", "shared"]).code(0).complains(&["src/schema.rs is written anew"]);
    assert!(read(&project, "src/schema.rs").contains("    more (id) {"));
    project.run(&["print-schema", "--check"]).code(0);
}

#[tokio::test]
async fn what_fails_then_is_no_failure_of_the_migration() {
    let project = configured(shop().await, "file = \"src/schema.rs\"").file("src/schema.rs", "// mine\n");
    let answer = project.run(&["migrate", "--format", "json"]).code(0);
    assert_eq!(answer.json()["summary"]["applied"], 2);
    answer.complains(&[
        "the migrations are applied, but the schema code is not written: src/schema.rs was not generated",
    ]);
    assert_eq!(read(&project, "src/schema.rs"), "// mine\n");
    // A migration that fails prints nothing.
    let project = project
        .migration("tenant/2026-02-01-000000_bad", "select nope();")
        .file("src/schema.rs", "// @generated automatically by Diesel CLI.\n");
    project.run(&["migrate"]).code(11);
    assert_eq!(read(&project, "src/schema.rs"), "// @generated automatically by Diesel CLI.\n");
}
