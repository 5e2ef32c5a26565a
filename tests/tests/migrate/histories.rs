//! Histories: Diesel's layout, ours, and what they tell.

use multitenant_runtime::{Error, FailureClass, OnAhead, OnEdited, Scope, State};

use super::project::{Project, outcomes};

#[tokio::test(flavor = "multi_thread")]
async fn edited_ahead_unknown_and_out_of_order_are_told_apart() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();").tenant("3_c", "CREATE TABLE c ();");
    project.schemas(4).await;
    let migrator = project.migrator();
    migrator.migrate(Scope::all()).await.unwrap();
    let history = "__diesel_schema_migrations";
    project
        .sql(&format!(
            "UPDATE tenant_0.{history} SET multitenant_checksum = 'sha256:00' WHERE version = '1';
             INSERT INTO tenant_1.{history} (version) VALUES ('9');
             INSERT INTO tenant_2.{history} (version) VALUES ('2');
             DELETE FROM tenant_3.{history} WHERE version = '1'; DROP TABLE tenant_3.a;"
        ))
        .await;
    let plan = migrator.plan(Scope::all()).await.unwrap();
    let states: Vec<State> = plan.tenants.iter().map(|t| t.state).collect();
    assert_eq!(states, [State::Edited, State::Ahead, State::Unknown, State::Behind]);
    assert_eq!(plan.tenants[3].out_of_order.len(), 1);

    let Err(Error::Incomplete(report)) = migrator.migrate(Scope::all()).await else { panic!("refused") };
    assert_eq!(
        outcomes(&report),
        ["tenant_0:skipped", "tenant_1:up to date", "tenant_2:up to date", "tenant_3:applied 1"]
    );
    assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::Refused);
    assert_eq!(report.targets[1].unknown.len(), 1);

    let lenient = project.builder().on_edited(OnEdited::Accept).on_ahead(OnAhead::Refuse).build().unwrap();
    let Err(Error::Incomplete(report)) = lenient.migrate(Scope::all()).await else { panic!("refused") };
    assert_eq!(
        outcomes(&report),
        ["tenant_0:up to date", "tenant_1:skipped", "tenant_2:up to date", "tenant_3:up to date"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_format_is_left_alone() {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a ();");
    project.schemas(1).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    project.sql("UPDATE tenant_0.__diesel_schema_migrations SET multitenant_format = 2").await;
    let newer = project.tenant("2_b", "CREATE TABLE b ();");
    let Err(Error::Incomplete(report)) = newer.migrator().migrate(Scope::all()).await else { panic!("refused") };
    let failure = report.targets[0].failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::Refused);
    assert!(failure.message.contains("format 2"), "{failure}");
}

#[tokio::test(flavor = "multi_thread")]
async fn names_of_the_history_tables_are_free() {
    let mut project = Project::new().await.shared("1_a", "CREATE TABLE a ();").tenant("1_b", "CREATE TABLE b ();");
    project.settings.shared_history = "shared history";
    project.settings.tenant_history = "His\"tory";
    project.schemas(1).await;
    project.migrator().migrate(Scope::all()).await.unwrap();
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["public:up to date", "tenant_0:up to date"]);
    assert_eq!(project.one("SELECT version FROM tenant_0.\"His\"\"tory\"").await, "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_schema_of_its_own_is_made() {
    let mut project =
        Project::new().await.shared("1_plans", "CREATE TABLE plans ();").tenant("1_b", "CREATE TABLE b ();");
    project.settings.shared_schema = "Our Shared";
    project.schemas(1).await;
    let report = project.migrator().migrate(Scope::all()).await.unwrap();
    assert_eq!(outcomes(&report), ["Our Shared:applied 1", "tenant_0:applied 1"]);
    assert_eq!(project.one("SELECT '\"Our Shared\".plans'::regclass::text").await, "\"Our Shared\".plans");
}
