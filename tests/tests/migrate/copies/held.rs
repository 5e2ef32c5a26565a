use std::time::Duration;

use multitenant_runtime::{CancellationToken, CloneOptions, Error, Event, FailureClass, Scope, TenantDump};

use super::{NOTHING, WHOLE, id, new, portrait, small, standing};

const MANY: &str = "INSERT INTO tenant_a.users (name) SELECT repeat('x', 100) FROM generate_series(1, 200000)";

#[tokio::test(flavor = "multi_thread")]
async fn of_two_clones_of_one_name_one_is_there() {
    let project = small(&["a"]).await;
    let clone = || {
        let migrator = project.migrator();
        tokio::spawn(async move { migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await })
    };
    let (first, second) = tokio::join!(clone(), clone());
    let (first, second) = (first.unwrap(), second.unwrap());
    assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
    let error = first.err().or(second.err()).unwrap().to_string();
    assert!(error.contains("exists already") || error.contains("has a row"), "{error}");
    assert_eq!(standing(&project, "b", "tenant_b").await, WHOLE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_of_the_source_and_its_clone_take_turns() {
    let project = small(&["a"]).await;
    project.sql(MANY).await;
    let project = project.tenant("2_more", "ALTER TABLE users ADD COLUMN more int; UPDATE users SET more = 1;");
    let migrator = project.migrator();
    let source = id("a");
    let clone = migrator.clone_tenant(&source, new("b"), CloneOptions::data());
    let (copy, report) = tokio::join!(clone, migrator.migrate(Scope::tenants()));
    let (copy, _) = (copy.unwrap(), report.unwrap());
    // Before the migration or after it, and never in between.
    let history = "SELECT count(*)::text FROM tenant_b.__diesel_schema_migrations";
    assert_eq!(project.one(history).await, (2 - copy.pending.len()).to_string());
    project.migrator().migrate(Scope::tenants()).await.unwrap();
    assert_eq!(portrait(&migrator, "b").await.differences(&portrait(&migrator, "a").await), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_stays_held_is_told() {
    let project = small(&["a"]).await;
    let holder = project.client().await;
    let key =
        multitenant_runtime::inspection::locks_of(&multitenant_runtime::SchemaName::new("tenant_a").unwrap())[0].1;
    holder.query("SELECT pg_advisory_lock($1)", &[&key]).await.unwrap();
    let cancellation = CancellationToken::new();
    let token = cancellation.clone();
    let observer = move |event: &Event| {
        if matches!(event, Event::Held { .. }) {
            token.cancel();
        }
    };
    let migrator = project.builder().observer(observer).cancellation(cancellation).build().unwrap();
    let error = migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.unwrap_err();
    assert!(matches!(&error, Error::Database(failure) if failure.class == FailureClass::Held), "{error:?}");
    assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_is_cancelled_leaves_nothing() {
    let project = small(&["a"]).await;
    project.sql(MANY).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x");
    project.migrator().dump_tenant(&id("a"), &file, false).await.unwrap();
    let dump = TenantDump::open(&file).unwrap();
    for what in ["clone", "load", "dump"] {
        let cancellation = CancellationToken::new();
        let migrator = project.builder().cancellation(cancellation.clone()).build().unwrap();
        let canceller = async {
            tokio::time::sleep(Duration::from_millis(150)).await;
            cancellation.cancel();
        };
        let work = async {
            match what {
                "clone" => migrator.clone_tenant(&id("a"), new("b"), CloneOptions::data()).await.map(drop),
                "load" => migrator.load_tenant(&dump, new("b")).await.map(drop),
                _ => migrator.dump_tenant(&id("a"), folder.path().join("y"), false).await.map(drop),
            }
        };
        let (result, ()) = tokio::join!(work, canceller);
        let error = result.expect_err(what);
        assert!(matches!(&error, Error::Database(f) if f.class == FailureClass::Cancelled), "{what}: {error:?}");
        assert_eq!(standing(&project, "b", "tenant_b").await, NOTHING);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
