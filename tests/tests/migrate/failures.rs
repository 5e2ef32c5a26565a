//! What fails stops its own tenant only, and says where.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use multitenant_runtime::{Error, Event, FailureClass, Outcome, Scope};

use super::project::{Project, outcomes};
use multitenant_tests::proxy::{Proxy, Way};

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_fails_with_file_line_and_sqlstate() {
    let project = Project::new()
        .await
        .tenant("1_a", "CREATE TABLE a (id int);")
        .tenant("2_b", "CREATE TABLE b (id int);\n\n  -- the index\n  CREATE INDEX b_id ON b (id);")
        .tenant("3_c", "SELECT 1 +\n  nosuch FROM a;");
    project.schemas(12).await;
    project.sql("CREATE TABLE tenant_7.b_id ()").await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    let seven = report.targets.iter().find(|t| t.target.schema().as_str() == "tenant_7").unwrap();
    let failure = seven.failure.as_ref().unwrap();
    assert_eq!(seven.applied.len(), 1);
    assert_eq!(failure.sqlstate.as_deref(), Some("42P07"));
    assert_eq!(failure.migration.as_deref(), Some("2"));
    assert!(failure.file.as_ref().unwrap().ends_with("tenant/2_b/up.sql"));
    // The server gives no position for this one: the statement's first line.
    assert_eq!((failure.line, failure.column), (Some(4), Some(3)));
    // Where it gives one, that.
    let other = report.targets.iter().find(|t| t.target.schema().as_str() == "tenant_0").unwrap();
    let failure = other.failure.as_ref().unwrap();
    assert_eq!((failure.sqlstate.as_deref(), failure.line, failure.column), (Some("42703"), Some(2), Some(3)));
    // The failed migration left nothing.
    assert_eq!(
        project.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'b' AND schemaname = 'tenant_7'").await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_shared_schema_stops_the_tenants() {
    let project = Project::new().await.shared("1_bad", "SELECT 1/0;").tenant("1_a", "CREATE TABLE a ();");
    project.schemas(2).await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    assert_eq!(outcomes(&report), ["public:failed after 0", "tenant_0:not tried", "tenant_1:not tried"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deferred_constraint_fails_at_commit_and_is_told() {
    let project = Project::new().await.tenant(
        "1_a",
        "CREATE TABLE p (id int PRIMARY KEY);
         CREATE TABLE c (p int REFERENCES p (id) DEFERRABLE INITIALLY DEFERRED);
         INSERT INTO c VALUES (1);",
    );
    project.schemas(1).await;
    let Err(Error::Incomplete(report)) = project.migrator().migrate(Scope::all()).await else { panic!("incomplete") };
    assert_eq!(report.targets[0].failure.as_ref().unwrap().sqlstate.as_deref(), Some("23503"));
    assert_eq!(
        project.one("SELECT count(*)::text FROM pg_class WHERE relnamespace = 'tenant_0'::regnamespace").await,
        "0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_migration_sets_the_next_does_not_see() {
    let project = Project::new()
        .await
        .tenant(
            "1_dump",
            "SELECT set_config('search_path', '', false); SET statement_timeout = '7s'; SET lock_timeout = '7s';
             SET check_function_bodies = off; CREATE TEMP TABLE left_over ();",
        )
        .tenant(
            "2_next",
            "CREATE TABLE next AS SELECT current_setting('statement_timeout') || current_setting('lock_timeout')
             || current_setting('check_function_bodies') || coalesce(to_regclass('left_over')::text, '') AS seen;",
        );
    project.schemas(3).await;
    let report = project.builder().jobs(1).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 2", "tenant_1:applied 2", "tenant_2:applied 2"]);
    assert_eq!(project.one("SELECT seen FROM tenant_1.next").await, "01500mson");
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_tenants_that_make_one_shared_object_all_succeed() {
    let project = Project::new().await.tenant(
        "1_shared_things",
        "CREATE EXTENSION IF NOT EXISTS pg_trgm;
         CREATE OR REPLACE FUNCTION public.answer() RETURNS int LANGUAGE sql AS 'SELECT 42';
         CREATE TABLE words (word text); CREATE INDEX ON words USING gin (word gin_trgm_ops);",
    );
    project.schemas(12).await;
    let report = project.builder().jobs(8).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, 12);
    // Not in the first tenant's schema, with which it would vanish.
    let place = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'";
    assert_eq!(project.one(place).await, "public");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_on_one_tenants_table_stops_that_tenant_only() {
    let project = Project::new()
        .await
        .tenant("1_a", "CREATE TABLE IF NOT EXISTS a (id int);")
        .tenant("2_b", "ALTER TABLE a ADD COLUMN note text;");
    project.schemas(4).await;
    project.sql("CREATE TABLE tenant_2.a (id int)").await;
    let blocker = project.client().await;
    blocker.batch_execute("BEGIN; LOCK TABLE tenant_2.a IN ACCESS SHARE MODE").await.unwrap();
    let retried = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&retried);
    let migrator = project
        .builder()
        .lock_timeout(Duration::from_millis(50))
        .observer(move |event: &Event| {
            if let Event::Retrying { target, failure, .. } = event {
                seen.lock().unwrap().push((target.to_string(), failure.class));
            }
        })
        .build()
        .unwrap();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    // The blocker lets go when the run has been refused twice.
    while retried.lock().unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    blocker.batch_execute("COMMIT").await.unwrap();
    let report = run.await.unwrap().unwrap();
    assert_eq!(report.summary().applied, 4);
    let expected = ("tenant_2".to_owned(), FailureClass::LockTimeout);
    assert!(retried.lock().unwrap().iter().all(|seen| *seen == expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_held_by_another_run_is_waited_for_and_then_left() {
    let project = Project::new().await.tenant("1_slow", "SELECT pg_sleep(1); CREATE TABLE a ();");
    project.schemas(1).await;
    let first = project.migrator();
    let first = tokio::spawn(async move { first.migrate(Scope::all()).await });
    let sleeping = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()";
    while project.one(sleeping).await == "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let impatient = project.builder().wait(Duration::from_millis(100)).build().unwrap();
    let Err(Error::Incomplete(report)) = impatient.migrate(Scope::all()).await else { panic!("held") };
    assert_eq!(report.targets[0].outcome, Outcome::Skipped);
    assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::Held);
    let patient = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&patient), ["tenant_0:up to date"]);
    assert_eq!(first.await.unwrap().unwrap().summary().applied, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminated_backend_is_retried_on_a_new_connection() {
    let project = Project::new().await.tenant("1_slow", "CREATE TABLE a (); SELECT pg_sleep(0.5);");
    project.schemas(2).await;
    let migrator = project.migrator();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    let kill = "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()";
    while project.one(kill).await == "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(run.await.unwrap().unwrap().summary().applied, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_rolls_back_what_has_begun_and_reports_the_rest() {
    let project = Project::new()
        .await
        .tenant("1_a", "CREATE TABLE a ();")
        .tenant("2_slow", "CREATE TABLE b (); SELECT pg_sleep(30);");
    project.schemas(5).await;
    let token = tokio_util::sync::CancellationToken::new();
    let migrator = project.builder().jobs(2).cancellation(token.clone()).build().unwrap();
    let run = tokio::spawn(async move { migrator.migrate(Scope::all()).await });
    let sleeping = "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active' AND datname = current_database()";
    while project.one(sleeping).await != "2" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    token.cancel();
    let Err(Error::Incomplete(report)) = run.await.unwrap() else { panic!("cancelled") };
    assert!(report.cancelled);
    assert_eq!(report.targets.len(), 5);
    assert_eq!(report.summary().failed, 2);
    assert_eq!(report.summary().not_tried, 3);
    assert_eq!(project.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'b'").await, "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_is_told_what_it_lacks() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(1).await;
    let role = format!("role_{}", project.database.name());
    project
        .sql(&format!("CREATE ROLE {role} LOGIN; GRANT CONNECT ON DATABASE {} TO {role}", project.database.name()))
        .await;
    // Through SET ROLE in the options, so that it works with any authentication.
    let url = project.database.url().to_owned();
    let separator = if url.contains('?') { '&' } else { '?' };
    let migrator = project.builder().database_url(format!("{url}{separator}options=-crole%3D{role}")).build().unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("refused") };
    let failure = report.targets[0].failure.as_ref().unwrap();
    let hint = failure.hint.as_deref().unwrap_or_default();
    assert!(hint.contains("USAGE") || failure.sqlstate.as_deref() == Some("42501"), "{failure:?}");
    project.sql(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_observer_that_panics_loses_no_target_from_the_report() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(6).await;
    let migrator = project
        .builder()
        .jobs(2)
        .observer(|event: &Event| {
            let started =
                matches!(event, Event::TargetStarted { target, .. } if target.schema().as_str() == "tenant_3");
            assert!(!started, "on purpose");
        })
        .build()
        .unwrap();
    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("incomplete") };
    assert_eq!(report.targets.len(), 6);
    assert_eq!(report.targets[3].outcome, Outcome::Failed);
    assert_eq!(project.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'a'").await, "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_whose_commit_was_not_answered_is_reported_as_applied() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();").tenant("2_b", "CREATE TABLE b ();");
    project.schemas(1).await;
    let proxy = Proxy::before(project.database.url()).await.cutting(
        Way::ToClient,
        b"INSERT 0 1\0Z\0\0\0\x05TC\0\0\0\x0bCOMMIT\0",
        1,
    );
    let migrator = project.builder().database_url(proxy.url()).build().unwrap();
    let report = migrator.migrate(Scope::all()).await.unwrap();
    assert_eq!(proxy.happened(), 1);
    assert_eq!(outcomes(&report), ["tenant_0:applied 2"]);
}
