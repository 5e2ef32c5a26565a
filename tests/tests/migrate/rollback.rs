//! The way back: rollback and redo.

use std::num::NonZeroUsize;
use std::time::Duration;

use multitenant_runtime::{
    Error, Event, Extent, FailureClass, Operation, Outcome, Report, Scope, Selection, Step, TenantId, Version,
};

use super::project::Project;
use multitenant_tests::proxy::{Proxy, Way};

/// The versions of a schema's history, and its tables.
const HOLDING: &str = "SELECT coalesce(string_agg(version, ' ' ORDER BY version), '') || '|' || (SELECT \
    coalesce(string_agg(relname, ' ' ORDER BY relname), '') FROM pg_class WHERE relnamespace = 'SCHEMA'::regnamespace \
    AND relkind = 'r' AND relname NOT LIKE '\\_\\_%') FROM SCHEMA.__diesel_schema_migrations";

async fn holding(project: &Project, schema: &str) -> String {
    project.one(&HOLDING.replace("SCHEMA", schema)).await
}

/// Three tables in each of so many tenants.
async fn shop(tenants: usize) -> Project {
    let mut project = Project::new().await;
    for (name, table) in [("1_a", "a"), ("2_b", "b"), ("3_c", "c")] {
        project = project
            .tenant(name, &format!("CREATE TABLE {table} (id int);"))
            .down(name, &format!("DROP TABLE {table};"));
    }
    project.schemas(tenants).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    project
}

fn steps(n: usize) -> Extent {
    Extent::Steps(NonZeroUsize::new(n).unwrap())
}

fn version(version: &str) -> Version {
    Version::of_folder(version).unwrap()
}

fn reverted(report: &Report) -> Vec<Vec<&str>> {
    report.targets.iter().map(|target| target.reverted.iter().map(Version::as_str).collect()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_go_first_and_a_new_run_brings_them_back() {
    let project = shop(3).await;
    let report = project.migrator().run(Operation::rollback(Scope::tenants(), steps(2))).await.unwrap();
    assert_eq!(reverted(&report), vec![vec!["3", "2"]; 3]);
    assert_eq!(report.summary().reverted, 3);
    assert!(report.targets.iter().all(|target| target.outcome == Outcome::Reverted && target.applied.is_empty()));
    assert_eq!(holding(&project, "tenant_2").await, "1|a");
    // The state table knows: a start finds them, and applies them.
    let started = project.migrator().start(Default::default()).await.unwrap();
    assert_eq!(started.report.summary().applied, 3);
    assert_eq!(holding(&project, "tenant_2").await, "1 2 3|a b c");
}

#[tokio::test(flavor = "multi_thread")]
async fn down_to_a_version_of_some_tenants() {
    let project = shop(3).await;
    let only = Selection::Only(vec![TenantId::new("1").unwrap()]);
    let scope = Scope { shared: false, tenants: only };
    let back = Operation::rollback(scope, Extent::To(version("1")));
    assert_eq!(reverted(&project.migrator().run(back.clone()).await.unwrap()), [["3", "2"]]);
    assert_eq!(holding(&project, "tenant_1").await, "1|a");
    assert_eq!(holding(&project, "tenant_0").await, "1 2 3|a b c");
    // Once more there is nothing to do.
    let again = project.migrator().run(back).await.unwrap();
    assert_eq!((again.summary().up_to_date, again.targets.len()), (1, 1));
    let unknown = Operation::rollback(Scope::tenants(), Extent::To(version("7")));
    assert!(matches!(project.migrator().run(unknown).await, Err(Error::UnknownVersion(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_way_back_nothing_is_done() {
    for (down, says) in [(None, "2_b has no down.sql"), (Some("-- nothing\n"), "2_b/down.sql holds no statement")] {
        let mut project = Project::new()
            .await
            .tenant("1_a", "CREATE TABLE a (id int);")
            .tenant("2_b", "CREATE TABLE b (id int);")
            .tenant("3_c", "CREATE TABLE c (id int);")
            .down("3_c", "DROP TABLE c;");
        if let Some(down) = down {
            project = project.down("2_b", down);
        }
        project.schemas(2).await;
        project.migrator().migrate(Scope::all()).await.unwrap();
        let result = project.migrator().run(Operation::rollback(Scope::tenants(), steps(2))).await;
        let Err(Error::Irreversible(reasons)) = result else { panic!("{result:?}") };
        assert!(reasons.len() == 1 && reasons[0].contains(says), "{reasons:?}");
        assert_eq!(holding(&project, "tenant_0").await, "1 2 3|a b c");
        let plan = project.migrator().plan_operation(&Operation::rollback(Scope::tenants(), steps(2))).await;
        assert!(matches!(plan, Err(Error::Irreversible(_))), "{plan:?}");
        // One step is possible.
        project.migrator().run(Operation::rollback(Scope::tenants(), steps(1))).await.unwrap();
        assert_eq!(holding(&project, "tenant_1").await, "1 2|a b");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tenants_go_back_before_the_shared_schema() {
    let project = Project::new()
        .await
        .tenants_in_table()
        .shared("1_tenants", "CREATE TABLE tenants (id text PRIMARY KEY); INSERT INTO tenants VALUES ('0'), ('1');")
        .shared("2_plans", "CREATE TABLE plans (id int PRIMARY KEY);")
        .shared_down("2_plans", "DROP TABLE plans;")
        .tenant("3_users", "CREATE TABLE users (plan int REFERENCES plans);")
        .down("3_users", "DROP TABLE users;");
    project.schemas(2).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    project.sql("CREATE VIEW tenant_1.keep AS SELECT * FROM tenant_1.users").await;
    let back = Operation::rollback(Scope::all(), Extent::To(version("1")));
    let Err(Error::Incomplete(report)) = project.migrator().run(back.clone()).await else { panic!("incomplete") };
    let outcomes: Vec<Outcome> = report.targets.iter().map(|target| target.outcome).collect();
    assert_eq!(outcomes, [Outcome::NotTried, Outcome::Reverted, Outcome::Failed], "{report:?}");
    let failure = report.targets[2].failure.clone().unwrap();
    assert_eq!((failure.sqlstate.as_deref(), failure.migration.as_deref()), (Some("2BP01"), Some("3")));
    assert!(failure.file.unwrap().ends_with("3_users/down.sql"));
    project.sql("DROP VIEW tenant_1.keep").await;
    let report = project.migrator().run(back).await.unwrap();
    assert_eq!(report.targets[0].target.tenant(), None);
    assert_eq!(reverted(&report), [vec!["2"], vec![], vec!["3"]]);
    assert_eq!(holding(&project, "public").await, "1|tenants");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wall_stands_on_the_way_back_too() {
    let project = Project::new()
        .await
        .tenant("1_a", "CREATE TABLE a (id int);")
        .tenant("2_b", "CREATE TABLE b (id int);")
        // The tenant has no such table; the shared schema has.
        .down("2_b", "DROP TABLE plans;");
    project.sql("CREATE TABLE public.plans (id int)").await;
    project.schemas(2).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let result = project.migrator().run(Operation::rollback(Scope::tenants(), steps(1))).await;
    let Err(Error::Incomplete(report)) = result else { panic!("{result:?}") };
    for target in &report.targets {
        let failure = target.failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::SharedSchemaTouched, "{failure:?}");
        assert!(failure.file.as_ref().unwrap().ends_with("2_b/down.sql"), "{failure:?}");
    }
    assert_eq!(project.one("SELECT to_regclass('public.plans')::text").await, "plans");
    assert_eq!(holding(&project, "tenant_0").await, "1 2|a b");
}

#[tokio::test(flavor = "multi_thread")]
async fn redo_ends_where_it_began() {
    let project = shop(3).await;
    project.sql("INSERT INTO tenant_0.c VALUES (1); INSERT INTO tenant_0.b VALUES (1)").await;
    let report = project.migrator().run(Operation::redo(Scope::tenants(), steps(2))).await.unwrap();
    assert_eq!(reverted(&report), vec![vec!["3", "2"]; 3]);
    for target in &report.targets {
        assert_eq!(target.outcome, Outcome::Applied);
        assert_eq!(target.applied.iter().map(Version::as_str).collect::<Vec<_>>(), ["2", "3"]);
    }
    assert_eq!(holding(&project, "tenant_0").await, "1 2 3|a b c");
    assert_eq!(
        project.one("SELECT (SELECT count(*) FROM tenant_0.c) + (SELECT count(*) FROM tenant_0.b) || ''").await,
        "0"
    );
    let checked = project.migrator().start(Default::default()).await.unwrap();
    assert_eq!(checked.report.summary().up_to_date, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rollbacks_at_once_go_one_step_back() {
    let project = shop(6).await;
    let back = || {
        let migrator = project.migrator();
        tokio::spawn(async move { migrator.run(Operation::rollback(Scope::tenants(), steps(1))).await.unwrap() })
    };
    // Whichever comes second plans with what it sees; here both see all three.
    let (one, other) = (back(), back());
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    for i in 0..6 {
        let gone = one.targets[i].reverted.len() + other.targets[i].reverted.len();
        let left = holding(&project, &format!("tenant_{i}")).await;
        // Either both planned from the same history, or one after the other.
        assert!((gone == 1 && left == "1 2|a b") || (gone == 2 && left == "1|a"), "{gone} gone, {left} left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_reverts_nothing_twice() {
    let project = shop(1).await;
    let proxy = Proxy::before(project.database.url()).await.cutting(Way::ToClient, b"the third is gone", 1);
    let project = project.down("3_c", "DROP TABLE c; DO $$ BEGIN RAISE NOTICE 'the third is gone'; END $$;");
    let migrator = project.builder().migrate_url(proxy.url()).build().unwrap();
    let report = migrator.run(Operation::rollback(Scope::tenants(), steps(1))).await.unwrap();
    assert_eq!(proxy.happened(), 1);
    assert_eq!(reverted(&report), [["3"]], "{report:?}");
    assert_eq!(holding(&project, "tenant_0").await, "1 2|a b");
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_a_transaction_too() {
    let project = Project::new()
        .await
        .tenant("1_a", "CREATE TABLE a (id int);")
        .tenant("2_i", "CREATE INDEX CONCURRENTLY a_id ON a (id);")
        .metadata("2_i", "run_in_transaction = false")
        .down("2_i", "DROP INDEX CONCURRENTLY a_id;\nSELECT 1;");
    project.schemas(3).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let indexes = "SELECT count(*)::text FROM pg_class WHERE relname = 'a_id'";
    assert_eq!(project.one(indexes).await, "3");
    let report = project.migrator().run(Operation::rollback(Scope::tenants(), steps(1))).await.unwrap();
    assert_eq!(reverted(&report), vec![vec!["2"]; 3]);
    assert_eq!(project.one(indexes).await, "0");
    assert_eq!(holding(&project, "tenant_2").await, "1|a");
    let report = project.migrator().run(Operation::redo(Scope::tenants(), steps(1))).await;
    assert!(matches!(report, Err(Error::Irreversible(_))), "1 has no way back: {report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_unknown_or_edited_is_not_reverted() {
    let project = shop(2).await;
    project.sql("INSERT INTO tenant_1.__diesel_schema_migrations (version) VALUES ('9')").await;
    let project = project.tenant("3_c", "CREATE TABLE c (id bigint);");
    let result = project.migrator().run(Operation::rollback(Scope::tenants(), steps(1))).await;
    let Err(Error::Incomplete(report)) = result else { panic!("{result:?}") };
    let told: Vec<_> =
        report.targets.iter().map(|t| (t.outcome, t.failure.as_ref().unwrap().message.clone())).collect();
    assert!(told[0].0 == Outcome::Skipped && told[0].1.contains("differ from this binary's: 3"), "{told:?}");
    assert!(told[1].0 == Outcome::Skipped && told[1].1.contains("9 would be reverted"), "{told:?}");
    assert_eq!(holding(&project, "tenant_0").await, "1 2 3|a b c");
}

#[tokio::test(flavor = "multi_thread")]
async fn events_tell_of_the_way_back() {
    let project = shop(1).await;
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = std::sync::Arc::clone(&seen);
    let observer = move |event: &Event| {
        let line = match event {
            Event::RevertStarted { version, .. } => format!("reverting {version}"),
            Event::MigrationReverted { version, duration, .. } if *duration < Duration::from_secs(60) => {
                format!("reverted {version}")
            }
            Event::MigrationApplied { version, .. } => format!("applied {version}"),
            _ => return,
        };
        log.lock().unwrap().push(line);
    };
    let migrator = project.builder().observer(observer).build().unwrap();
    let redo = Operation::redo(Scope::tenants(), Extent::default());
    let plan = migrator.plan_operation(&redo).await.unwrap();
    assert_eq!(plan.tenants[0].steps, [Step::Revert(version("3")), Step::Apply(version("3"))]);
    migrator.run(redo).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["reverting 3", "reverted 3", "applied 3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn redo_is_of_one_tier() {
    let project = Project::new().await.shared("1_a", "CREATE TABLE a ();").tenant("2_b", "CREATE TABLE b ();");
    let result = project.migrator().run(Operation::redo(Scope::all(), Extent::default())).await;
    assert!(matches!(result, Err(Error::TwoTiers)));
}

/// What a deploy has applied meanwhile stands on what was to be reverted.
#[tokio::test(flavor = "multi_thread")]
async fn a_migration_beneath_a_newer_one_is_not_reverted() {
    let project = shop(2).await;
    let migrator = project.builder().jobs(1).build().unwrap();
    let back = Operation::rollback(Scope::tenants(), steps(1));
    let plan = migrator.plan_operation(&back).await.unwrap();
    let project = project.tenant("4_d", "CREATE TABLE d (id int);").down("4_d", "DROP TABLE d;");
    project.migrator().migrate(Scope::tenant(TenantId::new("1").unwrap())).await.unwrap();
    // As a run that has looked before the deploy came.
    let Err(Error::Incomplete(report)) = project.migrator().run(back.as_shown(&plan)).await else { panic!("refused") };
    assert_eq!((report.targets[0].outcome, report.targets[1].outcome), (Outcome::Reverted, Outcome::Skipped));
    assert_eq!(holding(&project, "tenant_1").await, "1 2 3 4|a b c d");
}
