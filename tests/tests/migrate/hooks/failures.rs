//! What the failure of a hook means: for the run, for its target, for what was done before it.

use multitenant_runtime::{Error, FailureClass, Operation, Outcome, Scope};

use super::notes::{Notes, holds, incomplete, run, two_tenants};
use crate::project::outcomes;

#[tokio::test]
async fn a_run_that_may_not_begin_does_nothing() {
    let project = two_tenants().await.shared("0_s", "CREATE TABLE s (n int)");
    let notes = Notes::failing("before_run");
    let result = run(&project, &notes, Operation::migrate(Scope::all())).await;
    let Err(Error::Hook { report, error, aborted_by: None }) = result else { panic!("{result:?}") };
    assert_eq!(error.to_string(), "the hook `before_run` failed: no before_run 3 targets, 5 steps");
    assert_eq!(outcomes(&report), ["public:not tried", "tenant_0:not tried", "tenant_1:not tried"]);
    assert_eq!(notes.calls(), ["before_run 3 targets, 5 steps"]);
    assert_eq!(holds(&project, "tenant_0").await, "/");
    assert_eq!(project.one("SELECT coalesce(to_regclass('public.s')::text, 'none')").await, "none");
}

#[tokio::test]
async fn what_fails_after_the_run_changes_no_outcome() {
    let project = two_tenants().await;
    let notes = Notes::failing("after_run");
    let result = run(&project, &notes, Operation::migrate(Scope::all())).await;
    let Err(Error::Hook { report, error, aborted_by: None }) = result else { panic!("{result:?}") };
    assert_eq!((error.hook, error.error.to_string()), ("after_run", "no after_run 2 targets, 0 failed".to_owned()));
    assert!(report.is_complete());
    assert_eq!(outcomes(&report), ["tenant_0:applied 2", "tenant_1:applied 2"]);
    assert_eq!(holds(&project, "tenant_1").await, "a,b/1,2");
}

#[tokio::test]
async fn a_target_that_may_not_begin_fails_alone() {
    let project = two_tenants().await;
    let notes = Notes::failing("before_target 2 @tenant_0");
    let report = incomplete(run(&project, &notes, Operation::migrate(Scope::all())).await);
    assert_eq!(outcomes(&report), ["tenant_0:failed after 0", "tenant_1:applied 2"]);
    let failure = report.targets[0].failure.as_ref().unwrap();
    assert_eq!(failure.class, FailureClass::Hook);
    assert_eq!(failure.message, "the hook `before_target` failed: no before_target 2 @tenant_0");
    assert_eq!(notes.of("tenant_0"), ["before_target 2"]);
    assert_eq!(notes.calls().last().unwrap(), "after_run 2 targets, 1 failed");
    assert_eq!(holds(&project, "tenant_0").await, "/");
    // It is told like any other failure, and can be tried again by it.
    let noted = "SELECT failure_class FROM multitenant.targets WHERE schema_name = 'tenant_0'";
    assert_eq!(project.one(noted).await, "hook");
    let retry = Operation::migrate(Scope::all()).failed_only();
    let report = run(&project, &Notes::default(), retry).await.unwrap();
    assert_eq!(outcomes(&report), ["tenant_0:applied 2"]);
}

#[tokio::test]
async fn a_migration_that_may_not_begin_leaves_what_was_before_it() {
    let project = two_tenants().await;
    let notes = Notes::failing("before_migration apply 2 @tenant_1");
    let report = incomplete(run(&project, &notes, Operation::migrate(Scope::all())).await);
    assert_eq!(outcomes(&report), ["tenant_0:applied 2", "tenant_1:failed after 1"]);
    let failure = report.targets[1].failure.as_ref().unwrap();
    assert_eq!((failure.class, failure.migration.as_deref()), (FailureClass::Hook, Some("2")));
    assert_eq!(holds(&project, "tenant_1").await, "a/1");
    assert_eq!(notes.of("tenant_1").last().unwrap(), "after_target Failed 1");
    // None of the records of one transaction, where one of them may not begin.
    let project = two_tenants().await;
    let notes = Notes::failing("before_migration mark 2 @tenant_1");
    let report = incomplete(run(&project, &notes, Operation::mark_applied(Scope::all())).await);
    assert_eq!(report.targets[1].recorded, []);
    assert_eq!(holds(&project, "tenant_1").await, "/");
}

#[tokio::test]
async fn what_fails_after_a_migration_leaves_it_applied_and_told() {
    let project = two_tenants().await;
    let notes = Notes::failing("after_migration apply 1 @tenant_0");
    let report = incomplete(run(&project, &notes, Operation::migrate(Scope::all())).await);
    assert_eq!(outcomes(&report), ["tenant_0:failed after 1", "tenant_1:applied 2"]);
    let failure = report.targets[0].failure.as_ref().unwrap();
    assert_eq!((failure.class, failure.migration.as_deref()), (FailureClass::Hook, Some("1")));
    assert_eq!(holds(&project, "tenant_0").await, "a/1");
    // The next run goes on after it.
    let notes = Notes::default();
    run(&project, &notes, Operation::migrate(Scope::all())).await.unwrap();
    assert_eq!(notes.of("tenant_0")[1], "before_migration apply 2");
    assert_eq!(holds(&project, "tenant_0").await, "a,b/1,2");
}

#[tokio::test]
async fn what_fails_after_a_target_is_told_with_what_was_done() {
    let project = two_tenants().await.tenant("3_c", "CREATE TABLE c (n int DEFAULT if_it_is_tenant_1())");
    project.sql("CREATE FUNCTION tenant_0.if_it_is_tenant_1() RETURNS int LANGUAGE sql AS 'SELECT 1'").await;
    let notes = Notes::failing("after_target");
    let report = incomplete(run(&project, &notes, Operation::migrate(Scope::all())).await);
    assert_eq!(outcomes(&report), ["tenant_0:failed after 3", "tenant_1:failed after 2"]);
    let [done, broken] = report.targets.as_slice() else { panic!("{report:?}") };
    assert_eq!(done.failure.as_ref().unwrap().class, FailureClass::Hook);
    assert_eq!(holds(&project, "tenant_0").await, "a,b,c/1,2,3");
    // The first failure is the one to mend; the other is told beside it.
    let failure = broken.failure.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("42883"));
    assert_eq!(failure.detail.as_deref(), Some("the hook `after_target` failed: no after_target Failed 2 @tenant_1"));
}

#[tokio::test]
async fn a_panic_costs_its_target_only() {
    for (at, holds_then) in [
        ("before_target 2 @tenant_0", "/"),
        ("before_migration apply 2 @tenant_0", "a/1"),
        ("after_migration apply 1 @tenant_0", "a/1"),
        ("after_target Applied 2 @tenant_0", "a,b/1,2"),
    ] {
        let project = two_tenants().await;
        let notes = Notes { panics: at, ..Notes::default() };
        // One worker for both.
        let migrator = project.builder().jobs(1).hooks(notes.clone()).build().unwrap();
        let report = incomplete(migrator.migrate(Scope::all()).await);
        assert_eq!(report.targets[1].outcome, Outcome::Applied, "{at}");
        let failure = report.targets[0].failure.as_ref().unwrap();
        assert_eq!(failure.class, FailureClass::Hook, "{at}");
        assert!(failure.message.ends_with(&format!("it panicked: boom at {at}")), "{failure}");
        assert_eq!(holds(&project, "tenant_0").await, holds_then, "{at}");
    }
    let project = two_tenants().await;
    let notes = Notes { panics: "before_run", ..Notes::default() };
    let result = run(&project, &notes, Operation::migrate(Scope::all())).await;
    assert!(matches!(result, Err(Error::Hook { .. })), "{result:?}");
}
