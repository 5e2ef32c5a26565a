//! The application's own code around a run: in which order, how often, and what its failures mean.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use multitenant_runtime::{
    CancellationToken, Error, Event, Extent, FailureClass, HookResult, Hooks, NewTenant, Operation, Outcome, Plan,
    Repair, Report, Scope, Step, Target, TargetPlan, TargetReport, async_trait,
};

use crate::project::{Project, outcomes};

/// Notes each call, and fails, panics, or does something else at those that begin with a text.
#[derive(Clone, Default)]
struct Notes {
    calls: Arc<Mutex<Vec<String>>>,
    fails: &'static str,
    panics: &'static str,
    cancels: Option<(&'static str, CancellationToken)>,
}

impl Notes {
    fn failing(at: &'static str) -> Self {
        Self { fails: at, ..Self::default() }
    }

    fn note(&self, call: impl Into<String>) -> HookResult {
        let call = call.into();
        self.calls.lock().unwrap().push(call.clone());
        let is = |at: &str| !at.is_empty() && call.starts_with(at);
        if let Some((at, token)) = &self.cancels
            && is(at)
        {
            token.cancel();
        }
        assert!(!is(self.panics), "boom at {call}");
        if is(self.fails) { Err(format!("no {call}").into()) } else { Ok(()) }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }

    /// Those of one schema, without its name.
    fn of(&self, schema: &str) -> Vec<String> {
        self.calls().iter().filter_map(|call| call.strip_suffix(&format!(" @{schema}"))).map(str::to_owned).collect()
    }
}

fn named(step: &Step) -> String {
    let what = match step {
        Step::Apply(_) => "apply",
        Step::Revert(_) => "revert",
        Step::Mark(_) => "mark",
        Step::Forget(_) => "forget",
        _ => "accept",
    };
    format!("{what} {}", step.version())
}

#[async_trait]
impl Hooks for Notes {
    async fn before_run(&self, plan: &Plan) -> HookResult {
        let steps: usize = plan.targets().map(|plan| plan.steps.len()).sum();
        self.note(format!("before_run {} targets, {steps} steps", plan.targets().count()))
    }

    async fn after_run(&self, report: &Report) -> HookResult {
        self.note(format!("after_run {} targets, {} failed", report.targets.len(), report.summary().failed))
    }

    async fn before_target(&self, plan: &TargetPlan) -> HookResult {
        self.note(format!("before_target {} @{}", plan.steps.len(), plan.target))
    }

    async fn after_target(&self, report: &TargetReport) -> HookResult {
        let done = report.applied.len() + report.reverted.len() + report.recorded.len();
        self.note(format!("after_target {:?} {done} @{}", report.outcome, report.target))
    }

    async fn before_migration(&self, target: &Target, step: &Step) -> HookResult {
        self.note(format!("before_migration {} @{target}", named(step)))
    }

    async fn after_migration(&self, target: &Target, step: &Step) -> HookResult {
        self.note(format!("after_migration {} @{target}", named(step)))
    }
}

/// Two tenants, and two migrations that can be reverted.
async fn two_tenants() -> Project {
    let project = Project::new().await.tenant("1_a", "CREATE TABLE a (n int)").tenant("2_b", "CREATE TABLE b (n int)");
    for (name, down) in [("1_a", "DROP TABLE a"), ("2_b", "DROP TABLE b")] {
        std::fs::write(project.path("tenant").join(name).join("down.sql"), down).unwrap();
    }
    project.schemas(2).await;
    project
}

/// The tables of a tenant, and the versions in its history.
async fn holds(project: &Project, schema: &str) -> String {
    let exists = format!("SELECT coalesce(to_regclass('{schema}.__diesel_schema_migrations')::text, '')");
    let history = if project.one(&exists).await.is_empty() {
        String::new()
    } else {
        let sql = "SELECT coalesce(string_agg(version, ',' ORDER BY version), '') FROM";
        project.one(&format!("{sql} {schema}.__diesel_schema_migrations")).await
    };
    let tables = format!(
        "SELECT coalesce(string_agg(tablename, ',' ORDER BY tablename), '') FROM pg_tables \
         WHERE schemaname = '{schema}' AND tablename !~ '^__'"
    );
    format!("{}/{history}", project.one(&tables).await)
}

async fn run(project: &Project, notes: &Notes, operation: Operation) -> Result<Report, Error> {
    project.builder().hooks(notes.clone()).build().unwrap().run(operation).await
}

/// The report of a run that is not complete.
fn incomplete(result: Result<Report, Error>) -> Report {
    let error = result.unwrap_err();
    let Error::Incomplete(report) = error else { unreachable!("{error:?}") };
    *report
}

#[tokio::test]
async fn each_hook_is_called_once_and_in_order() {
    let project = two_tenants().await.shared("0_s", "CREATE TABLE s (n int)");
    let notes = Notes::default();
    run(&project, &notes, Operation::migrate(Scope::all())).await.unwrap();
    let calls = notes.calls();
    assert_eq!(calls[0], "before_run 3 targets, 5 steps");
    assert_eq!(calls.last().unwrap(), "after_run 3 targets, 0 failed");
    assert_eq!(
        notes.of("public"),
        ["before_target 1", "before_migration apply 0", "after_migration apply 0", "after_target Applied 1"]
    );
    for schema in ["tenant_0", "tenant_1"] {
        assert_eq!(
            notes.of(schema),
            [
                "before_target 2",
                "before_migration apply 1",
                "after_migration apply 1",
                "before_migration apply 2",
                "after_migration apply 2",
                "after_target Applied 2"
            ]
        );
    }
    // Nothing to do: the run has its hooks, and no target has.
    let notes = Notes::default();
    run(&project, &notes, Operation::migrate(Scope::all())).await.unwrap();
    assert_eq!(notes.calls(), ["before_run 3 targets, 0 steps", "after_run 3 targets, 0 failed"]);
}

#[tokio::test]
async fn every_operation_has_them() {
    let project = two_tenants().await;
    let only = || Scope::tenants();
    let notes = Notes::default();
    run(&project, &notes, Operation::mark_applied(only())).await.unwrap();
    // One transaction: all calls before it, then all after it.
    assert_eq!(
        notes.of("tenant_0"),
        [
            "before_target 2",
            "before_migration mark 1",
            "before_migration mark 2",
            "after_migration mark 1",
            "after_migration mark 2",
            "after_target Recorded 2"
        ]
    );
    project.sql("CREATE TABLE tenant_0.b (n int); CREATE TABLE tenant_1.b (n int)").await;
    let notes = Notes::default();
    run(&project, &notes, Operation::redo(only(), Extent::default())).await.unwrap();
    assert_eq!(
        notes.of("tenant_1"),
        [
            "before_target 2",
            "before_migration revert 2",
            "after_migration revert 2",
            "before_migration apply 2",
            "after_migration apply 2",
            "after_target Applied 2"
        ]
    );
    project.sql("DELETE FROM tenant_0.__diesel_schema_migrations WHERE version = '1'").await;
    let notes = Notes::default();
    let repair = Repair { mark_missing: true, ..Repair::default() };
    run(&project, &notes, Operation::repair(only(), repair)).await.unwrap();
    assert_eq!(
        notes.of("tenant_0"),
        ["before_target 1", "before_migration mark 1", "after_migration mark 1", "after_target Recorded 1"]
    );
    let notes = Notes::default();
    run(&project, &notes, Operation::rollback(only(), Extent::default())).await.unwrap();
    assert_eq!(
        notes.of("tenant_0"),
        ["before_target 1", "before_migration revert 2", "after_migration revert 2", "after_target Reverted 1"]
    );
}

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

#[tokio::test]
async fn no_transaction_and_no_lock_is_held_meanwhile() {
    struct Look(tokio_postgres::Client, Arc<Mutex<Vec<i64>>>);

    impl Look {
        async fn note(&self) -> HookResult {
            let sql = "SELECT (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = \
                       (SELECT oid FROM pg_database WHERE datname = current_database())) \
                       + (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                       AND pid <> pg_backend_pid() AND xact_start IS NOT NULL AND backend_type = 'client backend')";
            let open: i64 = self.0.query_one(sql, &[]).await?.get(0);
            self.1.lock().unwrap().push(open);
            Ok(())
        }
    }

    #[async_trait]
    impl Hooks for Look {
        async fn before_migration(&self, _: &Target, _: &Step) -> HookResult {
            self.note().await
        }

        async fn after_migration(&self, _: &Target, _: &Step) -> HookResult {
            self.note().await
        }

        async fn after_target(&self, _: &TargetReport) -> HookResult {
            self.note().await
        }
    }

    let project = two_tenants().await;
    let open = Arc::new(Mutex::new(Vec::new()));
    let look = Look(project.client().await, open.clone());
    // One worker, so that no other one is at work meanwhile.
    project.builder().jobs(1).hooks(look).build().unwrap().migrate(Scope::all()).await.unwrap();
    assert_eq!(*open.lock().unwrap(), [0; 10]);
}

#[tokio::test]
async fn a_held_target_and_a_second_try_have_each_hook_once() {
    let project = two_tenants().await;
    std::fs::write(project.path("tenant/2_b/up.sql"), "DROP TABLE IF EXISTS b; CREATE TABLE b (n int)").unwrap();
    project.sql("CREATE TABLE tenant_0.b (n int)").await;
    let (holder, blocker) = (project.client().await, project.client().await);
    // The lock of `tenant_1`, as another run has it, and a table that a migration of `tenant_0` waits for.
    let lock = "SELECT pg_advisory_lock(('x' || left(encode(sha256('cargo-multitenant target' || '\\x00'::bytea || \
                'tenant_1'), 'hex'), 16))::bit(64)::bigint)";
    holder.batch_execute(lock).await.unwrap();
    blocker.batch_execute("BEGIN; LOCK TABLE tenant_0.b").await.unwrap();
    let seen = Arc::new(Mutex::new((0, 0)));
    let observer = {
        let seen = seen.clone();
        move |event: &Event| match event {
            Event::Held { .. } => seen.lock().unwrap().0 += 1,
            Event::Retrying { .. } => seen.lock().unwrap().1 += 1,
            _ => {}
        }
    };
    let notes = Notes::default();
    let builder = project.builder().lock_timeout(Duration::from_millis(50)).observer(observer).hooks(notes.clone());
    let migrator = builder.build().unwrap();
    let release = async {
        while !matches!(*seen.lock().unwrap(), (1.., 2..)) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        holder.batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        blocker.batch_execute("COMMIT").await.unwrap();
    };
    let (report, ()) = tokio::join!(migrator.migrate(Scope::all()), release);
    report.unwrap();
    for schema in ["tenant_0", "tenant_1"] {
        assert_eq!(notes.of(schema).len(), 6, "{:?}", notes.calls());
    }
}

#[tokio::test]
async fn a_cancelled_run_has_the_hooks_of_what_was_done() {
    let project = two_tenants().await;
    let token = CancellationToken::new();
    let notes = Notes { cancels: Some(("before_migration apply 1", token.clone())), ..Notes::default() };
    let migrator = project.builder().jobs(1).hooks(notes.clone()).cancellation(token).build().unwrap();
    let report = incomplete(migrator.migrate(Scope::all()).await);
    assert!(report.cancelled);
    assert_eq!(report.targets[1].outcome, Outcome::NotTried);
    assert_eq!(notes.of("tenant_1"), [] as [String; 0]);
    // The migration is not begun any more.
    assert_eq!(notes.of("tenant_0"), ["before_target 2", "before_migration apply 1", "after_target NotTried 0"]);
    assert_eq!(notes.calls().last().unwrap(), "after_run 2 targets, 0 failed");

    // What is committed when the word comes has its hook.
    let project = two_tenants().await;
    let token = CancellationToken::new();
    let notes = Notes { cancels: Some(("after_migration apply 1", token.clone())), ..Notes::default() };
    let migrator = project.builder().jobs(1).hooks(notes.clone()).cancellation(token).build().unwrap();
    let report = incomplete(migrator.migrate(Scope::all()).await);
    assert_eq!(report.targets[0].applied.len(), 1);
    assert_eq!(notes.of("tenant_0").last().unwrap(), "after_target Failed 1");
}

#[tokio::test]
async fn the_creation_of_a_tenant_has_those_of_the_target() {
    let project = two_tenants().await;
    let create = async |notes: &Notes, id: &str| {
        let migrator = project.builder().hooks(notes.clone()).build().unwrap();
        migrator.create_tenant(NewTenant::new(id).unwrap()).await
    };
    let notes = Notes::default();
    create(&notes, "good").await.unwrap();
    assert_eq!(notes.calls(), ["before_target 2 @tenant_good", "after_target Applied 2 @tenant_good"]);

    let notes = Notes::failing("before_target");
    let Err(Error::Incomplete(report)) = create(&notes, "refused").await else { panic!("it may not begin") };
    assert_eq!(report.targets[0].failure.as_ref().unwrap().class, FailureClass::Hook);
    assert_eq!(project.one("SELECT count(*)::text FROM pg_namespace WHERE nspname = 'tenant_refused'").await, "0");

    let notes = Notes::failing("after_target");
    let Err(Error::Incomplete(report)) = create(&notes, "there").await else { panic!("its hook failed") };
    assert_eq!(outcomes(&report), ["tenant_there:failed after 2"]);
    assert_eq!(holds(&project, "tenant_there").await, "a,b/1,2");

    // In several transactions too.
    let project = two_tenants().await.tenant("3_c", "CREATE INDEX CONCURRENTLY ON a (n)");
    let project = project.metadata("3_c", "run_in_transaction = false");
    let notes = Notes::default();
    let migrator = project.builder().hooks(notes.clone()).build().unwrap();
    migrator.create_tenant(NewTenant::new("steps").unwrap()).await.unwrap();
    assert_eq!(notes.calls(), ["before_target 3 @tenant_steps", "after_target Applied 3 @tenant_steps"]);
}
