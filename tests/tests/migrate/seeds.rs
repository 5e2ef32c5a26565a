//! Seeds by the library: functions among files, what they may not do, and what a fleet is asked.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use multitenant_runtime::{
    Error, Event, Failure, FailureClass, FleetAnswer, FleetScript, FunctionResult, Outcome, Report, Scope, SeedOptions,
    SeedSet,
};

use crate::project::{Project, outcomes};

pub(crate) async fn shop(tenants: usize) -> Project {
    let project = Project::new()
        .await
        .shared("1_plans", "CREATE TABLE plans (id int PRIMARY KEY)")
        .tenant("1_users", "CREATE TABLE users (id int PRIMARY KEY)");
    project.schemas(tenants).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    for (file, sql) in
        [("1.sql", "INSERT INTO users VALUES (1)"), ("3.sql", "INSERT INTO users SELECT max(id) + 1 FROM users")]
    {
        let folder = project.path("seeds/tenant");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file), sql).unwrap();
    }
    project
}

pub(crate) fn files(project: &Project) -> SeedSet {
    SeedSet::from_folder(&project.path("seeds")).unwrap()
}

fn incomplete(result: Result<Report, Error>) -> Report {
    match result {
        Err(Error::Incomplete(report)) => *report,
        other => panic!("{other:?}"),
    }
}

/// The failure of the first tenant.
pub(crate) fn failed(result: Result<Report, Error>) -> Failure {
    incomplete(result).targets.remove(0).failure.unwrap()
}

pub(crate) async fn users(project: &Project, schema: &str) -> String {
    project.one(&format!("SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM {schema}.users")).await
}

async fn run(conn: &mut AsyncPgConnection, sql: &str) -> Result<(), diesel::result::Error> {
    conn.batch_execute(sql).await
}

async fn two(conn: &mut AsyncPgConnection) -> FunctionResult {
    let inner = conn.transaction::<_, diesel::result::Error, _>(async |conn| {
        run(conn, "INSERT INTO users VALUES (2)").await?;
        run(conn, "INSERT INTO nowhere VALUES (2)").await
    });
    assert!(inner.await.is_err());
    Ok(conn
        .transaction::<_, diesel::result::Error, _>(async |conn| run(conn, "INSERT INTO users VALUES (20)").await)
        .await?)
}

#[tokio::test]
async fn a_function_has_its_place_among_the_files() {
    let project = shop(2).await;
    let seeds = files(&project).with_tenant("2_function", two);
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let migrator = project
        .builder()
        .observer(move |event: &Event| {
            if let Event::MigrationApplied { version, target, .. } = event
                && target.schema().as_str() == "tenant_1"
            {
                heard.lock().unwrap().push(version.as_str().to_owned());
            }
        })
        .build()
        .unwrap();
    let report = migrator.seed(&seeds, SeedOptions::new(Scope::all()).once()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 3", "tenant_1:applied 3"]);
    assert_eq!(users(&project, "tenant_0").await, "1,20,21");
    assert_eq!(*events.lock().unwrap(), ["1.sql", "2_function", "3.sql"]);
    let again = migrator.seed(&seeds, SeedOptions::new(Scope::all()).once()).await.unwrap();
    assert_eq!(outcomes(&again), ["tenant_0:up to date", "tenant_1:up to date"]);
    assert_eq!(users(&project, "tenant_1").await, "1,20,21");
}

#[tokio::test]
async fn a_function_cannot_commit_what_is_not_its_own() {
    async fn commits(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "INSERT INTO users VALUES (2)").await?;
        run(conn, "COMMIT").await?;
        Ok(run(conn, "INSERT INTO tenant_0.users VALUES (9)").await?)
    }
    async fn rolls_back(conn: &mut AsyncPgConnection) -> FunctionResult {
        Ok(run(conn, "ROLLBACK").await?)
    }
    async fn fails(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "INSERT INTO users VALUES (2)").await?;
        Err("not today".into())
    }
    let project = shop(1).await;
    let migrator = project.migrator();
    let seed = async |seeds: SeedSet| failed(migrator.seed(&seeds, SeedOptions::new(Scope::tenants()).once()).await);

    let failure = seed(files(&project).with_tenant("2_f", fails)).await;
    assert_eq!(failure.to_string(), "the function failed: not today (2_f)");
    let failure = seed(files(&project).with_tenant("2_f", rolls_back)).await;
    assert!(failure.message.starts_with("the function ended the transaction"), "{failure}");
    assert_eq!((users(&project, "tenant_0").await, failure.migration), (String::new(), None));

    // What it commits by force is told; what would come after it is not done, and nothing is recorded.
    let failure = seed(files(&project).with_tenant("2_f", commits)).await;
    assert!(failure.message.starts_with("the function committed the transaction"), "{failure}");
    assert_eq!((failure.class, failure.sqlstate.as_deref()), (FailureClass::Permanent, Some("25006")));
    assert!(!failure.hint.unwrap().contains("mark-applied"));
    assert_eq!(users(&project, "tenant_0").await, "1,2");
    assert_eq!(project.one("SELECT count(*)::text FROM tenant_0.__multitenant_seeds").await, "1");
}

#[tokio::test]
async fn a_file_beside_a_function_has_its_place_too() {
    async fn nothing(_: &mut AsyncPgConnection) -> FunctionResult {
        Ok(())
    }
    async fn touches(conn: &mut AsyncPgConnection) -> FunctionResult {
        Ok(run(conn, "ALTER TABLE plans ADD price int").await?)
    }
    let project = shop(1).await;
    std::fs::write(project.path("seeds/tenant/4.sql"), "SELECT 1;\n  SELECT 1 / 0;").unwrap();
    let seeds = files(&project).with_tenant("2_f", nothing);
    let failure = failed(project.migrator().seed(&seeds, SeedOptions::new(Scope::tenants())).await);
    assert!(
        failure.to_string().starts_with("22012 ") && failure.to_string().ends_with("seeds/tenant/4.sql:2:3)"),
        "{failure}"
    );
    std::fs::remove_file(project.path("seeds/tenant/4.sql")).unwrap();
    let seeds = files(&project).with_tenant("2_f", touches);
    let failure = failed(project.migrator().seed(&seeds, SeedOptions::new(Scope::tenants())).await);
    assert_eq!(failure.class, FailureClass::SharedSchemaTouched, "{failure}");
    assert_eq!(users(&project, "tenant_0").await, "");
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    async fn serial(conn: &mut AsyncPgConnection) -> FunctionResult {
        run(conn, "INSERT INTO users VALUES (2)").await?;
        if CALLS.fetch_add(1, Ordering::Relaxed) == 0 {
            run(conn, "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$").await?;
        }
        Ok(())
    }
    let project = shop(1).await;
    let seeds = files(&project).with_tenant("2_f", serial);
    project.migrator().seed(&seeds, SeedOptions::new(Scope::tenants())).await.unwrap();
    assert_eq!((users(&project, "tenant_0").await.as_str(), CALLS.load(Ordering::Relaxed)), ("1,2,3", 2));
}

#[tokio::test]
async fn a_schema_that_is_missing_or_unfinished_is_not_seeded() {
    let mut project = shop(3).await.tenants_in_table();
    project.settings.registry = multitenant_runtime::RegistryText::List { ids: &["0", "1", "lost"] };
    project.sql("COMMENT ON SCHEMA tenant_1 IS 'cargo-multitenant: x'").await;
    let mark: String = project.one("SELECT obj_description('tenant_1'::regnamespace)").await;
    assert!(mark.starts_with("cargo-multitenant"));
    let report = incomplete(project.migrator().seed(&files(&project), SeedOptions::new(Scope::tenants())).await);
    let lost = report.targets.iter().find(|target| target.target.schema().as_str() == "tenant_lost").unwrap();
    assert_eq!(lost.failure.as_ref().unwrap().class, FailureClass::MissingSchema);
    // Nothing fell through to the shared schema.
    assert_eq!(
        project.one("SELECT count(*)::text FROM pg_tables WHERE tablename = 'users' AND schemaname = 'public'").await,
        "0"
    );
}

#[tokio::test]
async fn the_fleet_is_asked_until_the_reader_has_enough() {
    let project = shop(40).await;
    let migrator = project.builder().jobs(4).build().unwrap();
    let script = FleetScript::read_only("x", "SELECT g FROM generate_series(1, 100000) g").unwrap();
    let mut rows = 0;
    let report = incomplete(
        migrator
            .ask(&script, Scope::tenants(), |_, answer| {
                rows += usize::from(matches!(answer, FleetAnswer::Row(_)));
                if rows < 150_000 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            })
            .await,
    );
    assert_eq!(rows, 150_000);
    let answered = report.targets.iter().filter(|target| target.outcome == Outcome::Answered).count();
    assert!((1..10).contains(&answered), "{answered}");
    // The migrator goes on to be of use.
    let script = FleetScript::read_only("x", "SELECT current_schema()").unwrap();
    let mut schemas = Vec::new();
    let read = |_: &multitenant_runtime::Target, answer| {
        if let FleetAnswer::Row(row) = answer {
            schemas.push(row.get(0).unwrap_or_default().to_owned());
        }
        ControlFlow::Continue(())
    };
    let report = migrator.ask(&script, Scope::tenants(), read).await.unwrap();
    let expected: Vec<String> = report.targets.iter().map(|target| target.target.schema().to_string()).collect();
    assert_eq!((schemas.len(), schemas == expected), (40, true));
}
