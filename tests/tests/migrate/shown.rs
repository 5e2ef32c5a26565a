//! An operation that somebody has agreed to does what was shown, or nothing.

use multitenant_runtime::{Error, Extent, Operation, Outcome, Repair, Scope, Version};

use super::project::{Project, outcomes};

#[tokio::test(flavor = "multi_thread")]
async fn what_has_changed_since_is_left_alone() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();").tenant("2_b", "CREATE TABLE b ();");
    for (folder, down) in [("1_a", "DROP TABLE a;"), ("2_b", "DROP TABLE b;")] {
        std::fs::write(project.path("tenant").join(folder).join("down.sql"), down).unwrap();
    }
    project.schemas(2).await;
    let migrator = project.migrator();
    migrator.run(Operation::migrate(Scope::all()).to(Version::of_folder("1").unwrap())).await.unwrap();
    let back = Operation::rollback(Scope::tenants(), Extent::default());
    let plan = migrator.plan_operation(&back).await.unwrap();
    // Meanwhile a deploy brings one tenant forward: its newest migration is another.
    let one = Scope::tenant(plan.tenants[0].target.tenant().unwrap().clone());
    migrator.migrate(one).await.unwrap();
    let Err(Error::Incomplete(report)) = migrator.run(back.as_shown(&plan)).await else { panic!("incomplete") };
    assert_eq!(outcomes(&report), ["tenant_0:skipped", "tenant_1:Reverted"]);
    assert!(report.targets[0].failure.as_ref().unwrap().message.contains("since the plan was shown"));
    assert_eq!(project.one("SELECT count(*)::text FROM pg_tables WHERE tablename IN ('a', 'b')").await, "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_by_somebody_else_is_no_contradiction() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(1).await;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    project.sql("INSERT INTO tenant_0.__diesel_schema_migrations VALUES ('9')").await;
    let repair = Operation::repair(Scope::all(), Repair { forget_unknown: true, ..Repair::default() });
    let plan = migrator.plan_operation(&repair).await.unwrap();
    project.sql("DELETE FROM tenant_0.__diesel_schema_migrations WHERE version = '9'").await;
    let report = migrator.run(repair.as_shown(&plan)).await.unwrap();
    assert_eq!(report.targets[0].outcome, Outcome::UpToDate);
}
