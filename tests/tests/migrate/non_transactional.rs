//! Migrations outside a transaction: what they can, and what an interrupted one leaves.

use multitenant_runtime::{Error, Scope};

use super::project::{Project, outcomes};

const METADATA: &str = "run_in_transaction = false";

async fn project(up: &str) -> Project {
    let project = Project::new()
        .await
        .tenant("1_users", "CREATE TABLE users (id int, email text);")
        .tenant("2_index", up)
        .metadata("2_index", METADATA)
        .tenant("3_after", "CREATE TABLE after (id int);");
    project.schemas(4).await;
    project
}

const INDEXES: &str = "SELECT count(*)::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
                       WHERE c.relname LIKE 'users\\_%' AND i.indisvalid";

#[tokio::test(flavor = "multi_thread")]
async fn several_statements_in_parallel_tenants() {
    let project = project(
        "CREATE INDEX CONCURRENTLY users_id ON users (id);\n-- and\nCREATE UNIQUE INDEX CONCURRENTLY users_email ON users (lower(email));\nVACUUM users;",
    )
    .await;
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, 4);
    assert_eq!(project.one(INDEXES).await, "8");
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_done_one_is_explained_and_the_others_go_on() {
    let project = project("CREATE INDEX CONCURRENTLY users_id ON users (id);\nCREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);").await;
    // Duplicates make the second statement fail in one tenant, and leave an invalid index.
    project.sql("CREATE TABLE tenant_1.users (id int, email text); INSERT INTO tenant_1.users VALUES (1, 'a'), (2, 'a');
        CREATE TABLE tenant_1.__diesel_schema_migrations (version varchar(50) PRIMARY KEY NOT NULL, run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO tenant_1.__diesel_schema_migrations (version) VALUES ('1')").await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    assert_eq!(
        outcomes(&report),
        ["tenant_0:applied 3", "tenant_1:failed after 0", "tenant_2:applied 3", "tenant_3:applied 3"]
    );
    let failure = report.targets[1].failure.clone().unwrap();
    let hint = failure.hint.unwrap();
    assert_eq!((failure.sqlstate.as_deref(), failure.line), (Some("23505"), Some(2)));
    assert!(
        hint.contains("its first 1 statement(s) are done")
            && hint.contains("DROP INDEX CONCURRENTLY \"tenant_1\".\"users_email\""),
        "{hint}"
    );

    // The next run says what the first has left, and after the advice is taken it converges.
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    let failure = report.targets[1].failure.clone().unwrap();
    let hint = failure.hint.unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("42P07"));
    assert!(hint.contains("interrupted run") && hint.contains("users_email"), "{hint}");
    project.sql("DROP INDEX tenant_1.users_id").await;
    project.sql("DROP INDEX tenant_1.users_email").await;
    project.sql("DELETE FROM tenant_1.users").await;
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 1);
    assert_eq!(project.one(INDEXES).await, "8");
}

#[tokio::test(flavor = "multi_thread")]
async fn if_not_exists_is_not_content_with_an_invalid_index() {
    let project = project("CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS users_email ON users (email);").await;
    let first = project.builder().build().unwrap();
    project
        .sql("CREATE TABLE tenant_2.users (id int, email text); INSERT INTO tenant_2.users VALUES (1, 'a'), (2, 'a');")
        .await;
    let build = project.client().await;
    build.batch_execute("CREATE UNIQUE INDEX CONCURRENTLY users_email ON tenant_2.users (email)").await.unwrap_err();
    project.sql("CREATE TABLE tenant_2.__diesel_schema_migrations (version varchar(50) PRIMARY KEY NOT NULL, run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);
        INSERT INTO tenant_2.__diesel_schema_migrations (version) VALUES ('1')").await;
    let Err(Error::Incomplete(report)) = first.migrate(Scope::all()).await else { panic!("incomplete") };
    let failure = report.targets[2].failure.clone().unwrap();
    assert!(failure.message.contains("\"users_email\" is invalid"), "{failure}");
    assert_eq!(report.summary().applied, 3);
}
