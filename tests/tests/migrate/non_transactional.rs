//! Migrations outside a transaction: what they can, and what an interrupted one leaves.

use std::time::Duration;

use multitenant_runtime::{Error, Event, Failure, FailureClass, MigratorBuilder, RegistryText, Scope};

use super::project::{Project, outcomes};
use multitenant_tests::proxy::{Proxy, Way};

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

    // The next runs say what the first has left, and after the advice is taken it converges.
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    let failure = report.targets[1].failure.clone().unwrap();
    assert!(failure.message.contains("\"users_email\" is invalid"), "{failure}");
    project.sql("DROP INDEX tenant_1.users_email").await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    let failure = report.targets[1].failure.clone().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("42P07"));
    assert!(failure.hint.as_ref().unwrap().contains("interrupted run"), "{failure:?}");
    project.sql("DROP INDEX tenant_1.users_id").await;
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

/// Diesel's history, with the first migration.
const HISTORY: &str = "CREATE TABLE tenant_0.__diesel_schema_migrations \
    (version varchar(50) PRIMARY KEY NOT NULL, run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP); \
    INSERT INTO tenant_0.__diesel_schema_migrations (version) VALUES ('1');";

/// One tenant with a table, whose first migration is applied, and the second one outside a transaction.
async fn one_tenant(up: &str) -> Project {
    let project = Project::new()
        .await
        .tenant("1_users", "CREATE TABLE users (id int, email text);")
        .tenant("2_outside", up)
        .metadata("2_outside", METADATA);
    project.schemas(1).await;
    project.sql(&format!("CREATE TABLE tenant_0.users (id int, email text); {HISTORY}")).await;
    project
}

/// The only failure of a run.
async fn failure(builder: MigratorBuilder) -> Failure {
    let report = match builder.build().unwrap().migrate(Scope::all()).await {
        Err(Error::Incomplete(report)) => Some(report),
        _ => None,
    };
    report.unwrap().targets.into_iter().find_map(|target| target.failure).unwrap()
}

/// Runs it while another session holds a lock, which it lets go of when the run says that it tries again.
async fn while_locked(project: &Project, lock: &str) {
    let (retrying, mut retries) = tokio::sync::mpsc::unbounded_channel();
    let observer = move |event: &Event| {
        if matches!(event, Event::Retrying { .. }) {
            let _ = retrying.send(());
        }
    };
    let holder = project.client().await;
    holder.batch_execute(&format!("BEGIN; {lock}")).await.unwrap();
    let migrator = project.builder().lock_timeout(Duration::from_millis(50)).observer(observer).build().unwrap();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    retries.recv().await.unwrap();
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(run.await.unwrap().unwrap().summary().applied, 1, "{lock}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_lock_does_nothing_twice() {
    const EXTENDED: &str = "ALTER TABLE tenant_0.__diesel_schema_migrations \
        ADD multitenant_checksum text, ADD multitenant_format int, ADD multitenant_run text;";
    for (before, lock) in [
        // The history is to be extended; only the record is missing; the first, the second statement waits.
        ("", "LOCK TABLE tenant_0.__diesel_schema_migrations IN ACCESS SHARE MODE"),
        (EXTENDED, "LOCK TABLE tenant_0.__diesel_schema_migrations IN SHARE MODE"),
        ("", "LOCK TABLE tenant_0.users IN SHARE MODE"),
        ("CREATE TABLE tenant_0.log (id int);", "LOCK TABLE tenant_0.log IN SHARE MODE"),
    ] {
        let second = if before.contains("log") { "INSERT INTO log VALUES (1)" } else { "SELECT 1" };
        let project = one_tenant(&format!("INSERT INTO users VALUES (1), (2);\n{second};")).await;
        project.client().await.batch_execute(before).await.unwrap();
        while_locked(&project, lock).await;
        assert_eq!(project.one("SELECT count(*)::text FROM tenant_0.users").await, "2", "{lock}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_begins_nothing_again() {
    for (up, word, hint) in [
        // Whether it is done is learnt. If not, it is done again; if it is, the script's session is gone all the same.
        ("INSERT INTO users SELECT 1 FROM generate_series(1, 77);", "INSERT 0 77", "never"),
        ("INSERT INTO users SELECT 1 FROM generate_series(1, 77);\nSELECT 1;", "INSERT 0 77", "first 1 statement"),
        ("CREATE INDEX CONCURRENTLY users_id ON users (id);", "CREATE INDEX", "may have left something"),
    ] {
        let project = one_tenant(up).await;
        let proxy = Proxy::before(project.database.url()).await.cutting(Way::ToClient, word.as_bytes(), 1);
        let migrator = project.builder().database_url(proxy.url()).build().unwrap();
        match migrator.migrate(Scope::all()).await {
            Err(Error::Incomplete(report)) => {
                let failure = report.targets[0].failure.as_ref().unwrap();
                assert_eq!((failure.class, failure.line), (FailureClass::Permanent, Some(1)), "{failure:?}");
                assert!(failure.hint.as_ref().unwrap().contains(hint), "{failure:?}");
            }
            other => assert!(other.is_ok() && up.contains("77"), "{up}: {other:?}"),
        }
        assert_eq!(proxy.happened(), 1);
        let rows = project.one("SELECT count(*)::text FROM tenant_0.users").await;
        assert_eq!(rows, if up.contains("77") { "77" } else { "0" }, "{up}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_record_is_made_over_another_connection() {
    // The last answer but that of COMMIT, which tells nobody that the record is there.
    let project = one_tenant("INSERT INTO users VALUES (1), (2);").await;
    let proxy = Proxy::before(project.database.url()).await.cutting(Way::ToClient, b"INSERT 0 1\0", 1);
    let migrator = project.builder().database_url(proxy.url()).build().unwrap();
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().applied, 1);
    assert_eq!(proxy.happened(), 1);
    assert_eq!(project.one("SELECT count(*)::text FROM tenant_0.users").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_concurrently_keeps_its_error_and_names_what_it_left() {
    let project = one_tenant("CREATE INDEX CONCURRENTLY users_email ON users (email);").await;
    let holder = project.client().await;
    holder.batch_execute("BEGIN; INSERT INTO tenant_0.users VALUES (3, 'c')").await.unwrap();
    let migrator = project.builder();
    let run = tokio::spawn(failure(migrator));
    let killed = "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity \
        WHERE query LIKE 'CREATE INDEX CONC%' AND wait_event_type = 'Lock' AND datname = current_database()";
    while project.one(killed).await == "0" {}
    let failure = run.await.unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("57P01"), "{failure:?}");
    let hint = failure.hint.unwrap();
    assert!(hint.contains("DROP INDEX CONCURRENTLY \"tenant_0\".\"users_email\""), "{hint}");
}

const SHARED: &str = "CREATE TABLE people (id int); CREATE INDEX people_id ON people (id);
    CREATE TABLE parts (id int) PARTITION BY LIST (id); CREATE TABLE part PARTITION OF parts FOR VALUES IN (1);";

/// A fingerprint of the shared schema.
const SHARED_NOW: &str = "SELECT string_agg(c.relname || c.relfilenode || c.relispartition || c.relnatts, ' ' ORDER BY c.oid) \
    FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE '\\_%'";

#[tokio::test(flavor = "multi_thread")]
async fn the_shared_schema_is_not_touched() {
    for (sql, line) in [
        ("DROP INDEX CONCURRENTLY IF EXISTS People_Id;", 1),
        ("REINDEX INDEX CONCURRENTLY people_id;", 1),
        ("REINDEX (VERBOSE, CONCURRENTLY) TABLE people;", 1),
        ("CREATE INDEX CONCURRENTLY ON \"people\" (id);", 1),
        ("CREATE INDEX CONCURRENTLY ON public.people (id);", 1),
        ("ALTER TABLE parts DETACH PARTITION part CONCURRENTLY;", 1),
        ("ALTER TABLE people ADD COLUMN note text;", 1),
        (
            "CREATE TABLE own (id int);\nCREATE INDEX CONCURRENTLY ON own (id);\nCREATE INDEX people_2 ON people (id);",
            3,
        ),
    ] {
        let project = one_tenant(sql).await;
        project.sql(SHARED).await;
        let before = project.one(SHARED_NOW).await;
        let failure = failure(project.builder()).await;
        assert_eq!(
            (failure.class, failure.line),
            (FailureClass::SharedSchemaTouched, Some(line)),
            "{sql}: {failure:?}"
        );
        assert!(failure.message.contains("pe") || failure.message.contains("part"), "{failure}");
        assert_eq!(project.one(SHARED_NOW).await, before, "{sql}");

        let meant =
            project.metadata("2_outside", "run_in_transaction = false\n[multitenant]\nallow_shared_locks = true");
        if line == 1 {
            meant.migrator().migrate(Scope::all()).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tenant_s_schema_is_the_current_one() {
    // Back to the role's default path: nobody's choice.
    let project = one_tenant("DISCARD ALL;\nCREATE TABLE astray (id int);").await;
    let failed = failure(project.builder()).await;
    assert_eq!((failed.class, failed.line), (FailureClass::Permanent, Some(2)), "{failed:?}");
    assert!(failed.message.contains("current schema"), "{failed}");

    // A role that may not use the tenant's schema.
    let mut project = Project::new().await.tenant("1_a", "CREATE TABLE astray (id int);").metadata("1_a", METADATA);
    project.settings.registry = RegistryText::List { ids: &["0"] };
    project.schemas(1).await;
    let role = format!("r_{}", project.database.name());
    project.sql(&format!("CREATE ROLE {role}; GRANT CREATE ON SCHEMA public TO {role}")).await;
    let url = project.database.url().to_owned();
    let separator = if url.contains('?') { '&' } else { '?' };
    let failed = failure(project.builder().database_url(format!("{url}{separator}options=-crole%3D{role}"))).await;
    project.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
    assert!(failed.hint.as_ref().is_some_and(|hint| hint.contains("USAGE")), "{failed:?}");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'astray'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_commit_or_no_transaction_at_all_runs() {
    let project = one_tenant(
        "CREATE TYPE mood AS ENUM ('sad'); ALTER TYPE mood ADD VALUE 'ok'; CREATE TABLE m (m mood DEFAULT 'ok');
         INSERT INTO m DEFAULT VALUES; VACUUM m; SET statement_timeout = '1h'; CREATE TEMP TABLE kept (id int);
         CREATE PROCEDURE fill() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 1..3 LOOP
             INSERT INTO users VALUES (i); COMMIT; END LOOP; END $$;
         CALL fill(); DO $$ BEGIN INSERT INTO users VALUES (4); COMMIT; END $$;
         INSERT INTO kept VALUES (5); CREATE INDEX CONCURRENTLY ON kept (id); INSERT INTO users SELECT id FROM kept;
         SET search_path = pg_catalog; CREATE TABLE tenant_0.chosen (id int);
         DO $$ BEGIN ASSERT current_setting('statement_timeout') = '1h'; END $$;",
    )
    .await;
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 1);
    assert_eq!(project.one("SELECT string_agg(id::text, ' ' ORDER BY id) FROM tenant_0.users").await, "1 2 3 4 5");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_invalid_index_blocks_only_whoever_makes_it() {
    let mark = "INSERT INTO users (id) VALUES (9);";
    for (name, up, blocks) in [
        ("ix_users_email", "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS IX_Users_Email ON users (email);", true),
        ("\"IX\"", "CREATE INDEX CONCURRENTLY IF NOT EXISTS \"IX\" ON tenant_0.users (email);", true),
        ("ix", "CREATE INDEX IF NOT EXISTS ix ON users (email);", true),
        ("", "CREATE UNIQUE INDEX CONCURRENTLY ON users (email);", true),
        ("\"IX\"", "CREATE INDEX CONCURRENTLY ix ON users (email);", false),
        ("email", "", false),
        ("ix", "CREATE INDEX CONCURRENTLY ON users (email);", false),
        ("ix", "DROP INDEX CONCURRENTLY IF EXISTS ix; CREATE INDEX CONCURRENTLY ix ON users (email);", false),
        ("ix", "REINDEX INDEX CONCURRENTLY ix; CREATE INDEX CONCURRENTLY IF NOT EXISTS ix ON users (email);", false),
    ] {
        let project = one_tenant(&format!("{mark} {up}")).await;
        project.sql("INSERT INTO tenant_0.users VALUES (1, 'a'), (2, 'a')").await;
        let old = format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON tenant_0.users (email)");
        project.client().await.batch_execute(&old).await.unwrap_err();
        if blocks || up.starts_with("REINDEX") {
            project.sql("DELETE FROM tenant_0.users").await;
        }
        let nine = "SELECT count(*)::text FROM tenant_0.users WHERE id = 9";
        if blocks {
            let failure = failure(project.builder()).await;
            assert!(failure.hint.as_ref().unwrap().contains("DROP INDEX CONCURRENTLY"), "{up}: {failure:?}");
            assert_eq!(project.one(nine).await, "0", "{up}: it says so before it begins");
        } else {
            let run = project.migrator().migrate(Scope::all()).await;
            run.unwrap_or_else(|error| panic!("{name} and {up}: {error}"));
            assert_eq!(project.one(nine).await, "1", "{up}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extension_goes_to_the_shared_schema() {
    let project = Project::new()
        .await
        .tenant("1_words", "CREATE TABLE words (word text);")
        .tenant(
            "2_trgm",
            "CREATE EXTENSION IF NOT EXISTS pg_trgm;
             CREATE INDEX CONCURRENTLY words_trgm ON words USING gin (word gin_trgm_ops);",
        )
        .metadata("2_trgm", METADATA);
    project.schemas(3).await;
    assert_eq!(project.migrator().migrate(Scope::all()).await.unwrap().summary().applied, 3);
    let place = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'";
    assert_eq!(project.one(place).await, "public");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_time_limit_is_no_interruption_and_not_for_concurrently() {
    let limit = Some(Duration::from_millis(200));
    for metadata in [METADATA, "run_in_transaction = true"] {
        let project = one_tenant("SELECT pg_sleep(60);").await.metadata("2_outside", metadata);
        let failure = failure(project.builder().statement_timeout(limit)).await;
        assert_eq!(
            (failure.class, failure.sqlstate.as_deref()),
            (FailureClass::Permanent, Some("57014")),
            "{failure:?}"
        );
        assert!(failure.hint.as_ref().unwrap().contains("statement_timeout"), "{failure:?}");
    }
    let project = one_tenant(
        "CREATE FUNCTION at_leisure(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
             ASSERT current_setting('statement_timeout') || current_setting('lock_timeout') = '00'; RETURN 1; END $$;
         INSERT INTO users VALUES (1); CREATE INDEX CONCURRENTLY ON users (at_leisure(id));
         DO $$ BEGIN ASSERT current_setting('statement_timeout') = '200ms'; END $$;",
    )
    .await;
    let migrator = project.builder().statement_timeout(limit).build().unwrap();
    assert_eq!(migrator.migrate(Scope::all()).await.unwrap().summary().applied, 1);
}
