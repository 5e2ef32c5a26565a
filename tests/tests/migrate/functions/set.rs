//! A function's place in the set: among the SQL migrations, in histories, on the way back, in new tenants.

use std::time::Duration;

use diesel::migration::MigrationSource;
use diesel::pg::Pg;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use multitenant_runtime::{
    Error, Extent, FunctionResult, MigrationFunction, NewTenant, OnOutOfOrder, Operation, Outcome, RustMigration,
    Scope, StartUp, StartupMode, State, async_trait,
};
use tokio::sync::Barrier;

use super::tenants::{NAME, empty, fill, history, incomplete, rows, sql, tenants, with};
use crate::project::outcomes;

#[tokio::test]
async fn a_function_has_its_place_among_the_others() {
    let project = tenants(2).await;
    let shared = RustMigration::new("1_plans", async |conn: &mut AsyncPgConnection| -> FunctionResult {
        sql(conn, "CREATE TABLE plans (id int)").await?;
        Ok(())
    });
    let migrator = || with(&project, fill).shared_migration(shared.clone()).build().unwrap();
    let report = migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["public:applied 1", "tenant_0:applied 3", "tenant_1:applied 3"]);
    // After the table, and before the column with its default.
    assert_eq!(project.one("SELECT string_agg(n || ' ' || done, ',') FROM tenant_1.a").await, "1 true");
    assert_eq!(project.one("SELECT to_regclass('public.plans')::text").await, "plans");
    assert_eq!(history(&project, "tenant_0").await, "1:sha256 2 3:sha256");
    assert_eq!(
        project
            .one(
                "SELECT string_agg(tablename, ',') FROM pg_tables WHERE schemaname = 'tenant_0' AND tablename !~ '^__'"
            )
            .await,
        "a"
    );
    // Once; and the state table knows the set with the function in it.
    let started = migrator().start(StartUp::new(StartupMode::Check)).await.unwrap();
    assert_eq!(started.report.summary().up_to_date, 3);
    assert_eq!(migrator().migrate(Scope::all()).await.unwrap().summary().up_to_date, 3);
    assert_eq!(rows(&project, "tenant_0").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_are_worked_on_in_parallel() {
    struct Meet(Barrier);

    #[async_trait]
    impl MigrationFunction for Meet {
        async fn run(&self, conn: &mut AsyncPgConnection) -> FunctionResult {
            fill(conn).await?;
            // Nobody goes on before all are here, each in its own transaction.
            tokio::time::timeout(Duration::from_secs(60), self.0.wait()).await?;
            Ok(())
        }
    }

    let project = tenants(4).await;
    let report = with(&project, Meet(Barrier::new(4))).jobs(4).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(report.summary().applied, 4);
}

#[tokio::test]
async fn it_is_reverted_by_a_function_or_not_at_all() {
    let project = tenants(1).await;
    std::fs::write(project.path("tenant/3_b/down.sql"), "ALTER TABLE a DROP done").unwrap();
    let two = || Operation::rollback(Scope::tenants(), Extent::Steps(2.try_into().unwrap()));
    let one_way = with(&project, fill).build().unwrap();
    one_way.migrate(Scope::all()).await.unwrap();
    let Err(Error::Irreversible(reasons)) = one_way.run(two()).await else { unreachable!("there is no way back") };
    assert_eq!(reasons, ["2_fill has no way back: give it one with `reverted_by`"]);
    assert_eq!(history(&project, "tenant_0").await, "1:sha256 2 3:sha256");

    let both = RustMigration::new(NAME, fill).reverted_by(empty);
    let both = project.builder().tenant_migration(both).build().unwrap();
    let report = both.run(two()).await.unwrap();
    assert_eq!((report.targets[0].outcome, report.targets[0].reverted.len()), (Outcome::Reverted, 2));
    assert_eq!(
        (rows(&project, "tenant_0").await, history(&project, "tenant_0").await),
        ("0".into(), "1:sha256".into())
    );
    both.migrate(Scope::all()).await.unwrap();
    let redone = Operation::redo(Scope::tenants(), Extent::Steps(2.try_into().unwrap()));
    both.run(redone).await.unwrap();
    assert_eq!(rows(&project, "tenant_0").await, "1");
}

#[tokio::test]
async fn a_tenant_is_created_with_it() {
    let project = tenants(0).await;
    let good = with(&project, fill).build().unwrap();
    let report = good.create_tenant(NewTenant::new("good").unwrap()).await.unwrap();
    assert_eq!(report.applied.len(), 3);
    assert_eq!(project.one("SELECT string_agg(n || ' ' || done, ',') FROM tenant_good.a").await, "1 true");
    assert_eq!(good.migrate(Scope::all()).await.unwrap().summary().up_to_date, 1);
    // All or nothing.
    let bad = with(&project, async |conn: &mut AsyncPgConnection| -> FunctionResult {
        fill(conn).await?;
        Err("no".into())
    });
    let created = bad.build().unwrap().create_tenant(NewTenant::new("bad").unwrap()).await;
    assert!(matches!(created, Err(Error::Incomplete(_))), "{created:?}");
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'tenant_bad'").await, "0");
}

#[tokio::test]
async fn a_set_with_two_of_one_version_is_refused() {
    let project = tenants(0).await;
    for (names, says) in [
        (vec!["3_again"], "3_b/up.sql: has the version 3 of \"3_again\""),
        (vec!["2_x", "2_y"], "2_y: has the version 2 of \"2_x\""),
        (vec!["_x"], "_x: has no usable version"),
    ] {
        let builder = names
            .iter()
            .fold(project.builder(), |builder, name| builder.tenant_migration(RustMigration::new(*name, fill)));
        let error = builder.build().unwrap_err();
        assert!(matches!(&error, Error::Migrations(_)) && error.to_string().contains(says), "{error}");
    }
}

#[tokio::test]
async fn it_is_edited_only_where_its_revision_says_so() {
    let project = tenants(1).await;
    let state = async |migration: RustMigration| {
        let migrator = project.builder().tenant_migration(migration).build().unwrap();
        migrator.plan(Scope::all()).await.unwrap().tenants[0].state
    };
    let first = RustMigration::new(NAME, fill).revision("one row");
    project.builder().tenant_migration(first.clone()).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(history(&project, "tenant_0").await, "1:sha256 2:sha256 3:sha256");
    assert_eq!(state(first.clone()).await, State::UpToDate);
    assert_eq!(state(RustMigration::new(NAME, empty)).await, State::UpToDate);
    assert_eq!(state(first.revision("two rows")).await, State::Edited);
}

#[tokio::test]
async fn diesels_own_harness_says_that_it_cannot() {
    let project = tenants(0).await;
    let shared =
        multitenant_runtime::MigrationSet::from_folder(multitenant_runtime::Tier::Tenant, &project.path("tenant"));
    let set = shared.unwrap().with_functions([RustMigration::new(NAME, fill)]).unwrap();
    let url = project.database.url().to_owned();
    let error = tokio::task::spawn_blocking(move || {
        let migrations = MigrationSource::<Pg>::migrations(&set).unwrap();
        let mut conn: AsyncConnectionWrapper<AsyncPgConnection> = diesel::Connection::establish(&url).unwrap();
        migrations[1].run(&mut conn).unwrap_err().to_string()
    });
    let error = error.await.unwrap();
    assert!(error.starts_with("2_fill is a Rust function, which Diesel's harness cannot run"), "{error}");
}

#[tokio::test]
async fn who_does_not_know_it_goes_on_without_it() {
    // The command line, on the same folders.
    let project = tenants(1).await;
    with(&project, fill).build().unwrap().migrate(Scope::all()).await.unwrap();
    let without = project.migrator();
    let plan = without.plan(Scope::all()).await.unwrap();
    assert_eq!(plan.tenants[0].state, State::Unknown);
    assert_eq!(plan.tenants[0].unknown[0].as_str(), "2");
    assert!(without.start(StartUp::new(StartupMode::Check)).await.is_ok());
    let project = project.tenant("4_c", "CREATE TABLE c (n int)");
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 1"]);
    // What it has gone past is out of order for the application, and applied all the same.
    let late = || with(&project, fill).tenant_migration(RustMigration::new("3-5_late", fill));
    let plan = late().build().unwrap().plan(Scope::all()).await.unwrap();
    assert_eq!(plan.tenants[0].out_of_order[0].as_str(), "35");
    let refused = late().on_out_of_order(OnOutOfOrder::Refuse).build().unwrap().migrate(Scope::all()).await;
    assert_eq!(outcomes(&incomplete(refused)), ["tenant_0:skipped"]);
    let report = late().build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 1"]);
    assert_eq!(rows(&project, "tenant_0").await, "2");
}
