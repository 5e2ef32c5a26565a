//! What changes the history alone: marking as applied, and repair. And migrating up to a version.

use multitenant_runtime::{
    Error, OnOutOfOrder, Operation, Outcome, Repair, Scope, Settings, SettingsText, State, Step, Version,
};

use super::project::{Project, outcomes};

const HISTORY: &str = "SELECT coalesce(string_agg(version, ' ' ORDER BY version), '') FROM \
                       tenant_0.__diesel_schema_migrations";

fn version(version: &str) -> Version {
    Version::of_folder(version).unwrap()
}

async fn shop() -> Project {
    let project = Project::new()
        .await
        .tenant("1_a", "CREATE TABLE a (id int);")
        .tenant("2_b", "CREATE TABLE b (id int);")
        .tenant("3_c", "CREATE TABLE c (id int);");
    project.schemas(2).await;
    project
}

#[tokio::test(flavor = "multi_thread")]
async fn up_to_a_version() {
    let project = shop().await;
    let report = project.migrator().run(Operation::migrate(Scope::all()).to(version("2_b"))).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 2", "tenant_1:applied 2"]);
    assert_eq!(project.one(HISTORY).await, "1 2");
    // What is not reached is pending all the same.
    let plan = project.migrator().plan(Scope::all()).await.unwrap();
    assert!(plan.tenants.iter().all(|plan| plan.state == State::Behind));
    let again = project.migrator().run(Operation::migrate(Scope::all()).to(version("2"))).await.unwrap();
    assert_eq!(outcomes(&again), ["tenant_0:up to date", "tenant_1:up to date"]);
    let unknown = project.migrator().run(Operation::migrate(Scope::all()).to(version("4"))).await;
    assert!(matches!(unknown, Err(Error::UnknownVersion(_))), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_runs_nothing() {
    let project = shop().await;
    project.sql("CREATE TABLE tenant_0.a (id int); CREATE TABLE tenant_0.b (id int)").await;
    let report = project.migrator().run(Operation::mark_applied(Scope::all()).to(version("2"))).await.unwrap();
    assert_eq!(report.summary().recorded, 2);
    assert_eq!(report.targets[0].recorded, [Step::Mark(version("1")), Step::Mark(version("2"))]);
    assert!(report.targets[0].applied.is_empty() && report.targets[0].outcome == Outcome::Recorded);
    assert_eq!(project.one("SELECT (to_regclass('tenant_1.a') IS NULL)::text").await, "true");
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 1", "tenant_1:applied 1"]);
    // With checksums: an edit afterwards is noticed.
    let project = project.tenant("1_a", "CREATE TABLE a (id bigint);");
    let plan = project.migrator().plan(Scope::all()).await.unwrap();
    assert!(plan.tenants.iter().all(|plan| plan.edited == [version("1")]));
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_mends_what_it_was_asked_to() {
    let project = shop().await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let gap = "DELETE FROM tenant_0.__diesel_schema_migrations WHERE version = '2';
               INSERT INTO tenant_0.__diesel_schema_migrations (version) VALUES ('17');
               UPDATE tenant_0.__diesel_schema_migrations SET multitenant_checksum = 'sha256:00' WHERE version = '1'";
    project.sql(gap).await;
    let nothing = project.migrator().run(Operation::repair(Scope::all(), Repair::default())).await.unwrap();
    assert_eq!(outcomes(&nothing), ["tenant_0:up to date", "tenant_1:up to date"]);
    let mut seen = Vec::new();
    for (repair, step, left) in [
        (Repair { forget_unknown: true, ..Repair::default() }, Step::Forget(version("17")), "1 3"),
        (Repair { accept_edited: true, ..Repair::default() }, Step::Accept(version("1")), "1 3"),
        (Repair { mark_missing: true, ..Repair::default() }, Step::Mark(version("2")), "1 2 3"),
    ] {
        let report = project.migrator().run(Operation::repair(Scope::all(), repair)).await.unwrap();
        assert_eq!(report.targets[0].recorded, std::slice::from_ref(&step), "{repair:?}");
        assert_eq!(report.targets[1].outcome, Outcome::UpToDate);
        assert_eq!(project.one(HISTORY).await, left);
        seen.push(project.migrator().plan(Scope::all()).await.unwrap().tenants[0].state);
    }
    assert_eq!(seen, [State::Edited, State::Behind, State::UpToDate]);
    // All at once is one transaction, and the state table knows of it.
    project.sql(gap).await;
    let all = Repair { mark_missing: true, forget_unknown: true, accept_edited: true };
    let report = project.migrator().run(Operation::repair(Scope::all(), all)).await.unwrap();
    assert_eq!(report.targets[0].recorded.len(), 3);
    let checked = project.migrator().start(Default::default()).await.unwrap();
    assert_eq!(checked.report.summary().up_to_date, 2);
    let digests = "SELECT count(DISTINCT digest)::text FROM multitenant.targets";
    assert_eq!(project.one(digests).await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_needs_no_schema_that_is_missing_and_keeps_diesel_s_layout_readable() {
    let project = shop().await;
    project
        .sql(
            "CREATE TABLE tenant_0.__diesel_schema_migrations (version varchar(50) PRIMARY KEY NOT NULL,
             run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);
             INSERT INTO tenant_0.__diesel_schema_migrations (version) VALUES ('1'), ('3'), ('8')",
        )
        .await;
    let all = Repair { mark_missing: true, forget_unknown: true, accept_edited: true };
    let report = project.migrator().run(Operation::repair(Scope::all(), all)).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:Recorded", "tenant_1:up to date"]);
    assert_eq!(project.one(HISTORY).await, "1 2 3");
}

#[tokio::test(flavor = "multi_thread")]
async fn out_of_order_is_applied_or_refused() {
    let project = shop().await;
    project
        .sql(
            "CREATE TABLE tenant_0.__diesel_schema_migrations (version varchar(50) PRIMARY KEY NOT NULL,
             run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP);
             INSERT INTO tenant_0.__diesel_schema_migrations (version) VALUES ('2')",
        )
        .await;
    let strict = project.builder().on_out_of_order(OnOutOfOrder::Refuse).build().unwrap();
    let Err(Error::Incomplete(report)) = strict.migrate(Scope::all()).await else { panic!("refused") };
    assert_eq!(outcomes(&report), ["tenant_0:skipped", "tenant_1:applied 3"]);
    let reason = &report.targets[0].failure.as_ref().unwrap().message;
    assert!(reason.starts_with("1 sort before migrations that are applied"), "{reason}");
    let text = SettingsText { out_of_order: "refuse", ..SettingsText::DEFAULT };
    assert!(Settings::try_from(text).unwrap().refuse_out_of_order);
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 2", "tenant_1:up to date"]);
}
